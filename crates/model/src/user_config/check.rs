//! The validation of options against their schema.
//!
//! It supports exactly the keywords that the schemas use; a test compares the two.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Map, Value};

use super::schema::schema;
use super::server_setting::{self, sets_nothing};
use crate::closest::closest;
use crate::excerpt::excerpt;
use crate::refusal::Refusal;
use crate::service_type::ServiceTypeFacts;

/// Refuses unknown options, and values that do not match the schema.
pub(super) fn check(
    facts: &ServiceTypeFacts,
    schema: &Value,
    change: &Map<String, Value>,
) -> Result<(), Refusal> {
    Check { facts, schema }.members("", schema, change)
}

/// The refusal for an option that the type does not have, by its full name, such as `pg.work_mem`.
pub fn unknown(facts: &ServiceTypeFacts, key: &str) -> Refusal {
    let schema = schema(facts);
    let mut at = &schema;
    let mut path = String::new();
    for part in key.split('.') {
        match at.pointer("/properties").and_then(|all| all.get(part)) {
            Some(property) => {
                at = property;
                path = join(&path, part);
            }
            None => break,
        }
    }
    let schema = &schema;
    Check { facts, schema }.unknown(&path, at, key)
}

struct Check<'a> {
    facts: &'a ServiceTypeFacts,
    /// The schema of all options of the type.
    schema: &'a Value,
}

impl Check<'_> {
    fn members(
        &self,
        path: &str,
        schema: &Value,
        members: &Map<String, Value>,
    ) -> Result<(), Refusal> {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (key, value) in members {
            let full = join(path, key);
            match properties.and_then(|properties| properties.get(key)) {
                // `null` removes an option of any type.
                Some(_) if value.is_null() => {}
                Some(property) => self.value(&full, property, value)?,
                None if path.is_empty() && self.is_idle_setting(key, value) => {}
                None => {
                    let asked = server_setting::first_set(&full, value);
                    return Err(self.unknown(path, schema, &asked));
                }
            }
        }
        Ok(())
    }

    /// Reports whether this is a group of server settings in which nothing is set.
    fn is_idle_setting(&self, key: &str, value: &Value) -> bool {
        sets_nothing(value) && server_setting::find(self.facts, key).is_some()
    }

    fn value(&self, path: &str, schema: &Value, value: &Value) -> Result<(), Refusal> {
        let types = types(schema);
        if !types.iter().any(|word| is_of_type(word, value)) {
            let expected: Vec<_> = types.iter().filter_map(|word| type_name(word)).collect();
            return Err(Refusal::invalid(
                "mistyped_option",
                format!(
                    "Invalid user_config: `{path}` is {}, but must be {}",
                    kind(value),
                    expected.join(" or ")
                ),
            ));
        }
        if let Some(rule) = broken_rule(schema, value) {
            return Err(Refusal::invalid(
                "option_value",
                format!("Invalid user_config: `{path}` {rule}"),
            ));
        }
        match value {
            Value::Object(members) => self.members(path, schema, members),
            Value::Array(items) => {
                let Some(schema) = schema.get("items") else {
                    return Ok(());
                };
                let mut items = items.iter().enumerate();
                items.try_for_each(|(place, item)| {
                    self.value(&format!("{path}[{place}]"), schema, item)
                })
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    /// The refusal for a key below `path`, with the schema of `path`.
    fn unknown(&self, path: &str, schema: &Value, key: &str) -> Refusal {
        let first = key.split('.').next().unwrap_or(key);
        if let Some(setting) = server_setting::find(self.facts, first).filter(|_| path.is_empty()) {
            return setting.refusal(key);
        }
        let names = |schema: &Value| -> Vec<String> {
            let properties = schema.get("properties").and_then(Value::as_object);
            properties
                .map(|known| known.keys().cloned().collect())
                .unwrap_or_default()
        };
        let known: Vec<_> = names(schema).iter().map(|name| join(path, name)).collect();
        let mut every = known.clone();
        for group in names(self.schema) {
            let below = self.schema.pointer(&format!("/properties/{group}"));
            let below = below.map(names).unwrap_or_default();
            every.extend(below.iter().map(|name| join(&group, name)));
        }
        let meant = closest(key, every.iter().map(String::as_str));
        let meant = meant.map_or_else(String::new, |word| format!(" Did you mean `{word}`?"));
        let valid = if known.is_empty() {
            format!("`{path}` has no options below it")
        } else {
            format!("Valid values: {}", known.join(", "))
        };
        Refusal::invalid(
            "unknown_option",
            format!(
                "Invalid user_config: `{}` is not an option of service type `{}`.{meant} {valid}",
                excerpt(key),
                self.facts.name,
            ),
        )
    }
}

/// Returns the bound of the schema that a value breaks, as a predicate after its name.
fn broken_rule(schema: &Value, value: &Value) -> Option<String> {
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
    let integer = |keyword: &str| schema.get(keyword).and_then(Value::as_i64);
    let choices = schema.get("enum").and_then(Value::as_array);
    if let Some(choices) = choices.filter(|choices| !choices.contains(value)) {
        let choices: Vec<_> = choices.iter().map(ToString::to_string).collect();
        return Some(format!("must be one of {}", choices.join(", ")));
    }
    match value {
        Value::Number(number) => {
            let number = number.as_i64()?;
            let (least, most) = (integer("minimum"), integer("maximum"));
            let fits =
                least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most);
            let text = |bound: Option<i64>| bound.map_or("any".to_owned(), |it| it.to_string());
            (!fits).then(|| {
                format!(
                    "is {number}, but must be from {} to {}",
                    text(least),
                    text(most)
                )
            })
        }
        Value::String(text) => {
            let most = bound("maxLength").filter(|most| exceeds(text.chars().count(), *most));
            if let Some(most) = most {
                return Some(format!("must have at most {most} characters"));
            }
            let is_range = schema.get("format").and_then(Value::as_str) == Some("cidr");
            (is_range && !is_network(text)).then(|| {
                format!(
                    "is `{}`, but must be an IP address or an address block, such as \
                     10.20.0.0/16",
                    excerpt(text)
                )
            })
        }
        Value::Array(items) => {
            let most = bound("maxItems").filter(|most| exceeds(items.len(), *most))?;
            Some(format!(
                "has {} entries, but may have at most {most}",
                items.len()
            ))
        }
        Value::Object(members) => {
            let required = schema.get("required").and_then(Value::as_array);
            let mut names = required.into_iter().flatten().filter_map(Value::as_str);
            let missing = names.find(|name| members.get(*name).is_none_or(Value::is_null))?;
            Some(format!("needs `{missing}`"))
        }
        Value::Null | Value::Bool(_) => None,
    }
}

fn exceeds(length: usize, most: u64) -> bool {
    u64::try_from(length).map_or(true, |length| length > most)
}

fn is_network(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || text.parse::<IpNet>().is_ok()
}

/// The words of the keyword `type`.
fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(word)) => vec![word],
        _ => Vec::new(),
    }
}

fn is_of_type(word: &str, value: &Value) -> bool {
    match word {
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        _ => false,
    }
}

/// The name of a type's values; none for `null`, which removes an option.
fn type_name(word: &str) -> Option<&'static str> {
    match word {
        "boolean" => Some("true or false"),
        "string" => Some("a string"),
        "integer" => Some("an integer"),
        "object" => Some("an object"),
        "array" => Some("a list"),
        _ => None,
    }
}

/// The kind of a value, without the value: it may be a secret in the wrong option.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
