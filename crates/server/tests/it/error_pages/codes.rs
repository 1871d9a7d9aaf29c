//! The codes of refusals, read from the sources token by token.
//!
//! A code can come into being in a few forms only, and they are all read here; any other form is
//! an error, so that no code slips by unread:
//! - `Refusal::conflict("code", …)`, and `Self::conflict("code", …)` in the type's own file,
//! - `Refusal { kind: RefusalKind::Conflict, code: "code", … }`,
//! - `let refuse = |code, …| … Refusal::conflict(code, …)` with its calls, `refuse("code", …)`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Each code with the statuses it is answered with.
pub(super) type Codes = BTreeMap<String, BTreeSet<u16>>;

/// Where refusals are made, from this crate's directory.
const SOURCES: [&str; 2] = ["../model/src", "src"];

/// The type's own file, whose constructors have the code as a parameter.
const DEFINITION: &str = "refusal.rs";

/// Every code in the sources.
pub(super) fn codes() -> Codes {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut codes = Codes::new();
    for file in SOURCES.iter().flat_map(|dir| sources(&root.join(dir))) {
        let text = std::fs::read_to_string(&file).unwrap();
        let is_definition = file.ends_with(DEFINITION);
        read(&text, is_definition, &mut codes)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    codes
}

/// The Rust files below a directory that are not tests.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap_or_default();
        if stem == "tests" {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    found
}

/// Adds the codes of one file, or tells what cannot be read in it.
fn read(text: &str, is_definition: bool, codes: &mut Codes) -> Result<(), String> {
    let stream: TokenStream = text.parse().map_err(|error| format!("{error}"))?;
    let row = flatten(stream);
    let tokens: Vec<&str> = row.iter().map(String::as_str).collect();
    let makers = makers(&tokens)?;
    let mut passed_on = 0;
    for place in 0..tokens.len() {
        let (before, rest) = tokens.split_at(place);
        let (code, status) = match rest {
            ["Refusal", "as", ..] => return unread(rest, "do not rename the type"),
            ["Refusal" | "Self", ":", ":", kind, more @ ..] => match (status(kind), more) {
                (None, _) => continue,
                (Some(_), ["(", "code", ",", ..]) => {
                    passed_on += 1;
                    continue;
                }
                (Some(status), ["(", code, ",", ..]) => (code, status),
                (Some(_), _) => return unread(rest, "call the constructor"),
            },
            ["kind", ":", "RefusalKind", ":", ":", kind, more @ ..] => match (status(kind), more) {
                (Some(_), [",", "code", ",", ..]) if is_definition => continue,
                (Some(status), [",", "code", ":", code, ..]) => (code, status),
                _ => return unread(rest, "give the code after the kind"),
            },
            // Codes of events have a dot, those of providers are in camel case.
            ["code", ":", code, ..] if literal(code).is_some() => match before {
                [.., "RefusalKind", ":", ":", _, ","] => continue,
                _ => return unread(rest, "give the kind right before the code"),
            },
            [".", "code", "=", next, ..] if *next != "=" => {
                return unread(rest, "do not change a code");
            }
            [name, "(", code, ..] => match makers.iter().find(|(maker, _)| maker == name) {
                Some((_, status)) => (code, *status),
                None => continue,
            },
            _ => continue,
        };
        let Some(code) = literal(code) else {
            return unread(rest, "give the code as a literal in snake case");
        };
        codes.entry(code.to_owned()).or_default().insert(status);
    }
    if passed_on == makers.len() {
        Ok(())
    } else {
        Err("only a closure `|code, …|` may pass a code on".to_owned())
    }
}

/// The closures that make a refusal of a code, by name, each with its status.
fn makers<'a>(tokens: &[&'a str]) -> Result<Vec<(&'a str, u16)>, String> {
    let mut makers: Vec<(&str, u16)> = Vec::new();
    for place in 0..tokens.len() {
        let ["let", name, "=", "|", "code", body @ ..] = &tokens[place..] else {
            continue;
        };
        let body = body.split(|token| *token == ";").next().unwrap_or_default();
        let made = body.windows(6).find_map(|it| match it {
            ["Refusal", ":", ":", kind, "(", "code"] => status(kind),
            _ => None,
        });
        match made {
            Some(status)
                if makers
                    .iter()
                    .all(|it| *it == (*name, status) || it.0 != *name) =>
            {
                makers.push((*name, status));
            }
            _ => {
                return unread(
                    &tokens[place..],
                    "a closure of a code makes one kind of refusal",
                );
            }
        }
    }
    Ok(makers)
}

/// The tokens of a file in a row, without comments and without inline tests.
fn flatten(stream: TokenStream) -> Vec<String> {
    let mut row: Vec<String> = Vec::new();
    for tree in stream {
        match tree {
            TokenTree::Group(_) if row.ends_with(&["mod".to_owned(), "tests".to_owned()]) => {}
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                row.push(open.to_owned());
                row.extend(flatten(group.stream()));
                row.push(close.to_owned());
            }
            other => row.push(other.to_string()),
        }
    }
    row
}

fn unread<T>(tokens: &[&str], rule: &str) -> Result<T, String> {
    let beginning: Vec<_> = tokens.iter().take(12).copied().collect();
    Err(format!("{rule}: {} …", beginning.join(" ")))
}

/// The code in a string literal, if it is written as the codes of refusals are.
fn literal(token: &str) -> Option<&str> {
    let text = token.strip_prefix('"')?.strip_suffix('"')?;
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (!text.is_empty() && text.bytes().all(fits)).then_some(text)
}

/// The status of a kind, by the name of its constructor or of its variant.
fn status(kind: &str) -> Option<u16> {
    match kind {
        "invalid" | "Invalid" => Some(400),
        "unauthenticated" | "Unauthenticated" => Some(401),
        "forbidden" | "Forbidden" => Some(403),
        "not_found" | "NotFound" => Some(404),
        "conflict" | "Conflict" => Some(409),
        _ => None,
    }
}

#[test]
fn every_form_of_a_refusal_is_read() {
    let text = r#"
        fn plain() -> Refusal { Refusal::conflict("plain", format!("{}", 1)) }
        fn literal() -> Refusal {
            Refusal { kind: RefusalKind::Forbidden, code: "whole", message: String::new() }
        }
        fn passed_on() -> Result<(), Refusal> {
            let refuse = |code, message| Err(Refusal::invalid(code, message));
            refuse("passed_on", "because")
        }
        // Refusal::conflict("comment", "")
        fn event() -> Event { Event { code: "project.created".to_owned() } }
        mod tests { fn test() { Refusal::conflict("test", ""); } }
    "#;
    let mut codes = Codes::new();
    read(text, false, &mut codes).unwrap();
    let expected = [("passed_on", 400), ("plain", 409), ("whole", 403)];
    let expected = expected.map(|(code, status)| (code.to_owned(), BTreeSet::from([status])));
    assert_eq!(codes, Codes::from(expected));
}

#[test]
fn no_other_form_passes_unread() {
    for text in [
        r#"fn f() { Refusal::conflict(CODE, "") }"#,
        r#"fn f() { Refusal::conflict("Camel", "") }"#,
        r#"fn f() { Refusal::conflict(format!("a").leak(), "") }"#,
        "fn f() { text.map(Refusal::conflict) }",
        r#"fn f(code: &'static str) { Refusal::conflict(code, "") }"#,
        r#"fn f() { let refuse = |code| Refusal::conflict(code, ""); refuse(CODE) }"#,
        "fn f() { let refuse = |code| code; }",
        r#"fn f() { Refusal { kind: RefusalKind::Conflict, message, code: "a" } }"#,
        "fn f() { Refusal { kind: RefusalKind::Conflict, code, message } }",
        r#"fn f() { Refusal { kind: RefusalKind::Teapot, code: "a", message } }"#,
        r#"fn f() { Refusal { code: "a", ..refusal } }"#,
        r#"fn f() { refusal.code = "a"; }"#,
        "use underpass_model::refusal::Refusal as No;",
    ] {
        assert!(read(text, false, &mut Codes::new()).is_err(), "{text}");
    }
}
