//! Members of requests as the discovery document describes them: unknown names, wrong types and unknown
//! words are refused before a rule reads them.
//!
//! `members.txt` has a line for each schema: its name, then each member with its type. `-` is output
//! only, `A|B` one of these words, `[T]` a list, `{T}` a map of texts to T; a name with a capital letter
//! or a dot is another schema. `tests/schemas/google_members.py` makes it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::kind::Kind;
use super::refusal::Refusal;

type Members = BTreeMap<&'static str, &'static str>;

/// Members of each schema.
static SCHEMAS: LazyLock<BTreeMap<&'static str, Members>> = LazyLock::new(|| {
    let lines = include_str!("members.txt").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split(' ');
            let name = words.next().unwrap_or_default();
            (name, words.filter_map(|it| it.split_once(':')).collect())
        })
        .collect()
});

/// Returns the schema of a kind.
fn schema_of(kind: Kind) -> &'static str {
    match kind {
        Kind::ServiceAttachment => "ServiceAttachment",
        Kind::ForwardingRule => "ForwardingRule",
        Kind::Address => "Address",
        Kind::BackendService => "BackendService",
        Kind::HealthCheck => "HealthCheck",
        Kind::EndpointGroup | Kind::RegionalEndpointGroup => "NetworkEndpointGroup",
        Kind::InstanceGroup => "InstanceGroup",
        Kind::Instance => "Instance",
        Kind::Firewall => "Firewall",
        Kind::Subnetwork => "Subnetwork",
        Kind::Network => "Network",
    }
}

/// Returns the schema of the body of a custom method; `None` for one without a described body.
fn schema_of_action(kind: Kind, action: &str) -> Option<&'static str> {
    match (kind, action) {
        (Kind::BackendService, "getHealth") => Some("ResourceGroupReference"),
        (Kind::InstanceGroup, "addInstances") => Some("InstanceGroupsAddInstancesRequest"),
        (Kind::InstanceGroup, "removeInstances") => Some("InstanceGroupsRemoveInstancesRequest"),
        (Kind::EndpointGroup, "attachNetworkEndpoints") => {
            Some("NetworkEndpointGroupsAttachEndpointsRequest")
        }
        (Kind::EndpointGroup, "detachNetworkEndpoints") => {
            Some("NetworkEndpointGroupsDetachEndpointsRequest")
        }
        (Kind::EndpointGroup, "listNetworkEndpoints") => {
            Some("NetworkEndpointGroupsListEndpointsRequest")
        }
        (Kind::ForwardingRule | Kind::Address, "setLabels") => Some("RegionSetLabelsRequest"),
        _ => None,
    }
}

/// Checks the body of an insert or update; nulls, which remove members, have every type.
///
/// # Errors
/// 400 `badRequest` for an unknown name, 400 `invalid` for another type or an unknown word.
pub(super) fn check(kind: Kind, body: &Value) -> Result<(), Refusal> {
    check_object(schema_of(kind), "", body)
}

/// Reports whether documents of a kind can have a member; the names of its path are given.
pub(super) fn describes(kind: Kind, path: &[String]) -> bool {
    has_member(schema_of(kind), path)
}

fn has_member(described: &str, path: &[String]) -> bool {
    // Output-only members are not described further.
    let ([name, rest @ ..], false) = (path, matches!(described, "-" | "any")) else {
        return true;
    };
    if let Some(inner) = bracketed(described, '[', ']') {
        return has_member(inner, path);
    }
    if let Some(inner) = bracketed(described, '{', '}') {
        return has_member(inner, rest);
    }
    let member = SCHEMAS.get(described).and_then(|it| it.get(name.as_str()));
    member.is_some_and(|it| has_member(it, rest))
}

/// Checks the body of a custom method.
///
/// # Errors
/// As for [`check`].
pub(super) fn check_action(kind: Kind, action: &str, body: Option<&Value>) -> Result<(), Refusal> {
    match (schema_of_action(kind, action), body) {
        (Some(schema), Some(body)) => check_object(schema, "", body),
        _ => Ok(()),
    }
}

fn check_object(schema: &str, path: &str, value: &Value) -> Result<(), Refusal> {
    let Some(members) = value.as_object() else {
        return Err(mismatch(path, value, "an object"));
    };
    let Some(known) = SCHEMAS.get(schema) else {
        return Ok(());
    };
    for (name, value) in members {
        let Some(described) = known.get(name.as_str()) else {
            return Err(Refusal::unknown_name(name, path));
        };
        let inner = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        check_value(described, &inner, value)?;
    }
    Ok(())
}

fn check_value(described: &str, path: &str, value: &Value) -> Result<(), Refusal> {
    if value.is_null() || matches!(described, "-" | "any") {
        return Ok(());
    }
    if let Some(inner) = bracketed(described, '[', ']') {
        let Some(values) = value.as_array() else {
            return Err(mismatch(path, value, "a list"));
        };
        let mut values = values.iter().enumerate();
        return values
            .try_for_each(|(index, it)| check_value(inner, &format!("{path}[{index}]"), it));
    }
    if let Some(inner) = bracketed(described, '{', '}') {
        let Some(entries) = value.as_object() else {
            return Err(mismatch(path, value, "an object"));
        };
        let mut entries = entries.iter();
        return entries
            .try_for_each(|(name, it)| check_value(inner, &format!("{path}.{name}"), it));
    }
    if SCHEMAS.contains_key(described) {
        return check_object(described, path, value);
    }
    let (fits, expected) = match described {
        "string" => (value.is_string(), "a string".to_owned()),
        "boolean" => (value.is_boolean(), "true or false".to_owned()),
        "number" => (value.is_number(), "a number".to_owned()),
        "integer" => (is_integer(value), "an integer".to_owned()),
        words => {
            let text = value.as_str();
            // An empty word is no word.
            let fits =
                text.is_some_and(|text| text.is_empty() || words.split('|').any(|it| it == text));
            (fits, format!("one of {}", words.replace('|', ", ")))
        }
    };
    if fits {
        return Ok(());
    }
    Err(mismatch(path, value, &expected))
}

/// The text between two brackets, if it begins and ends with them.
fn bracketed(text: &str, open: char, close: char) -> Option<&str> {
    text.strip_prefix(open)?.strip_suffix(close)
}

/// Reports whether a value is an integer, also as a text, as the API accepts it.
fn is_integer(value: &Value) -> bool {
    let of_text = |text: &str| text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
    value.is_i64() || value.is_u64() || value.as_str().is_some_and(of_text)
}

fn mismatch(path: &str, value: &Value, expected: &str) -> Refusal {
    Refusal::field(path, value, &format!("It must be {expected}."))
}
