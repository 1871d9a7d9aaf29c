//! Items, imports and paths of a Rust file, read from its tokens.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path as it is written, segment by segment.
pub(super) type Path = Vec<String>;

/// An import: `use path as name`, or `use path::*` without a name.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) path: Path,
    pub(super) name: Option<String>,
}

/// The content of a module.
#[derive(Default)]
pub(super) struct Content {
    /// Names defined here, modules excepted.
    pub(super) defined: Vec<String>,
    pub(super) imports: Vec<Import>,
    /// Paths within code and attributes.
    pub(super) paths: Vec<Path>,
    /// Every identifier, for what a glob import brings.
    pub(super) words: Vec<String>,
    /// Modules with their content where it is in the same file.
    pub(super) modules: Vec<(String, Option<Content>)>,
    /// Modules that only tests have.
    pub(super) test_modules: Vec<String>,
    /// Templates that are compiled into this module.
    pub(super) templates: Vec<String>,
}

/// Keywords that end with `;` even where braces come before it.
const TO_SEMICOLON: [&str; 4] = ["use", "const", "static", "type"];

/// Keywords that are followed by the name of an item.
const NAMED: [&str; 8] = [
    "const", "enum", "fn", "static", "struct", "trait", "type", "union",
];

/// Reads the tokens of a module.
pub(super) fn read(stream: TokenStream) -> Content {
    let mut content = Content::default();
    let mut rest: &[TokenTree] = &stream.into_iter().collect::<Vec<_>>();
    while !rest.is_empty() {
        let (attributes, after) = attributes(rest);
        let (item, after) = item(after);
        rest = after;
        if attributes.iter().any(is_test) {
            if let Some(name) = after_keyword(item, &["mod"]) {
                content.test_modules.push(name);
            }
            continue;
        }
        for attribute in &attributes {
            read_attribute(attribute, &mut content);
        }
        read_item(item, &mut content);
    }
    content
}

/// The attributes at the beginning of tokens, and what follows them.
fn attributes(mut tokens: &[TokenTree]) -> (Vec<TokenStream>, &[TokenTree]) {
    let mut found = Vec::new();
    loop {
        match tokens {
            [TokenTree::Punct(hash), TokenTree::Group(group), rest @ ..]
                if hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
            {
                found.push(group.stream());
                tokens = rest;
            }
            // `#![…]` belongs to the module that holds it.
            [
                TokenTree::Punct(hash),
                TokenTree::Punct(bang),
                TokenTree::Group(_),
                rest @ ..,
            ] if hash.as_char() == '#' && bang.as_char() == '!' => {
                tokens = rest;
            }
            _ => return (found, tokens),
        }
    }
}

/// Reports whether an attribute says that something exists in tests only.
fn is_test(attribute: &TokenStream) -> bool {
    let text = attribute.to_string().replace(' ', "");
    text == "cfg(test)" || text == "test"
}

/// The tokens of one item, and what follows it.
fn item(tokens: &[TokenTree]) -> (&[TokenTree], &[TokenTree]) {
    let keyword = tokens.iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "pub" => None,
        TokenTree::Ident(word) => Some(word.to_string()),
        _ => None,
    });
    let is_function = after_keyword(tokens, &["const"]).is_some_and(|word| word == "fn");
    let to_semicolon =
        keyword.is_some_and(|word| TO_SEMICOLON.contains(&word.as_str()) && !is_function);
    let end = tokens.iter().position(|token| match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => !to_semicolon && group.delimiter() == Delimiter::Brace,
        _ => false,
    });
    tokens.split_at(end.map_or(tokens.len(), |end| end + 1))
}

/// The identifier after the first of the keywords.
fn after_keyword(tokens: &[TokenTree], keywords: &[&str]) -> Option<String> {
    let words = tokens.windows(2).find_map(|pair| match pair {
        [TokenTree::Ident(keyword), TokenTree::Ident(name)]
            if keywords.iter().any(|it| keyword == it) =>
        {
            Some(name.to_string())
        }
        _ => None,
    });
    words.map(|name| name.trim_start_matches("r#").to_owned())
}

fn read_item(item: &[TokenTree], content: &mut Content) {
    let words: Vec<String> = item
        .iter()
        .filter_map(|token| match token {
            TokenTree::Ident(word) if word != "pub" => Some(word.to_string()),
            _ => None,
        })
        .collect();
    match words.first().map(String::as_str) {
        Some("mod") => {
            let Some(name) = after_keyword(item, &["mod"]) else {
                return;
            };
            let inner = item.iter().find_map(|token| match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    Some(read(group.stream()))
                }
                _ => None,
            });
            content.modules.push((name, inner));
        }
        Some("use") => read_use(item, content),
        Some("macro_rules") => {
            content.defined.extend(words.get(1).cloned());
            scan(item, content);
        }
        _ => {
            let is_function = words.iter().any(|word| word == "fn");
            let keywords: &[&str] = if is_function { &["fn"] } else { &NAMED };
            if words.first().is_none_or(|word| word != "impl") {
                content.defined.extend(after_keyword(item, keywords));
            }
            scan(item, content);
        }
    }
}

/// Reads the paths inside code, group by group.
fn scan(tokens: &[TokenTree], content: &mut Content) {
    let mut rest = tokens;
    while let [token, after @ ..] = rest {
        match rest {
            [TokenTree::Punct(hash), TokenTree::Group(group), ..]
                if hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
            {
                let (attributes, after) = attributes(rest);
                rest = after;
                if attributes.iter().any(is_test) {
                    rest = item(after).1;
                    continue;
                }
                for attribute in &attributes {
                    read_attribute(attribute, content);
                }
                continue;
            }
            [TokenTree::Ident(word), ..] if word == "use" => {
                let (statement, after) = item(rest);
                read_use(statement, content);
                rest = after;
                continue;
            }
            _ => {}
        }
        match token {
            TokenTree::Group(group) => {
                scan(&group.stream().into_iter().collect::<Vec<_>>(), content);
                rest = after;
            }
            TokenTree::Ident(_) => {
                let (path, after) = path(rest);
                content.words.extend(path.first().cloned());
                if path.len() > 1 {
                    content.paths.push(path);
                }
                rest = after;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => rest = after_colons(rest),
            _ => rest = after,
        }
    }
}

/// Skips the rest of a path that does not begin with a name, such as `<T as Trait>::f`.
fn after_colons(tokens: &[TokenTree]) -> &[TokenTree] {
    match tokens {
        [colon, second, TokenTree::Ident(_), ..] if is(colon, ':') && is(second, ':') => {
            path(&tokens[2..]).1
        }
        _ => &tokens[1..],
    }
}

fn is(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// The longest path at the beginning of tokens, and what follows it.
fn path(tokens: &[TokenTree]) -> (Path, &[TokenTree]) {
    let mut segments = Path::new();
    let mut rest = tokens;
    while let [TokenTree::Ident(word), after @ ..] = rest {
        segments.push(word.to_string().trim_start_matches("r#").to_owned());
        rest = after;
        match rest {
            [colon, second, TokenTree::Ident(_), ..] if is(colon, ':') && is(second, ':') => {
                rest = &rest[2..];
            }
            _ => break,
        }
    }
    (segments, rest)
}

/// Reads an import with everything in its braces.
fn read_use(item: &[TokenTree], content: &mut Content) {
    let start = item
        .iter()
        .position(|token| matches!(token, TokenTree::Ident(word) if word == "use"))
        .map_or(item.len(), |position| position + 1);
    let tree: Vec<TokenTree> = item
        .iter()
        .skip(start)
        .filter(|token| !is(token, ';'))
        .cloned()
        .collect();
    read_use_tree(&tree, &Path::new(), content);
}

fn read_use_tree(tree: &[TokenTree], prefix: &Path, content: &mut Content) {
    let mut path = prefix.clone();
    let mut renamed = None;
    let mut tokens = tree.iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "as" => {
                renamed = tokens.next().map(ToString::to_string);
            }
            TokenTree::Ident(word) => {
                path.push(word.to_string().trim_start_matches("r#").to_owned());
            }
            TokenTree::Group(group) => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                for branch in inner.split(|token| is(token, ',')) {
                    if !branch.is_empty() {
                        read_use_tree(branch, &path, content);
                    }
                }
                return;
            }
            token if is(token, '*') => {
                content.imports.push(Import { path, name: None });
                return;
            }
            _ => {}
        }
    }
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let name = renamed.or_else(|| path.last().cloned());
    if name.is_some() {
        content.imports.push(Import { path, name });
    }
}

/// Reads the paths of an attribute, also those in strings, and the name of a template.
fn read_attribute(attribute: &TokenStream, content: &mut Content) {
    let tokens: Vec<TokenTree> = attribute.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(name), ..] if name == "doc" => {}
        [TokenTree::Ident(name), TokenTree::Group(group)] if name == "template" => {
            let first = strings(group.stream()).into_iter().next();
            content.templates.extend(first);
        }
        _ => {
            for text in strings(attribute.clone()) {
                let path: Path = text.split("::").map(str::to_owned).collect();
                if path.len() > 1 {
                    content.paths.push(path);
                }
            }
            scan(&tokens, content);
        }
    }
}

/// The string literals among tokens.
fn strings(stream: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in stream {
        match token {
            TokenTree::Group(group) => found.extend(strings(group.stream())),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let inner = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
                found.extend(inner.map(str::to_owned));
            }
            _ => {}
        }
    }
    found
}
