//! Shapes of documents: which members there are, and of which type.
//!
//! A shape is written as JSON. A text in it is a type (`text`, `guid`, `tag`, `quoted`, `id`, `address`), or
//! after `=` the very text; everything else stands for itself. An object has exactly the members of
//! its shape, unless the shape has the member `…`.

use std::net::Ipv4Addr;

use serde_json::Value;

/// The differences between a document and a shape, each with its place.
pub(super) fn differences(document: &Value, shape: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", document, shape, &mut found);
    found
}

fn compare(place: &str, document: &Value, shape: &Value, found: &mut Vec<String>) {
    match (document, shape) {
        (Value::Object(members), Value::Object(shapes)) => {
            for (name, shape) in shapes.iter().filter(|(name, _)| *name != "…") {
                match members.get(name) {
                    Some(value) => compare(&format!("{place}/{name}"), value, shape, found),
                    None => found.push(format!("{place}/{name} is missing")),
                }
            }
            let open = shapes.contains_key("…");
            let extra = members
                .keys()
                .filter(|name| !open && !shapes.contains_key(*name));
            found.extend(extra.map(|name| format!("{place}/{name} was not recorded")));
        }
        (Value::Array(values), Value::Array(shapes)) if values.len() == shapes.len() => {
            for (index, (value, shape)) in values.iter().zip(shapes).enumerate() {
                compare(&format!("{place}/{index}"), value, shape, found);
            }
        }
        (Value::String(text), Value::String(kind)) if is_of(text, kind) => {}
        _ if document == shape && !shape.is_string() => {}
        _ => found.push(format!("{place} is {document}, recorded {shape}")),
    }
}

fn is_of(text: &str, kind: &str) -> bool {
    match kind {
        "text" => !text.is_empty(),
        "guid" => is_guid(text),
        "tag" => text
            .strip_prefix("W/\"")
            .and_then(|rest| rest.strip_suffix('"'))
            .is_some_and(is_guid),
        // The entity tag of a link of a private DNS zone.
        "quoted" => text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .is_some_and(is_guid),
        "id" => text.starts_with("/subscriptions/"),
        "address" => text.parse::<Ipv4Addr>().is_ok(),
        _ => kind.strip_prefix('=') == Some(text),
    }
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let hex = |it: char| it == '-' || it.is_ascii_hexdigit();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(hex)
}
