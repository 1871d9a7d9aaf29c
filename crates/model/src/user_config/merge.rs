//! The merge of a change into the options.

use serde_json::{Map, Value};

use super::check::check;
use super::schema::schema;
use crate::refusal::Refusal;
use crate::service_type::ServiceTypeFacts;

/// Merges a change into the options: objects deeply, `null` removes, anything else replaces.
///
/// Nothing changes unless the whole change matches the schema. Values that set nothing, such as an
/// empty group of server settings, are not stored.
///
/// # Errors
/// * `unknown_option`: the type has no such option.
/// * `mistyped_option`: a value has another type.
/// * `option_value`: a value breaks a bound of the schema.
/// * `server_setting`: the option configures the server itself.
pub fn merge(
    facts: &ServiceTypeFacts,
    config: &Map<String, Value>,
    change: &Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let schema = schema(facts);
    check(facts, &schema, change)?;
    let known = |key: &str| schema.pointer("/properties").and_then(|all| all.get(key));
    let change = change
        .iter()
        .filter(|(key, _)| known(key).is_some())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let mut merged = config.clone();
    merge_into(&mut merged, &change);
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
