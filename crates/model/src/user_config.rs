//! The options of a service: their schema, and the merge of a change into them.

use serde_json::{Map, Value, json};

use crate::refusal::Refusal;
use crate::service_type::ServiceTypeFacts;

/// The JSON schema of a type's options, as `service_types` publishes it.
///
/// Every property has a type, nested objects have properties, and `null` removes an option:
/// the compatible command line reads the schema to parse `-c KEY=VALUE`.
pub fn schema(facts: &ServiceTypeFacts) -> Value {
    let access: Map<String, Value> = facts
        .components
        .iter()
        .map(|component| {
            let title = format!("Enable {}", component.name);
            (
                component.name.to_owned(),
                json!({"type": "boolean", "title": title}),
            )
        })
        .collect();
    let mut properties = Map::new();
    properties.insert(
        "privatelink_access".to_owned(),
        json!({
            "type": "object",
            "title": "Allow access to selected service components through Privatelink",
            "additionalProperties": false,
            "properties": access,
        }),
    );
    properties.insert(
        "static_ips".to_owned(),
        json!({
            "type": ["boolean", "null"],
            "title": "Static IP addresses",
            "description": "Use static public IP addresses",
        }),
    );
    properties.insert(
        "ip_filter".to_owned(),
        json!({
            "type": ["array", "null"],
            "title": "IP filter",
            "description": "Allow incoming connections from CIDR address block",
            "items": {"type": "string"},
        }),
    );
    if let Some(version) = facts.default_version {
        properties.insert(
            format!("{}_version", facts.name),
            json!({"type": ["string", "null"], "title": "Major version", "example": version}),
        );
    }
    if facts.name == "kafka" {
        properties.insert(
            "kafka_authentication_methods".to_owned(),
            json!({
                "type": "object",
                "title": "Kafka authentication methods",
                "additionalProperties": false,
                "properties": {
                    "certificate": {"type": "boolean", "title": "Enable certificate/SSL authentication", "default": true},
                    "sasl": {"type": "boolean", "title": "Enable SASL authentication", "default": false},
                },
            }),
        );
    }
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

/// Merges a change into the options: objects deeply, `null` removes, anything else replaces.
///
/// Nothing is changed unless the whole change fits the schema.
pub fn merge(
    facts: &ServiceTypeFacts,
    config: &Map<String, Value>,
    change: &Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    check(facts, "", &schema(facts), change)?;
    let mut merged = config.clone();
    merge_into(&mut merged, change);
    Ok(merged)
}

fn merge_into(config: &mut Map<String, Value>, change: &Map<String, Value>) {
    for (key, value) in change {
        match value {
            Value::Null => {
                config.remove(key);
            }
            Value::Object(inner) => {
                let entry = config
                    .entry(key.clone())
                    .or_insert_with(|| Value::Object(Map::new()));
                match entry {
                    Value::Object(existing) => merge_into(existing, inner),
                    other => *other = value.clone(),
                }
            }
            other => {
                config.insert(key.clone(), other.clone());
            }
        }
    }
}

fn check(
    facts: &ServiceTypeFacts,
    path: &str,
    schema: &Value,
    change: &Map<String, Value>,
) -> Result<(), Refusal> {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (key, value) in change {
        let full = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        let Some(property) = properties.and_then(|properties| properties.get(key)) else {
            let known: Vec<_> = properties
                .map(|known| known.keys().map(String::as_str).collect())
                .unwrap_or_default();
            return Err(Refusal::invalid(
                "unknown_option",
                format!(
                    "Invalid user_config: `{full}` is not an option of service type `{}`; there \
                     are {}",
                    facts.name,
                    known.join(", ")
                ),
            ));
        };
        if value.is_null() {
            continue;
        }
        if !fits(property, value) {
            let expected = property
                .get("type")
                .map(ToString::to_string)
                .unwrap_or_default();
            return Err(Refusal::invalid(
                "mistyped_option",
                format!("Invalid user_config: `{full}` must be of type {expected}"),
            ));
        }
        if let Value::Object(inner) = value {
            check(facts, &full, property, inner)?;
        }
    }
    Ok(())
}

fn fits(property: &Value, value: &Value) -> bool {
    let is = |word: &Value| match word.as_str() {
        Some("boolean") => value.is_boolean(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("object") => value.is_object(),
        Some("array") => value.as_array().is_some_and(|items| {
            items
                .iter()
                .all(|item| item.is_string() || item.is_object())
        }),
        _ => false,
    };
    match property.get("type") {
        Some(Value::Array(words)) => words.iter().any(is),
        Some(word) => is(word),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service_type::find;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            other => panic!("{other} is not an object"),
        }
    }

    #[test]
    fn a_change_is_merged_deeply_and_null_removes() {
        let pg = find("pg").unwrap();
        let before = object(json!({"static_ips": true, "privatelink_access": {"pg": true}}));
        let change = object(json!({"static_ips": null, "privatelink_access": {"pgbouncer": true}}));
        let after = merge(pg, &before, &change).unwrap();
        assert_eq!(
            Value::Object(after),
            json!({"privatelink_access": {"pg": true, "pgbouncer": true}})
        );
    }

    #[test]
    fn unknown_and_mistyped_options_are_named() {
        let pg = find("pg").unwrap();
        let refusal = |change| merge(pg, &Map::new(), &object(change)).unwrap_err();
        assert!(
            refusal(json!({"privatelink_access": {"kafka": true}}))
                .message
                .contains("`privatelink_access.kafka`")
        );
        assert!(
            refusal(json!({"static_ips": "yes"}))
                .message
                .contains("`static_ips`")
        );
        assert!(
            refusal(json!({"privatelink_access": true}))
                .message
                .contains("`privatelink_access`")
        );
    }
}
