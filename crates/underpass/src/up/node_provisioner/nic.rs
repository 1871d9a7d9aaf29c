//! Network interface of a node: its name and request body.

use serde_json::{Value, json};

use super::node_key::{NodeKey, OWNERSHIP_TAG, hash};

/// Longest name of a network interface (Azure naming rules).
const NAME_MAX: usize = 80;

/// Characters of a long name that are kept; a dot and 16 hexadecimal digits follow.
const NAME_KEPT: usize = NAME_MAX - 17;

/// Name of an interface. Service and node names have no dots, so no two keys share one.
pub(super) fn name(key: &NodeKey) -> String {
    let name = format!("{}.{}", key.service, key.node);
    if name.len() <= NAME_MAX {
        return name;
    }
    format!("{}.{}", name.get(..NAME_KEPT).unwrap_or(&name), hash(&name))
}

/// Body of the request that creates an interface.
pub(super) fn body(key: &NodeKey, location: &str, subnet: &str, public_ip: Option<&str>) -> Value {
    let mut properties = json!({
        "subnet": { "id": subnet },
        "privateIPAllocationMethod": "Dynamic",
        "primary": true,
    });
    if let (Some(id), Some(members)) = (public_ip, properties.as_object_mut()) {
        members.insert("publicIPAddress".to_owned(), json!({ "id": id }));
    }
    json!({
        "location": location,
        "tags": { OWNERSHIP_TAG: key.to_string() },
        "properties": { "ipConfigurations": [{ "name": "primary", "properties": properties }] },
    })
}

/// Node of an interface; `None` if the provisioner did not create it.
pub(super) fn key_of(nic: &Value) -> Option<NodeKey> {
    NodeKey::parse(nic.get("tags")?.get(OWNERSHIP_TAG)?.as_str()?)
}

/// Resource ID of an interface's public address.
pub(super) fn public_ip(nic: &Value) -> Option<&str> {
    nic.pointer("/properties/ipConfigurations/0/properties/publicIPAddress/id")?
        .as_str()
}

/// The same interface with another public address, or none; everything else is unchanged.
pub(super) fn with_public_ip(nic: &Value, public_ip: Option<&str>) -> Value {
    let mut nic = nic.clone();
    let pointer = "/properties/ipConfigurations/0/properties";
    if let Some(members) = nic.pointer_mut(pointer).and_then(Value::as_object_mut) {
        match public_ip {
            Some(id) => members.insert("publicIPAddress".to_owned(), json!({ "id": id })),
            None => members.remove("publicIPAddress"),
        };
    }
    nic
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(service: &str, node: &str) -> NodeKey {
        NodeKey {
            service: service.to_owned(),
            node: node.to_owned(),
        }
    }

    #[test]
    fn the_tag_of_an_interface_contains_its_node() {
        let made = body(&key("pg-1", "n1"), "westeurope", "/subnet", None);
        assert_eq!(key_of(&made), Some(key("pg-1", "n1")));
        assert_eq!(key_of(&json!({ "tags": {} })), None);
        assert_eq!(public_ip(&made), None);
        let with = with_public_ip(&made, Some("/ip"));
        assert_eq!(public_ip(&with), Some("/ip"));
        assert_eq!(with_public_ip(&with, None), made);
    }

    #[test]
    fn names_are_short_and_differ() {
        assert_eq!(name(&key("pg-1", "n1")), "pg-1.n1");
        let (one, other) = (
            key(&"s".repeat(43), &"n".repeat(60)),
            key(&"s".repeat(43), &"n".repeat(61)),
        );
        assert_ne!(name(&one), name(&other));
        assert_eq!(name(&one).len(), NAME_MAX);
    }
}
