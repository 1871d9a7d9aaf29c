//! The contract of the API: every answer that any test meets has the form that the document
//! describes, and every accepted body, too.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::http::response::Parts;
use serde_json::Value;

/// The document, as the server serves it.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../openapi.json")).expect("the document is JSON")
});

/// Checks an answer. Answers of routes that the document does not have are not checked.
#[track_caller]
pub(crate) fn assert_documented(method: &str, path: &str, parts: &Parts, body: &str) {
    let content = parts.headers.get(CONTENT_TYPE);
    let content = content.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let status = parts.status.as_u16();
    if let Err(fault) = documented(method, path, status, content, body) {
        panic!("{method} {path} answered {status} not as openapi.json says: {fault}\n{body}");
    }
}

/// Checks an answer by its parts.
pub(crate) fn documented(
    method: &str,
    path: &str,
    status: u16,
    content: &str,
    body: &str,
) -> Result<(), String> {
    let Some(operation) = operation(method, path) else {
        return Ok(());
    };
    let response = &operation["responses"][status.to_string()];
    if response.is_null() {
        return Err(format!("it has no status {status}"));
    }
    let content = content.split(';').next().unwrap_or_default();
    let described = &resolved(response)["content"][content];
    if described.is_null() {
        return Err(format!("it has no content type `{content}`"));
    }
    if content == "application/json" && path != "/openapi.json" {
        let body = serde_json::from_str(body).map_err(|error| error.to_string())?;
        check(&described["schema"], &body, "the body", true)?;
    }
    Ok(())
}

/// Checks a body that the server accepted. The document permits unknown members where the server
/// ignores them.
#[track_caller]
pub(crate) fn assert_accepts(method: &str, path: &str, body: &str) {
    let path = path.split('?').next().unwrap_or_default();
    let Some(operation) = operation(method, path) else {
        return;
    };
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if schema.is_null() || body.trim().is_empty() || body == "null" {
        return;
    }
    let body = serde_json::from_str(body).unwrap();
    if let Err(fault) = check(schema, &body, "the body", false) {
        panic!("{method} {path} accepted a body not as described: {fault}\n{body}");
    }
}

/// Returns the operation of a path, of which literal segments win over parameters.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let given: Vec<_> = path.split('/').collect();
    let fits = |template: &str| {
        let segments: Vec<_> = template.split('/').collect();
        segments.len() == given.len()
            && segments
                .iter()
                .zip(&given)
                .all(|(segment, given)| segment.starts_with('{') || segment == given)
    };
    let paths = DOCUMENT["paths"].as_object()?;
    let candidates = paths.iter().filter(|(template, _)| fits(template));
    let (_, methods) = candidates.min_by_key(|(template, _)| template.matches('{').count())?;
    methods.get(method.to_ascii_lowercase())
}

fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => DOCUMENT
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{reference} leads nowhere")),
        None => value,
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        _ => panic!("unknown type `{kind}`"),
    }
}

/// Checks a value. A strict check refuses members of objects that the schema does not name.
fn check(schema: &'static Value, value: &Value, at: &str, strict: bool) -> Result<(), String> {
    let schema = resolved(schema);
    let kinds = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is_of(kind, value)) {
        return Err(format!("{at} is {value}, not of type {kinds:?}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Err(format!("{at} is {value}, not one of {words:?}"));
    }
    if let Some(only) = schema.get("const")
        && only != value
    {
        return Err(format!("{at} is {value}, not {only}"));
    }
    check_size(schema, value, at)?;
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(part, value, at, false)?;
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        let faults: Vec<_> = forms
            .iter()
            .map_while(|form| check(form, value, at, strict).err())
            .collect();
        if faults.len() == forms.len() {
            return Err(faults.join("; "));
        }
    }
    if let Some(items) = value.as_array() {
        for (place, item) in items.iter().enumerate() {
            check(&schema["items"], item, &format!("{at}[{place}]"), strict)?;
        }
    }
    check_members(schema, value, at, strict)
}

fn check_size(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let size = match value {
        Value::String(text) => Some((text.chars().count(), "minLength", "maxLength")),
        Value::Array(items) => Some((items.len(), "minItems", "maxItems")),
        Value::Object(members) => Some((members.len(), "minProperties", "maxProperties")),
        _ => None,
    };
    if let Some((size, least, most)) = size {
        let too_small = schema[least].as_u64().is_some_and(|it| (size as u64) < it);
        let too_large = schema[most].as_u64().is_some_and(|it| size as u64 > it);
        if too_small || too_large {
            return Err(format!("{at} has size {size}"));
        }
    }
    if let Some(number) = value.as_f64() {
        let too_small = schema["minimum"].as_f64().is_some_and(|it| number < it);
        let too_large = schema["maximum"].as_f64().is_some_and(|it| number > it);
        if too_small || too_large {
            return Err(format!("{at} is {number}"));
        }
    }
    Ok(())
}

fn check_members(
    schema: &'static Value,
    value: &Value,
    at: &str,
    strict: bool,
) -> Result<(), String> {
    let Some(members) = value.as_object() else {
        return Ok(());
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap();
        if !members.contains_key(name) {
            return Err(format!("{at} lacks the member `{name}`"));
        }
    }
    let mut named = BTreeSet::new();
    collect(schema, &mut named);
    for (name, member) in members {
        let inside = format!("{at}.{name}");
        let others = &schema["additionalProperties"];
        if let Some(schema) = schema["properties"].get(name) {
            check(schema, member, &inside, strict)?;
        } else if others.is_object() {
            check(others, member, &inside, strict)?;
        } else if !named.contains(name.as_str())
            && (*others == Value::Bool(false) || strict && !named.is_empty())
        {
            return Err(format!("{inside} is not described"));
        }
    }
    Ok(())
}

/// Collects the names of all members that a schema describes.
fn collect(schema: &'static Value, named: &mut BTreeSet<&'static str>) {
    let schema = resolved(schema);
    let properties = schema["properties"].as_object();
    named.extend(
        properties
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str()),
    );
    for part in ["allOf", "anyOf"] {
        for schema in schema[part].as_array().into_iter().flatten() {
            collect(schema, named);
        }
    }
}
