//! Identifiers and prose of a file, told apart well enough to look for words in them.

use std::collections::BTreeSet;
use std::path::Path;

/// The words of a file.
#[derive(Default)]
pub(super) struct Text {
    /// Whole identifiers in code.
    pub(super) identifiers: BTreeSet<String>,
    /// Strings that are names, such as those of members, metrics, tags and flags.
    pub(super) names: BTreeSet<String>,
    /// Comments, strings and running text, each on one line.
    pub(super) prose: Vec<String>,
    /// Lines of documentation comments.
    pub(super) doc_lines: Vec<String>,
}

/// Reads a file by the language of its extension.
pub(super) fn read(path: &Path, content: &str) -> Text {
    let extension = path.extension().and_then(|it| it.to_str());
    match extension {
        Some("rs") => rust(content),
        Some("py") => python(content),
        Some("html") => template(content),
        _ => Text {
            prose: vec![joined(content.lines())],
            ..Text::default()
        },
    }
}

/// The words of an identifier, in lower case.
pub(super) fn words(identifier: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in identifier.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut word = String::new();
        let characters: Vec<char> = part.chars().collect();
        for (place, c) in characters.iter().enumerate() {
            let before = place.checked_sub(1).and_then(|place| characters.get(place));
            let after = characters.get(place + 1);
            let begins = c.is_ascii_uppercase()
                && (before.is_some_and(|it| !it.is_ascii_uppercase())
                    || after.is_some_and(char::is_ascii_lowercase));
            if begins && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            word.push(c.to_ascii_lowercase());
        }
        if !word.is_empty() {
            words.push(word);
        }
    }
    words
}

/// Lines as one, without the marks of comments.
fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let lines = lines.map(|line| {
        let line = line.trim();
        let line = line.trim_start_matches(['/', '!', '#']);
        line.trim()
    });
    lines.collect::<Vec<_>>().join(" ")
}

/// Adds the identifiers of code without comments and strings.
fn add_identifiers(code: &str, text: &mut Text) {
    let words = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let identifiers = words.filter(|word| word.starts_with(|c: char| !c.is_ascii_digit()));
    text.identifiers.extend(identifiers.map(str::to_owned));
}

/// Adds a string if it is a name: words in lower case, joined by `_`, `-` or `.`.
fn add_name(string: &str, text: &mut Text) {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if string
        .trim_start_matches("--")
        .split(['_', '-', '.'])
        .all(is_word)
    {
        text.names.insert(string.to_owned());
    }
}

/// The end of a text up to and including a mark.
fn end_of(text: &str, mark: &str) -> usize {
    text.find(mark)
        .map_or(text.len(), |place| place + mark.len())
}

/// The length of a string with escapes, its quotation marks included.
fn quoted(text: &str, mark: &str) -> usize {
    let mut place = mark.len();
    while let Some(rest) = text.get(place..) {
        if rest.is_empty() {
            break;
        }
        if rest.starts_with('\\') {
            let escaped = rest.chars().nth(1).map_or(0, char::len_utf8);
            place += 1 + escaped;
        } else if rest.starts_with(mark) {
            return place + mark.len();
        } else {
            place += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn rust(content: &str) -> Text {
    let mut text = Text::default();
    let mut code = String::new();
    let mut comment: Vec<&str> = Vec::new();
    let mut rest = content;
    while let Some(first) = rest.chars().next() {
        if first.is_alphanumeric() && first != 'r' && first != 'b' {
            if !comment.is_empty() {
                text.prose.push(joined(comment.drain(..)));
            }
            let end = rest.find(|c: char| !c.is_alphanumeric());
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            code.push_str(word);
            rest = after;
            continue;
        }
        if rest.starts_with("//") {
            let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
            comment.push(line);
            let doc = line.strip_prefix("///").or(line.strip_prefix("//!"));
            text.doc_lines.extend(doc.map(|it| it.trim().to_owned()));
            rest = &rest[line.len()..];
            continue;
        }
        if !first.is_whitespace() && !comment.is_empty() {
            text.prose.push(joined(comment.drain(..)));
        }
        if rest.starts_with("/*") {
            let (block, after) = rest.split_at(end_of(rest, "*/"));
            text.prose.push(joined(block.lines()));
            rest = after;
        } else if let Some(length) = raw(rest).filter(|_| !ends_in_word(&code)) {
            let (string, after) = rest.split_at(length);
            text.prose.push(joined(string.lines()));
            rest = after;
        } else if first == '"' {
            let (string, after) = rest.split_at(quoted(rest, "\""));
            add_name(string.trim_matches('"'), &mut text);
            text.prose.push(joined(string.replace("\\\n", " ").lines()));
            rest = after;
        } else if first == '\'' {
            rest = &rest[character(rest)..];
            code.push(' ');
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    text.prose.push(joined(comment.into_iter()));
    add_identifiers(&code, &mut text);
    text
}

fn ends_in_word(code: &str) -> bool {
    code.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

/// The length of a raw string at the beginning of code.
fn raw(code: &str) -> Option<usize> {
    let after = code.strip_prefix("br").or(code.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let content = after[hashes..].strip_prefix('"')?;
    let end = end_of(content, &format!("\"{}", "#".repeat(hashes)));
    Some(code.len() - content.len() + end)
}

/// The length of a character literal or of the mark of a lifetime.
fn character(code: &str) -> usize {
    let mut characters = code.chars().skip(1);
    match (characters.next(), characters.next()) {
        (Some('\\'), _) => quoted(code, "'"),
        (Some(c), Some('\'')) => c.len_utf8() + 2,
        // A lifetime: its name is read as an identifier.
        _ => 1,
    }
}

fn python(content: &str) -> Text {
    let mut text = Text::default();
    let mut code = String::new();
    let mut comment: Vec<&str> = Vec::new();
    let mut rest = content;
    while let Some(first) = rest.chars().next() {
        if first == '#' {
            let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
            comment.push(line);
            rest = &rest[line.len()..];
            continue;
        }
        if !first.is_whitespace() && !comment.is_empty() {
            text.prose.push(joined(comment.drain(..)));
        }
        let marks = ["\"\"\"", "'''", "\"", "'"];
        if let Some(mark) = marks.into_iter().find(|mark| rest.starts_with(mark)) {
            let (string, after) = rest.split_at(quoted(rest, mark));
            if mark.len() == 3 {
                let inner = string.trim_matches(['"', '\'']);
                let lines = inner.lines().map(|line| line.trim().to_owned());
                text.doc_lines.extend(lines);
            }
            add_name(string.trim_matches(['"', '\'']), &mut text);
            text.prose.push(joined(string.lines()));
            code.push(' ');
            rest = after;
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    text.prose.push(joined(comment.into_iter()));
    add_identifiers(&code, &mut text);
    text
}

/// A page: identifiers are those of its expressions and statements.
fn template(content: &str) -> Text {
    let mut text = Text::default();
    let mut prose = String::new();
    let mut rest = content;
    while let Some(start) = rest.find('{') {
        let (before, after) = rest.split_at(start);
        prose.push_str(before);
        let end = match after.get(..2) {
            Some("{{") => end_of(after, "}}"),
            Some("{%") => end_of(after, "%}"),
            _ => {
                prose.push('{');
                rest = &after[1..];
                continue;
            }
        };
        let (expression, after) = after.split_at(end);
        let outside = expression.split('"').step_by(2);
        add_identifiers(&outside.collect::<Vec<_>>().join(" "), &mut text);
        let inside = expression.split('"').skip(1).step_by(2);
        text.prose.extend(inside.map(str::to_owned));
        rest = after;
    }
    prose.push_str(rest);
    text.prose.push(joined(prose.lines()));
    text
}
