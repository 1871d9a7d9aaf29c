//! Options of a service on the command line, checked against the type's schema.

use serde_json::{Map, Value};
use underpass_model::{service_type, user_config};

use crate::client::member;
use crate::commands::session::Session;
use crate::failure::Failure;

/// Reads the schema of a service type's options.
///
/// # Errors
/// An unknown service type, or another refusal of the server.
pub(super) async fn schema(session: &Session, service_type: &str) -> Result<Value, Failure> {
    let path = ["project", &session.project, "service-types", service_type];
    let answer = session.client.get(&path).await?;
    Ok(member(&answer, "user_config_schema")?.clone())
}

/// Parses `a.b=true` into `{"a":{"b":true}}`.
///
/// # Errors
/// A text without `=`, an unknown option, or a value of the wrong type.
pub(super) fn assignments(
    service_type: &str,
    schema: &Value,
    texts: &[String],
) -> Result<Map<String, Value>, Failure> {
    let mut options = Map::new();
    for text in texts {
        let (key, value) = text.split_once('=').ok_or_else(|| {
            Failure::usage(format!(
                "-c {text} is not an assignment. Give KEY=VALUE, such as privatelink_access.pg=true"
            ))
        })?;
        let types = types_of(service_type, schema, key)?;
        let value = parse(&types, value).ok_or_else(|| {
            Failure::usage(format!(
                "-c {text} has a value of the wrong type. {}",
                valid(&types)
            ))
        })?;
        set(&mut options, key, value);
    }
    Ok(options)
}

/// Adds a null for each option to remove.
///
/// # Errors
/// An unknown option, or one that cannot be null.
pub(super) fn removals(
    service_type: &str,
    schema: &Value,
    keys: &[String],
    options: &mut Map<String, Value>,
) -> Result<(), Failure> {
    for key in keys {
        if !types_of(service_type, schema, key)?
            .iter()
            .any(|kind| kind == "null")
        {
            return Err(Failure::usage(format!("option `{key}` cannot be removed")));
        }
        set(options, key, Value::Null);
    }
    Ok(())
}

/// Returns the JSON types of an option.
fn types_of(service_type: &str, schema: &Value, key: &str) -> Result<Vec<String>, Failure> {
    let mut at = Some(schema);
    for part in key.split('.') {
        at = at
            .and_then(|at| at.get("properties"))
            .and_then(|all| all.get(part));
    }
    let Some(found) = at else {
        return Err(unknown(service_type, schema, key));
    };
    Ok(match found.get("type") {
        Some(Value::String(kind)) => vec![kind.clone()],
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => vec!["any JSON".to_owned()],
    })
}

/// Returns the failure for an unknown option, with its reason if the service type is known here.
fn unknown(service_type: &str, schema: &Value, key: &str) -> Failure {
    if let Some(facts) = service_type::find(service_type) {
        return Failure::usage(user_config::unknown(facts, key).message);
    }
    let mut known = Vec::new();
    collect(schema, "", &mut known);
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    Failure::usage(format!("unsupported option `{key}`"))
        .hint(format!("available options: {known}"))
}

fn collect(schema: &Value, prefix: &str, known: &mut Vec<String>) {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return;
    };
    for (name, property) in properties {
        let name = format!("{prefix}{name}");
        if property.get("properties").is_some() {
            collect(property, &format!("{name}."), known);
        } else {
            known.push(name);
        }
    }
}

/// Returns the values or types that an option accepts, as a sentence.
fn valid(types: &[String]) -> String {
    let words: Vec<_> = types
        .iter()
        .map(|kind| match kind.as_str() {
            "boolean" => "true, false",
            "integer" => "a whole number",
            "number" => "a number",
            "string" => "a text",
            "array" => "a JSON array",
            "object" => "a JSON object",
            other => other,
        })
        .collect();
    format!("Valid values: {}", words.join(", "))
}

fn parse(types: &[String], text: &str) -> Option<Value> {
    types.iter().find_map(|kind| match (kind.as_str(), text) {
        ("boolean", "1" | "true") => Some(Value::Bool(true)),
        ("boolean", "0" | "false") => Some(Value::Bool(false)),
        ("integer", _) => text.parse::<i64>().ok().map(Value::from),
        ("number", _) => text.parse::<f64>().ok().map(Value::from),
        ("string", _) => Some(Value::from(text)),
        ("null", "null") => Some(Value::Null),
        ("array" | "object" | "any JSON", _) => serde_json::from_str(text).ok(),
        _ => None,
    })
}

fn set(options: &mut Map<String, Value>, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            options.insert(key.to_owned(), value);
        }
        Some((first, rest)) => {
            let below = options
                .entry(first)
                .or_insert_with(|| Value::Object(Map::new()));
            if !below.is_object() {
                *below = Value::Object(Map::new());
            }
            if let Value::Object(below) = below {
                set(below, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({ "type": "object", "properties": {
            "static_ips": { "type": ["boolean", "null"] },
            "version": { "type": "string" },
            "privatelink_access": { "type": "object", "properties": {
                "pg": { "type": "boolean" }, "pgbouncer": { "type": "boolean" } } },
        } })
    }

    #[test]
    fn dotted_keys_become_nested_options() {
        let texts = [
            "privatelink_access.pg=true",
            "privatelink_access.pgbouncer=0",
            "version=15",
        ];
        let options = assignments("pg", &schema(), &texts.map(str::to_owned)).unwrap();
        assert_eq!(
            Value::Object(options),
            json!({ "privatelink_access": { "pg": true, "pgbouncer": false }, "version": "15" })
        );
    }

    #[test]
    fn unknown_options_and_wrong_values_are_refused() {
        for bad in [
            "nope=1",
            "privatelink_access.kafka=true",
            "static_ips=maybe",
            "static_ips",
        ] {
            assert!(
                assignments("pg", &schema(), &[bad.to_owned()]).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn only_nullable_options_can_be_removed() {
        let mut options = Map::new();
        removals("pg", &schema(), &["static_ips".to_owned()], &mut options).unwrap();
        assert_eq!(Value::Object(options), json!({ "static_ips": null }));
        assert!(removals("pg", &schema(), &["version".to_owned()], &mut Map::new()).is_err());
    }
}
