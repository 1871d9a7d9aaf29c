//! Instance of a node: its name and request body.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::node_key::{NodeKey, OWNERSHIP_TAG, hash};
use crate::google::path_of;

/// Most zones of a region that instances are spread over: every region has three.
pub(super) const ZONES: usize = 3;

/// Readable part of a name: 63 characters (RFC 1035 label) less `vm-`, `-` and 16 hexadecimal
/// digits.
const READABLE: usize = 63 - 3 - 1 - 16;

/// Name of an instance. Names are unique in a zone of the provider's project, which contains
/// services of many project VPCs; the hash distinguishes them.
pub(super) fn name(vpc: &str, key: &NodeKey) -> String {
    let fits = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_lowercase() || c.is_ascii_digit() => c,
        _ => '-',
    };
    let readable = format!("{}-{}", key.service, key.node);
    let readable: String = readable.chars().map(fits).take(READABLE).collect();
    format!("vm-{readable}-{}", hash(&ownership_tag(vpc, key)))
}

/// Body of the request that creates an instance.
pub(super) fn body(vpc: &str, key: &NodeKey, zone: &str, subnet: &str) -> Value {
    json!({
        "name": name(vpc, key),
        "description": ownership_tag(vpc, key),
        "machineType": format!("zones/{zone}/machineTypes/e2-micro"),
        "networkInterfaces": [{ "subnetwork": subnet }],
    })
}

/// Node of an instance; `None` if the provisioner did not create it for that VPC.
pub(super) fn key_of(instance: &Value, vpc: &str) -> Option<NodeKey> {
    let description = instance.get("description")?.as_str()?;
    let rest = description.strip_prefix(OWNERSHIP_TAG)?.strip_prefix(' ')?;
    let (of, key) = rest.split_once('/')?;
    (of == vpc).then(|| NodeKey::parse(key)).flatten()
}

/// Path of an instance.
pub(super) fn path(instance: &Value) -> Option<&str> {
    Some(path_of(instance.get("selfLink")?.as_str()?))
}

/// Zone for one more instance: the first one with the fewest instances of the service.
pub(super) fn zone_for<'a>(
    zones: &'a [String],
    service: &str,
    existing: &BTreeMap<NodeKey, String>,
) -> Option<&'a str> {
    let taken = |zone: &str| {
        let infix = format!("/zones/{zone}/");
        let of_service = existing.iter().filter(|(key, _)| key.service == service);
        of_service.filter(|(_, path)| path.contains(&infix)).count()
    };
    let zones = zones.iter().map(String::as_str);
    zones.min_by_key(|zone| taken(zone))
}

fn ownership_tag(vpc: &str, key: &NodeKey) -> String {
    format!("{OWNERSHIP_TAG} {vpc}/{key}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::google::is_name;

    fn key(service: &str, node: &str) -> NodeKey {
        NodeKey {
            service: service.to_owned(),
            node: node.to_owned(),
        }
    }

    #[test]
    fn the_description_of_an_instance_contains_its_node() {
        let made = body("vpc-1", &key("pg-1", "n1"), "r-b", "/subnet");
        assert_eq!(key_of(&made, "vpc-1"), Some(key("pg-1", "n1")));
        assert_eq!(key_of(&made, "vpc-2"), None);
        assert_eq!(key_of(&json!({ "description": "mine" }), "vpc-1"), None);
        assert_eq!(key_of(&json!({}), "vpc-1"), None);
    }

    #[test]
    fn names_are_labels_and_differ() {
        let long = key(&"s".repeat(60), &"n".repeat(60));
        for key in [key("pg-1", "n1"), key("Pg_1", "n.1"), long] {
            let name = name("vpc-1", &key);
            assert!(is_name(&name), "{name}");
        }
        let key = key("pg-1", "n1");
        assert_ne!(name("vpc-1", &key), name("vpc-2", &key));
    }

    #[test]
    fn nodes_are_spread_over_zones() {
        let zones = ["r-b", "r-c", "r-d"].map(str::to_owned);
        let mut existing = BTreeMap::new();
        let mut given = Vec::new();
        for node in ["n1", "n2", "n3", "n4"] {
            let zone = zone_for(&zones, "pg-1", &existing).unwrap();
            existing.insert(
                key("pg-1", node),
                format!("projects/p/zones/{zone}/instances/{node}"),
            );
            given.push(zone);
        }
        assert_eq!(given, ["r-b", "r-c", "r-d", "r-b"]);
        assert_eq!(zone_for(&zones, "pg-2", &existing), Some("r-b"));
        assert_eq!(zone_for(&[], "pg-1", &existing), None);
    }
}
