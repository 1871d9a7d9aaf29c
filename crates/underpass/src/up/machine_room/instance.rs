//! An instance as the machine room makes it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::node_key::{MARK, NodeKey, hash};
use crate::google::path_of;

/// How many zones of a region instances are spread over at most: every region has three.
pub(super) const ZONES: usize = 3;

/// Readable part of a name: 63 characters (RFC 1035 label) less `vm-`, `-` and 16 hexadecimal
/// digits.
const READABLE: usize = 63 - 3 - 1 - 16;

/// An instance's name. Names are unique in a zone of the provider's project, where services of
/// many project VPCs meet: the hash tells them apart.
pub(super) fn name(vpc: &str, key: &NodeKey) -> String {
    let fits = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_lowercase() || c.is_ascii_digit() => c,
        _ => '-',
    };
    let readable = format!("{}-{}", key.service, key.node);
    let readable: String = readable.chars().map(fits).take(READABLE).collect();
    format!("vm-{readable}-{}", hash(&mark(vpc, key)))
}

/// The body that makes an instance.
pub(super) fn body(vpc: &str, key: &NodeKey, zone: &str, subnet: &str) -> Value {
    json!({
        "name": name(vpc, key),
        "description": mark(vpc, key),
        "machineType": format!("zones/{zone}/machineTypes/e2-micro"),
        "networkInterfaces": [{ "subnetwork": subnet }],
    })
}

/// For which node an instance was made; none if not by us for that VPC.
pub(super) fn key_of(instance: &Value, vpc: &str) -> Option<NodeKey> {
    let description = instance.get("description")?.as_str()?;
    let rest = description.strip_prefix(MARK)?.strip_prefix(' ')?;
    let (of, key) = rest.split_once('/')?;
    (of == vpc).then(|| NodeKey::parse(key)).flatten()
}

/// The path of an instance.
pub(super) fn path(instance: &Value) -> Option<&str> {
    Some(path_of(instance.get("selfLink")?.as_str()?))
}

/// The zone for one more instance: the one with the fewest of the service, the first of those.
pub(super) fn zone_for<'a>(
    zones: &'a [String],
    service: &str,
    there: &BTreeMap<NodeKey, String>,
) -> Option<&'a str> {
    let taken = |zone: &str| {
        let infix = format!("/zones/{zone}/");
        let of_service = there.iter().filter(|(key, _)| key.service == service);
        of_service.filter(|(_, path)| path.contains(&infix)).count()
    };
    let zones = zones.iter().map(String::as_str);
    zones.min_by_key(|zone| taken(zone))
}

fn mark(vpc: &str, key: &NodeKey) -> String {
    format!("{MARK} {vpc}/{key}")
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
    fn an_instance_tells_its_node() {
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
        let mut there = BTreeMap::new();
        let mut given = Vec::new();
        for node in ["n1", "n2", "n3", "n4"] {
            let zone = zone_for(&zones, "pg-1", &there).unwrap();
            there.insert(
                key("pg-1", node),
                format!("projects/p/zones/{zone}/instances/{node}"),
            );
            given.push(zone);
        }
        assert_eq!(given, ["r-b", "r-c", "r-d", "r-b"]);
        assert_eq!(zone_for(&zones, "pg-2", &there), Some("r-b"));
        assert_eq!(zone_for(&[], "pg-1", &there), None);
    }
}
