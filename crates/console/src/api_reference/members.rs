//! Members of bodies, from their JSON Schemas.

use std::collections::BTreeMap;

use serde_json::Value;

/// Prefix of references to named schemas.
const NAMED: &str = "#/components/schemas/";

/// Member of an object, or a parameter.
pub(super) struct Member {
    pub(super) name: String,
    /// Type, in the words of JSON.
    pub(super) form: String,
    /// Limits of the value.
    pub(super) limits: String,
    pub(super) is_required: bool,
    pub(super) meaning: String,
}

/// An object with its members.
pub(super) struct Object {
    /// Name of its schema; empty for the body itself.
    pub(super) name: String,
    pub(super) meaning: String,
    pub(super) members: Vec<Member>,
}

/// Objects of a body, in the order in which they are mentioned.
#[derive(Default)]
pub(super) struct Objects<'a> {
    found: Vec<Object>,
    /// Names of schemas that are to be described, or are.
    names: Vec<&'a str>,
}

impl<'a> Objects<'a> {
    /// Returns the objects of a schema.
    pub(super) fn of(schema: &'a Value, schemas: &'a BTreeMap<String, Value>) -> Vec<Object> {
        let mut objects = Self::default();
        objects.mention(schema);
        if objects.names.is_empty() || schema.get("$ref").is_none() {
            objects.describe("", schema);
        }
        let mut next = 0;
        while let Some(name) = objects.names.get(next).copied() {
            if let Some(schema) = schemas.get(name) {
                objects.describe(name, schema);
            }
            next += 1;
        }
        objects.found
    }

    fn describe(&mut self, name: &str, schema: &'a Value) {
        let mut members = Vec::new();
        collect(schema, &mut members);
        self.mention(schema);
        if !name.is_empty() || !members.is_empty() {
            self.found.push(Object {
                name: name.to_owned(),
                meaning: text(schema, "description"),
                members,
            });
        }
    }

    /// Notes the named schemas that a schema mentions.
    fn mention(&mut self, schema: &'a Value) {
        match schema {
            Value::Object(members) => {
                let name = members.get("$ref").and_then(Value::as_str);
                if let Some(name) = name.and_then(|it| it.strip_prefix(NAMED))
                    && !self.names.contains(&name)
                {
                    self.names.push(name);
                }
                members.values().for_each(|value| self.mention(value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.mention(item)),
            _ => {}
        }
    }
}

/// Collects the members of an object and of its parts.
fn collect(schema: &Value, members: &mut Vec<Member>) {
    let required = schema.get("required").and_then(Value::as_array);
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, member) in properties.into_iter().flatten() {
        if members.iter().any(|known| known.name == *name) {
            continue;
        }
        members.push(Member {
            name: name.clone(),
            form: form(member),
            limits: limits(member),
            is_required: required.is_some_and(|it| it.iter().any(|it| it == name)),
            meaning: text(member, "description"),
        });
    }
    for part in ["allOf", "anyOf"] {
        let forms = schema.get(part).and_then(Value::as_array);
        for form in forms.into_iter().flatten() {
            collect(form, members);
        }
    }
}

/// Returns a text of a schema; empty if it has none.
pub(super) fn text(schema: &Value, name: &str) -> String {
    let found = schema.get(name).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

/// Returns the type of a value in words.
pub(super) fn form(schema: &Value) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return name.strip_prefix(NAMED).unwrap_or(name).to_owned();
    }
    if let Some(only) = schema.get("const") {
        return format!("`{}`", only.as_str().unwrap_or_default());
    }
    if let Some(items) = schema.get("items") {
        return format!("list of {}", form(items));
    }
    if let Some(Value::Object(values)) = schema.get("additionalProperties") {
        let values = Value::Object(values.clone());
        return format!("object of {}", form(&values));
    }
    match schema.get("type") {
        Some(Value::String(one)) => one.clone(),
        Some(Value::Array(several)) => {
            let several: Vec<_> = several.iter().filter_map(Value::as_str).collect();
            several.join(" or ")
        }
        _ => match schema.get("anyOf").and_then(Value::as_array) {
            Some(forms) => forms.iter().map(form).collect::<Vec<_>>().join(" or "),
            None => "any value".to_owned(),
        },
    }
}

/// Returns the limits of a value in words.
pub(super) fn limits(schema: &Value) -> String {
    const WORDS: [(&str, &str); 9] = [
        ("format", "format"),
        ("minLength", "characters at least"),
        ("maxLength", "characters at most"),
        ("minimum", "at least"),
        ("maximum", "at most"),
        ("minItems", "entries at least"),
        ("maxItems", "entries at most"),
        ("maxProperties", "members at most"),
        ("pattern", "pattern"),
    ];
    let mut limits = Vec::new();
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        limits.push(format!("one of `{}`", words.join("`, `")));
    }
    for (name, words) in WORDS {
        match schema.get(name) {
            Some(Value::String(text)) => limits.push(format!("{words} `{text}`")),
            Some(Value::Number(number)) if name.ends_with("imum") => {
                limits.push(format!("{words} {number}"));
            }
            Some(Value::Number(number)) => limits.push(format!("{number} {words}")),
            _ => {}
        }
    }
    limits.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_and_limits_are_in_words() {
        for (schema, form_of, limits_of) in [
            (
                json!({"type": "string", "maxLength": 64}),
                "string",
                "64 characters at most",
            ),
            (
                json!({"type": ["integer", "null"], "minimum": 1}),
                "integer or null",
                "at least 1",
            ),
            (
                json!({"type": "string", "enum": ["a", "b"]}),
                "string",
                "one of `a`, `b`",
            ),
            (
                json!({"type": "array", "items": {"$ref": "#/components/schemas/Node"}}),
                "list of Node",
                "",
            ),
            (
                json!({"anyOf": [{"$ref": "#/components/schemas/Node"}, {"type": "null"}]}),
                "Node or null",
                "",
            ),
            (json!({}), "any value", ""),
        ] {
            assert_eq!(form(&schema), form_of);
            assert_eq!(limits(&schema), limits_of);
        }
    }

    #[test]
    fn an_object_that_contains_itself_is_described_once() {
        let node = json!({"type": "object", "required": ["next"], "properties": {
            "next": {"$ref": "#/components/schemas/Node"},
        }});
        let schemas = BTreeMap::from([("Node".to_owned(), node)]);
        let body = json!({"$ref": "#/components/schemas/Node"});
        let objects = Objects::of(&body, &schemas);
        let names: Vec<_> = objects.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["Node"]);
        assert!(
            objects
                .iter()
                .all(|it| it.members.iter().all(|it| it.is_required))
        );
    }
}
