//! Hints about a printed command, on stderr.

use std::path::Path;

use serde_json::Value;

use crate::client::list;
use crate::commands::session::Session;

/// Prints the hints of a tool.
pub(super) fn print(session: &Session, tool: &Value) {
    print_notes(session, tool);
    if let Some(alternative) = tool.get("without_resolver").and_then(alternative) {
        session.printer.say(&format!(
            "hint: until your resolver resolves the name (see `underpass dns setup`), {alternative}"
        ));
    }
}

/// Prints the hints that do not concern the name.
pub(super) fn print_notes(session: &Session, tool: &Value) {
    let notes = list(tool, "notes").unwrap_or_default();
    for note in notes.iter().filter_map(Value::as_str) {
        session.printer.say(&format!("hint: {note}"));
    }
    if let Some(missing) = missing_files(tool) {
        session.printer.say(&format!(
            "hint: the command reads files that do not exist: {missing}; write them with -w"
        ));
    }
}

/// Returns the command in a form that needs no resolver; nothing if that takes more than one more
/// word.
pub(super) fn without_resolver(tool: &Value) -> Option<String> {
    let text = words(tool, "text")?;
    let alternative = tool.get("without_resolver").unwrap_or(&Value::Null);
    match (words(alternative, "kind")?, words(alternative, "text")?) {
        ("environment", variable) => Some(format!("{variable} {text}")),
        ("argument", argument) => Some(format!("{text} {argument}")),
        _ => None,
    }
}

/// Prints the other components that have tools.
pub(super) fn print_other_components(session: &Session, info: &Value) {
    let (Some(component), Ok(others)) = (words(info, "component"), list(info, "other_components"))
    else {
        return;
    };
    let others: Vec<_> = others.iter().filter_map(Value::as_str).collect();
    if !others.is_empty() {
        session.printer.say(&format!(
            "hint: these tools are for {component}; use --component for: {}",
            others.join(", ")
        ));
    }
}

/// Returns the files that the text names and that do not exist.
fn missing_files(tool: &Value) -> Option<String> {
    let text = words(tool, "text")?;
    let missing: Vec<_> = list(tool, "files")
        .ok()?
        .iter()
        .filter_map(|file| words(file, "path"))
        .filter(|path| text.contains(path) && !Path::new(path).exists())
        .collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

/// Returns the way to reach the name without a resolver. Most resolvers do not resolve private
/// names, and the C library queries port 53 only.
fn alternative(shown: &Value) -> Option<String> {
    let text = words(shown, "text")?;
    match words(shown, "kind")? {
        "environment" => Some(format!("set {text}")),
        "argument" => Some(format!("add `{text}` at the end")),
        "hosts" => Some(format!("add this line to /etc/hosts: {text}")),
        _ => None,
    }
}

/// A member that is text, if it is there.
pub(super) fn words<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}
