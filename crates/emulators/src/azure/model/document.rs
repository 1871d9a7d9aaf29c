//! Reading and completing the JSON documents that clients send.
//!
//! Members are addressed by JSON pointers (`/properties/subnet/id`).
//! Unknown members are stored and echoed.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// Members that clients spell differently, in the spelling of the network provider.
///
/// Clients differ in case only (the Azure CLI sends `frontendIpConfigurations`).
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
    "loadBalancerInboundNatRules",
    "loadBalancingRules",
    "location",
    "manualPrivateLinkServiceConnections",
    "name",
    "noHealthyBackendsBehavior",
    "natGateway",
    "networkSecurityGroup",
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
    "routeTable",
    "sku",
    "status",
    "subnet",
    "subnets",
    "subscriptions",
    "tags",
    "visibility",
];

/// Members that refer to other resources, whatever their clients send along with the ID.
const REFERENCES: &[&str] = &[
    "backendAddressPool",
    "frontendIPConfiguration",
    "gatewayLoadBalancer",
    "loadBalancerBackendAddressPools",
    "loadBalancerFrontendIpConfigurations",
    "loadBalancerInboundNatRules",
    "natGateway",
    "networkSecurityGroup",
    "probe",
    "publicIPAddress",
    "publicIPPrefix",
    "routeTable",
    "subnet",
    "virtualNetwork",
];

/// Returns the body in the network provider's spelling, without explicit nulls.
///
/// # Errors
/// `InvalidRequestFormat` for a body that is not a JSON object.
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
        // Clients choose the names of tags.
        let value = match name {
            "tags" => value.clone(),
            _ if REFERENCES.contains(&name) => reference(value),
            _ => respelled_value(value),
        };
        result.insert(name.to_owned(), value);
    }
    result
}

/// A reference, or a list of references: of each, only the ID is kept (recorded).
fn reference(value: &Value) -> Value {
    match value {
        Value::Array(values) => Value::Array(values.iter().map(reference).collect()),
        Value::Object(members) => {
            let mut members = respelled(members);
            if members.get("id").is_some_and(Value::is_string) {
                members.retain(|name, _| name == "id");
            }
            Value::Object(members)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn respelled_value(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(respelled(members)),
        Value::Array(values) => Value::Array(values.iter().map(respelled_value).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// The string at a pointer.
pub(super) fn text<'a>(document: &'a Value, pointer: &str) -> Option<&'a str> {
    document.pointer(pointer).and_then(Value::as_str)
}

/// The string at a pointer, or an empty one.
pub(super) fn text_or_empty<'a>(document: &'a Value, pointer: &str) -> &'a str {
    text(document, pointer).unwrap_or_default()
}

/// Reports whether the string at a pointer is `word`, ignoring case.
pub(super) fn text_is(document: &Value, pointer: &str, word: &str) -> bool {
    text(document, pointer).is_some_and(|text| text.eq_ignore_ascii_case(word))
}

/// The Boolean at a pointer; false if there is none.
pub(super) fn flag(document: &Value, pointer: &str) -> bool {
    document
        .pointer(pointer)
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

/// The values of the array at a pointer; empty if there is no array.
pub(super) fn list<'a>(document: &'a Value, pointer: &str) -> &'a [Value] {
    document
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The strings of the array at a pointer; empty if there is no value.
///
/// # Errors
/// `InvalidRequestFormat` for any other value.
pub(super) fn texts(document: &Value, pointer: &str) -> Result<Vec<String>, Refusal> {
    let Some(value) = document.pointer(pointer) else {
        return Ok(Vec::new());
    };
    let malformed = || Refusal::malformed(format_args!("{pointer} must be a list of strings"));
    let values = value.as_array().ok_or_else(malformed)?;
    values
        .iter()
        .map(|it| it.as_str().map(str::to_owned).ok_or_else(malformed))
        .collect()
}

/// The integer at a pointer, or the default if there is no value.
///
/// # Errors
/// `InvalidParameterValue` for a number outside the bounds and for any other value.
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

/// Sets the value at a pointer and creates the objects along the path.
///
/// A value along the path that is not an object is replaced by one.
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

/// Sets the value at a pointer unless there is one.
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

/// Checks that the string at a pointer is one of `words`, ignoring case; sets the first one as
/// the default. The spelling of the client is echoed.
///
/// # Errors
/// `InvalidParameterValue` for any other value.
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
