//! Network security groups.

use serde_json::{Value, json};

use super::fixture::*;

const GROUP: &str = "networkSecurityGroups/nsg";

fn rule(name: &str, priority: u64, direction: &str) -> Value {
    json!({ "name": name, "properties": {
        "protocol": "Tcp", "access": "Allow", "direction": direction, "priority": priority,
        "sourceAddressPrefix": "*", "sourcePortRange": "*",
        "destinationAddressPrefix": "*", "destinationPortRange": "5432",
    } })
}

fn group_of(rules: &[Value]) -> Value {
    json!({ "location": "westeurope", "properties": { "securityRules": rules } })
}

#[test]
fn a_group_shows_its_rules_the_default_ones_and_its_users() {
    let mut fixture = Fixture::new();
    let rules = [rule("in", 100, "Inbound"), rule("out", 100, "Outbound")];
    let shown = fixture.made(&ours(GROUP), group_of(&rules));
    let first = &shown["properties"]["securityRules"][0];
    assert_eq!(first["id"], ours(&format!("{GROUP}/securityRules/in")));
    assert_eq!(
        first["type"],
        "Microsoft.Network/networkSecurityGroups/securityRules"
    );
    let defaults = shown["properties"]["defaultSecurityRules"]
        .as_array()
        .unwrap();
    assert_eq!(defaults.len(), 6);
    assert_eq!(shown["properties"].get("subnets"), None);
    let read = fixture.seen(&ours(&format!("{GROUP}/securityRules/in")));
    assert_eq!(&read, first);

    let nodes = ours("virtualNetworks/v/subnets/nodes");
    let mut subnet = fixture.seen(&nodes);
    subnet["properties"]["networkSecurityGroup"] = json!({ "id": ours(GROUP) });
    fixture.made(&nodes, subnet.clone());
    let mut nic = interface(&[]);
    nic["properties"]["networkSecurityGroup"] = json!({ "id": ours(GROUP) });
    fixture.made(&ours("networkInterfaces/n1"), nic);
    let shown = fixture.seen(&ours(GROUP));
    assert_eq!(shown["properties"]["subnets"], json!([{ "id": nodes }]));
    let users = json!([{ "id": ours("networkInterfaces/n1") }]);
    assert_eq!(shown["properties"]["networkInterfaces"], users);
    // A client sends back what it has read.
    assert_eq!(fixture.put(&ours(GROUP), shown).status, 200);

    let refused = fixture.delete(&ours(GROUP));
    let expected = (400, "InUseNetworkSecurityGroupCannotBeDeleted".to_owned());
    assert_eq!(refusal(&refused), expected);
    fixture.delete(&ours("networkInterfaces/n1"));
    subnet["properties"]
        .as_object_mut()
        .unwrap()
        .remove("networkSecurityGroup");
    fixture.made(&nodes, subnet);
    fixture.delete(&ours(GROUP));
    assert_eq!(fixture.get(&ours(GROUP)).status, 404);
}

#[test]
fn rules_are_checked() {
    let mut fixture = Fixture::new();
    let with = |pointer: &str, value: Value| {
        let mut rule = rule("a", 100, "Inbound");
        rule["properties"][pointer] = value;
        rule
    };
    let mut incomplete = rule("a", 100, "Inbound");
    incomplete["properties"]
        .as_object_mut()
        .unwrap()
        .remove("sourcePortRange");
    for (rules, code) in [
        (
            vec![rule("a", 100, "Inbound"), rule("b", 100, "inbound")],
            "SecurityRuleConflict",
        ),
        (
            vec![rule("a", 99, "Inbound")],
            "SecurityRuleInvalidPriority",
        ),
        (
            vec![rule("a", 4097, "Inbound")],
            "SecurityRuleInvalidPriority",
        ),
        (
            vec![with("destinationPortRange", json!("any"))],
            "SecurityRuleInvalidPortRange",
        ),
        (
            vec![with("sourcePortRanges", json!(["2-1"]))],
            "SecurityRuleInvalidPortRange",
        ),
        (vec![incomplete], "SecurityRuleIncomplete"),
        (vec![with("access", json!("Maybe"))], "InvalidRequestFormat"),
        (
            vec![rule("a", 100, "Inbound"), rule("A", 101, "Inbound")],
            "DuplicateResourceName",
        ),
    ] {
        assert_eq!(
            fixture.refused(&ours(GROUP), group_of(&rules)),
            (400, code.to_owned())
        );
    }
}

#[test]
fn a_missing_group_is_not_referred_to() {
    let mut fixture = Fixture::new();
    let nodes = ours("virtualNetworks/v/subnets/nodes");
    let mut subnet = fixture.seen(&nodes);
    subnet["properties"]["networkSecurityGroup"] = json!({ "id": ours(GROUP) });
    let expected = (400, "InvalidResourceReference".to_owned());
    assert_eq!(fixture.refused(&nodes, subnet), expected);
    let network = ours("virtualNetworks/v");
    let mut body = fixture.seen(&network);
    body["properties"]["subnets"][0]["properties"]["networkSecurityGroup"] =
        json!({ "id": ours(GROUP) });
    assert_eq!(fixture.refused(&network, body), expected);
    let mut nic = interface(&[]);
    nic["properties"]["networkSecurityGroup"] = json!({ "id": ours(GROUP) });
    assert_eq!(
        fixture.refused(&ours("networkInterfaces/n1"), nic),
        expected
    );
}

#[test]
fn the_tags_of_a_group_are_updated() {
    let mut fixture = Fixture::new();
    fixture.made(&ours(GROUP), group_of(&[]));
    let body = json!({ "tags": { "a": "b" } });
    let reply = fixture
        .by(provider())
        .send("PATCH", &ours(GROUP), Some(body));
    assert_eq!(reply.status, 200);
    assert_eq!(fixture.seen(&ours(GROUP))["tags"], json!({ "a": "b" }));
}
