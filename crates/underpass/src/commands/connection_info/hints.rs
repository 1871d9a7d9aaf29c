//! What a person should know about a printed command, on stderr.

use std::path::Path;

use serde_json::Value;

use crate::client::list;
use crate::commands::session::Session;

/// Says it; an answer that lacks something has nothing to say about it.
pub(super) fn tell(session: &Session, tool: &Value) {
    tell_beside(session, tool);
    if let Some(detour) = tool.get("without_resolver").and_then(detour) {
        session.printer.say(&format!(
            "hint: until your resolver knows the name (see `underpass dns setup`), {detour}"
        ));
    }
}

/// Says what is not about the name.
pub(super) fn tell_beside(session: &Session, tool: &Value) {
    let notes = list(tool, "notes").unwrap_or_default();
    for note in notes.iter().filter_map(Value::as_str) {
        session.printer.say(&format!("hint: {note}"));
    }
    if let Some(missing) = missing_files(tool) {
        session.printer.say(&format!(
            "hint: it reads {missing}, not there yet: -w writes what is missing"
        ));
    }
}

/// A command as it works where no resolver knows the name; nothing where that takes more than a
/// word of the command.
pub(super) fn without_resolver(tool: &Value) -> Option<String> {
    let text = words(tool, "text")?;
    let detour = tool.get("without_resolver").unwrap_or(&Value::Null);
    match (words(detour, "kind")?, words(detour, "text")?) {
        ("environment", variable) => Some(format!("{variable} {text}")),
        ("argument", argument) => Some(format!("{text} {argument}")),
        _ => None,
    }
}

/// Says which other components have tools of their own.
pub(super) fn tell_others(session: &Session, info: &Value) {
    let (Some(component), Ok(others)) = (words(info, "component"), list(info, "other_components"))
    else {
        return;
    };
    let others: Vec<_> = others.iter().filter_map(Value::as_str).collect();
    if !others.is_empty() {
        session.printer.say(&format!(
            "hint: these are for {component}; for {} add --component",
            others.join(", ")
        ));
    }
}

/// Files that the text names and that are not there.
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

/// How to get to a name that no resolver knows. Most resolvers know no private names, and the C
/// library asks port 53 alone.
fn detour(shown: &Value) -> Option<String> {
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
