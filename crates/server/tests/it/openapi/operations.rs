//! Operations of the API, with the types of their bodies and answers.

use std::path::PathBuf;

use syn::{FnArg, GenericArgument, PathArguments, ReturnType, Type};

use super::schema::name_of;
use super::source::Source;

const TABLE: &str = include_str!("operations.txt");

/// A type with the file that mentions it.
pub(super) struct Mentioned {
    pub(super) ty: Type,
    pub(super) file: PathBuf,
}

/// Body of a success.
pub(super) enum Answer {
    /// JSON of a type.
    Json(Mentioned),
    /// Another content type, or JSON without a type.
    Bytes(String),
    /// None: the operation only refuses.
    Never,
}

/// An operation.
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) template: String,
    /// Unique name.
    pub(super) id: String,
    pub(super) query: Option<Mentioned>,
    pub(super) body: Option<Mentioned>,
    /// A body may be `null`, which counts as `{}`.
    pub(super) accepts_null: bool,
    pub(super) answer: Answer,
}

/// Returns the operations of the table.
pub(super) fn operations(source: &Source) -> Vec<Operation> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| operation(source, row)).collect()
}

fn operation(source: &Source, row: &str) -> Operation {
    let words: Vec<_> = row.split_whitespace().collect();
    let [method, template, file, function, ref rest @ ..] = words[..] else {
        panic!("incomplete row: {row}");
    };
    let (path, handler) = source.handler(file, function);
    let mentioned = |ty: &Type| Mentioned {
        ty: ty.clone(),
        file: path.clone(),
    };
    let mut query = None;
    let mut body = None;
    let mut accepts_null = false;
    for argument in &handler.sig.inputs {
        let FnArg::Typed(argument) = argument else {
            panic!("{row}: a handler is a function");
        };
        match name_of(&argument.ty).as_str() {
            name @ ("JsonBody" | "OptionalJsonBody") => {
                body = inner(&argument.ty).map(mentioned);
                accepts_null = name == "OptionalJsonBody";
            }
            "QueryParams" => query = inner(&argument.ty).map(mentioned),
            _ => {}
        }
    }
    let answer = match rest {
        ["-"] => Answer::Never,
        [content] if content.contains('/') => Answer::Bytes((*content).to_owned()),
        [name] => Answer::Json(mentioned(&syn::parse_str(name).unwrap())),
        [] => {
            let ReturnType::Type(_, ty) = &handler.sig.output else {
                panic!("{row}: the handler has no answer");
            };
            let answer = match name_of(ty).as_str() {
                "Result" => inner(ty).unwrap(),
                _ => ty,
            };
            assert!(
                ["Json", "Sorted"].contains(&name_of(answer).as_str()),
                "{row}: the signature does not tell the answer"
            );
            let answer = inner(answer).unwrap();
            assert_ne!(name_of(answer), "Value", "{row}: name the answer");
            Answer::Json(mentioned(answer))
        }
        _ => panic!("too many words: {row}"),
    };
    Operation {
        method: method.to_owned(),
        template: template.to_owned(),
        id: id(method, template),
        query,
        body,
        accepts_null,
        answer,
    }
}

/// Returns the first argument of a generic type.
fn inner(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let PathArguments::AngleBracketed(list) = &path.path.segments.last()?.arguments else {
        return None;
    };
    list.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Returns the name of an operation: the method, then the words of the template.
fn id(method: &str, template: &str) -> String {
    let words = template
        .split(|it: char| !it.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty() && *word != "v1");
    let words: Vec<_> = words.collect();
    format!("{}_{}", method.to_ascii_lowercase(), words.join("_"))
}
