//! Reads and changes members of JSON documents.
//!
//! Nested members are addressed by JSON pointers (`/tcpHealthCheck/port`). Unknown members are kept
//! and returned.

use serde_json::{Map, Value};

/// Returns the string at a pointer.
pub(super) fn text<'a>(document: &'a Value, pointer: &str) -> Option<&'a str> {
    document.pointer(pointer).and_then(Value::as_str)
}

/// Returns the string at a pointer, or the empty string.
pub(super) fn text_or_empty<'a>(document: &'a Value, pointer: &str) -> &'a str {
    text(document, pointer).unwrap_or_default()
}

/// Returns the boolean at a pointer, or false.
pub(super) fn flag(document: &Value, pointer: &str) -> bool {
    let found = document.pointer(pointer).and_then(Value::as_bool);
    found.unwrap_or(false)
}

/// Returns the unsigned integer at a pointer.
pub(super) fn number(document: &Value, pointer: &str) -> Option<u64> {
    document.pointer(pointer).and_then(Value::as_u64)
}

/// Returns the values of the list at a pointer; empty if there is no list.
pub(super) fn list<'a>(document: &'a Value, pointer: &str) -> &'a [Value] {
    let found = document.pointer(pointer).and_then(Value::as_array);
    found.map_or(&[], Vec::as_slice)
}

/// Returns the strings in the list at a pointer.
pub(super) fn texts<'a>(document: &'a Value, pointer: &str) -> impl Iterator<Item = &'a str> {
    list(document, pointer).iter().filter_map(Value::as_str)
}

/// Sets a member of an object; does nothing to other values.
pub(super) fn set(document: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(members) = document {
        members.insert(name.to_owned(), value.into());
    }
}

/// Sets a member of an object unless it is present.
pub(super) fn set_default(document: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(members) = document {
        members
            .entry(name.to_owned())
            .or_insert_with(|| value.into());
    }
}

/// Removes a member of an object.
pub(super) fn remove(document: &mut Value, name: &str) {
    if let Value::Object(members) = document {
        members.remove(name);
    }
}

/// Returns a document without null members, at any depth.
pub(super) fn without_nulls(document: &Value) -> Value {
    match document {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect::<Map<String, Value>>()
            .into(),
        Value::Array(values) => values.iter().map(without_nulls).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => document.clone(),
    }
}

/// Applies a JSON Merge Patch (RFC 7396): objects are merged, null removes a member, other values
/// (including lists) are replaced.
pub(super) fn merged(document: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else {
        return patch.clone();
    };
    let mut result = document.as_object().cloned().unwrap_or_default();
    for (name, change) in changes {
        if change.is_null() {
            result.remove(name);
            continue;
        }
        let before = result.get(name).unwrap_or(&Value::Null);
        let after = merged(before, change);
        result.insert(name.clone(), after);
    }
    Value::Object(result)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_merges_objects_and_replaces_lists() {
        let before = json!({"a": {"b": 1, "c": 2}, "list": [1, 2], "gone": true});
        let patch = json!({"a": {"b": 3, "d": {"e": null, "f": 4}}, "list": [], "gone": null});
        let after = json!({"a": {"b": 3, "c": 2, "d": {"f": 4}}, "list": []});
        assert_eq!(merged(&before, &patch), after);
    }
}
