//! Reading and completing the JSON documents that clients send.
//!
//! Members are addressed by JSON pointers (`/properties/subnet/id`).
//! Members we do not know are kept and echoed.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// Members whose spelling differs between clients, as the provider itself prints them.
///
/// Clients differ in case only (azure-cli sends `frontendIpConfigurations`).
const SPELLINGS: &[&str] = &[
    "accessMode",
    "actionsRequired",
    "addressPrefix",
    "addressPrefixes",
    "addressSpace",
    "autoApproval",
    "backendAddressPool",
    "backendAddressPools",
    "backendPort",
    "customNetworkInterfaceName",
    "description",
    "destinationIPAddress",
    "enableFloatingIP",
    "enableProxyProtocol",
    "enableTcpReset",
    "frontendIPConfiguration",
    "frontendIPConfigurations",
    "frontendPort",
    "groupIds",
    "idleTimeoutInMinutes",
    "ipAddress",
    "ipConfigurations",
    "loadBalancerBackendAddressPools",
    "loadBalancerBackendAddresses",
    "loadBalancerFrontendIpConfigurations",
    "loadBalancingRules",
    "location",
    "manualPrivateLinkServiceConnections",
    "name",
    "port",
    "primary",
    "privateEndpointNetworkPolicies",
    "privateIPAddress",
    "privateIPAddressVersion",
    "privateIPAllocationMethod",
    "privateLinkServiceAlias",
    "privateLinkServiceConnectionState",
    "privateLinkServiceConnections",
    "privateLinkServiceId",
    "privateLinkServiceNetworkPolicies",
    "probe",
    "probes",
    "properties",
    "protocol",
    "publicIPAddress",
    "publicIPAllocationMethod",
    "requestMessage",
    "sku",
    "status",
    "subnet",
    "subnets",
    "subscriptions",
    "tags",
    "visibility",
];

/// The body in the provider's spelling, without explicit nulls.
///
/// # Errors
/// Refuses a body that is not an object.
pub(super) fn normalized(body: Option<&Value>) -> Result<Value, Refusal> {
    match body {
        Some(Value::Object(members)) => Ok(Value::Object(respelled(members))),
        Some(_) => Err(Refusal::malformed("the body must be a JSON object")),
        None => Err(Refusal::malformed(
            "the request needs a JSON object as its body",
        )),
    }
}

fn respelled(members: &Map<String, Value>) -> Map<String, Value> {
    let mut result = Map::new();
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        let known = SPELLINGS
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name));
        let name = known.map_or(name.as_str(), |known| known);
        // Tag names are the client's own.
        let value = if name == "tags" {
            value.clone()
        } else {
            respelled_value(value)
        };
        result.insert(name.to_owned(), value);
    }
    result
}

fn respelled_value(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(respelled(members)),
        Value::Array(values) => Value::Array(values.iter().map(respelled_value).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// The text at a place.
pub(super) fn text<'a>(document: &'a Value, pointer: &str) -> Option<&'a str> {
    document.pointer(pointer).and_then(Value::as_str)
}

/// The text at a place, or the empty one.
pub(super) fn text_or_empty<'a>(document: &'a Value, pointer: &str) -> &'a str {
    text(document, pointer).unwrap_or_default()
}

/// Whether the text at a place is this one, without regard to case.
pub(super) fn text_is(document: &Value, pointer: &str, word: &str) -> bool {
    text(document, pointer).is_some_and(|text| text.eq_ignore_ascii_case(word))
}

/// The flag at a place.
pub(super) fn flag(document: &Value, pointer: &str) -> bool {
    document
        .pointer(pointer)
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

/// The values of the list at a place; none if there is no list.
pub(super) fn list<'a>(document: &'a Value, pointer: &str) -> &'a [Value] {
    document
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The texts of the list at a place.
///
/// # Errors
/// Refuses anything else that stands there.
pub(super) fn texts(document: &Value, pointer: &str) -> Result<Vec<String>, Refusal> {
    let Some(value) = document.pointer(pointer) else {
        return Ok(Vec::new());
    };
    let malformed = || Refusal::malformed(format_args!("{pointer} must be a list of texts"));
    let values = value.as_array().ok_or_else(malformed)?;
    values
        .iter()
        .map(|it| it.as_str().map(str::to_owned).ok_or_else(malformed))
        .collect()
}

/// A number between two bounds, or the default where nothing stands.
///
/// # Errors
/// Refuses anything else that stands there.
pub(super) fn number(
    document: &Value,
    pointer: &str,
    bounds: std::ops::RangeInclusive<u64>,
    default: Option<u64>,
) -> Result<u64, Refusal> {
    let value = document.pointer(pointer);
    let number = if value.is_none() {
        default
    } else {
        value.and_then(Value::as_u64)
    };
    number
        .filter(|number| bounds.contains(number))
        .ok_or_else(|| {
            let name = pointer.rsplit('/').next().unwrap_or(pointer);
            Refusal::invalid(
                "InvalidParameterValue",
                format!(
                    "{name} must be a whole number between {} and {}.",
                    bounds.start(),
                    bounds.end()
                ),
            )
        })
}

/// Puts a value in place, making the objects on the way.
///
/// A value on the way that is no object is replaced by one.
pub(super) fn put(document: &mut Value, pointer: &str, value: impl Into<Value>) {
    let mut place = document;
    for name in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(members) = place else {
            return;
        };
        place = members.entry(name).or_insert(Value::Null);
    }
    *place = value.into();
}

/// Puts a value in place unless something stands there.
pub(super) fn default(document: &mut Value, pointer: &str, value: impl Into<Value>) {
    if document.pointer(pointer).is_none() {
        put(document, pointer, value);
    }
}

/// Removes a member.
pub(super) fn discard(document: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return;
    };
    if let Some(Value::Object(members)) = document.pointer_mut(parent) {
        members.remove(name);
    }
}

/// Requires one of some words (case is not regarded) or nothing, which means the first.
/// What is sent is echoed.
///
/// # Errors
/// Refuses any other value.
pub(super) fn choice(document: &mut Value, pointer: &str, words: &[&str]) -> Result<(), Refusal> {
    let first = words.first().copied().unwrap_or_default();
    default(document, pointer, first);
    if words.iter().any(|word| text_is(document, pointer, word)) {
        return Ok(());
    }
    let name = pointer.rsplit('/').next().unwrap_or(pointer);
    Err(Refusal::invalid(
        "InvalidParameterValue",
        format!("{name} must be one of: {}.", words.join(", ")),
    ))
}
