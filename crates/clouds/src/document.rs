//! Reads and edits of JSON documents that keep unknown members.
//!
//! Documents stay JSON values from the answer to the next request: a typed struct would lose the
//! members that the provider has and we do not know.

use serde_json::Value;

/// The text at a pointer.
pub(crate) fn text<'a>(document: &'a Value, pointer: &str) -> Option<&'a str> {
    document.pointer(pointer)?.as_str()
}

/// The list at a pointer; empty if there is none.
pub(crate) fn list<'a>(document: &'a Value, pointer: &str) -> &'a [Value] {
    document
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Reports whether the text at a pointer is this one in any case, which the provider does not keep.
pub(crate) fn says(document: &Value, pointer: &str, expected: &str) -> bool {
    text(document, pointer).is_some_and(|found| found.eq_ignore_ascii_case(expected))
}

/// The flag at a pointer; absent is off.
pub(crate) fn flag(document: &Value, pointer: &str) -> bool {
    document
        .pointer(pointer)
        .and_then(Value::as_bool)
        .unwrap_or_default()
}

/// Sets one member of the object at a pointer, creating the object if there is none.
///
/// `under` names members of objects only, such as `/properties/visibility`.
pub(crate) fn set(document: &mut Value, under: &str, member: &str, value: Value) {
    let mut placement = document;
    for name in under.split('/').skip(1).chain([member]) {
        if !placement.is_object() {
            *placement = Value::Object(serde_json::Map::new());
        }
        let Value::Object(members) = placement else {
            return;
        };
        placement = members.entry(name).or_insert(Value::Null);
    }
    *placement = value;
}

/// Truncates untrusted text to this number of characters.
pub(crate) fn bounded(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_is_set_and_its_neighbours_are_kept() {
        let mut document = json!({"properties": {"kept": 1}});
        set(
            &mut document,
            "/properties/visibility",
            "subscriptions",
            json!([]),
        );
        let expected = json!({"properties": {"kept": 1, "visibility": {"subscriptions": []}}});
        assert_eq!(document, expected);
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(bounded("äöü", 2), "äö…");
        assert_eq!(bounded("äöü", 3), "äöü");
    }
}
