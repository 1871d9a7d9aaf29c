//! The field that a filter compares: a path of members, for instance `labels.team`.

use std::fmt;

use serde_json::Value;

/// A path of members. A list on the path stands for each of its entries.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field(Vec<String>);

/// Reports whether a character may be part of a field.
pub(super) fn is_field_char(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '.' || it == '_' || it == '-'
}

impl Field {
    /// Parses names that are joined by dots.
    pub(super) fn parse(text: &str) -> Option<Field> {
        let is_path = text.chars().all(is_field_char) && !text.starts_with('-');
        let segments: Vec<String> = text.split('.').map(str::to_owned).collect();
        (is_path && segments.iter().all(|it| !it.is_empty())).then_some(Field(segments))
    }

    pub(super) fn segments(&self) -> &[String] {
        &self.0
    }

    /// Returns the values of the field in a document; empty if it is absent.
    pub(super) fn values<'a>(&self, document: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![document];
        for name in &self.0 {
            found = found
                .into_iter()
                .flat_map(each)
                .filter_map(|value| value.get(name))
                .filter(|value| !value.is_null())
                .collect();
        }
        found.into_iter().flat_map(each).collect()
    }
}

/// Returns the entries of a list, or another value itself.
fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(entries) => entries.iter().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            vec![value]
        }
    }
}

/// Returns a value as filters compare it.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}
