use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

fn created(fixture: &mut Fixture, name: &str, changes: Value) {
    let body = with_members(allow(name, &["5432"]), changes);
    fixture.created(&global("firewalls"), body);
}

/// The ports that the endpoint listens on, each with the rule that allows it.
fn open(fixture: &Fixture) -> Vec<(u16, String)> {
    let bindings = fixture.google.bindings();
    bindings
        .iter()
        .map(|it| (it.listen.port(), it.rule.clone()))
        .collect()
}

fn ports(fixture: &Fixture) -> Vec<u16> {
    open(fixture).into_iter().map(|(port, _)| port).collect()
}

const NONE: [u16; 0] = [];

#[test]
fn no_port_is_open_without_a_rule() {
    let mut fixture = Fixture::new().with_accepted();
    fixture.deleted(&global("firewalls/allow"));
    assert_eq!(ports(&fixture), NONE);
    created(&mut fixture, "again", json!({}));
    assert_eq!(open(&fixture), [(5432, "again".to_owned())]);
}

#[test]
fn a_rule_overrides_those_of_greater_priority_numbers() {
    let mut fixture = Fixture::new().with_accepted();
    let deny = json!([{ "IPProtocol": "tcp" }]);
    for (priority, open) in [(901, true), (900, false), (899, false)] {
        let changes = json!({ "priority": priority, "allowed": [], "denied": deny });
        created(&mut fixture, "deny", changes);
        assert_eq!(ports(&fixture).len(), usize::from(open), "{priority}");
        fixture.deleted(&global("firewalls/deny"));
    }
    assert_eq!(ports(&fixture), [5432]);
}

#[test]
fn a_deny_rule_may_name_one_port() {
    let mut fixture = Fixture::new().with_accepted();
    let allowed = json!([{ "IPProtocol": "tcp", "ports": ["5432-5434", "6432"] }]);
    fixture.updated(&global("firewalls/allow"), json!({ "allowed": allowed }));
    assert_eq!(ports(&fixture), [5432, 5433, 5434, 6432]);
    let denied = json!([{ "IPProtocol": "tcp", "ports": ["5433"] }]);
    created(
        &mut fixture,
        "deny",
        json!({ "priority": 1, "allowed": [], "denied": denied }),
    );
    assert_eq!(ports(&fixture), [5432, 5434, 6432]);
}

#[test]
fn a_rule_applies_if_all_of_its_conditions_match() {
    let mut fixture = Fixture::new().with_accepted();
    fixture.deleted(&global("firewalls/allow"));
    let network = json!({ "name": "net2", "autoCreateSubnetworks": false });
    fixture.created(&global("networks"), network);
    let udp = json!([{ "IPProtocol": "udp", "ports": ["5432"] }]);
    for (changes, open) in [
        (json!({ "sourceRanges": ["172.24.0.0/16"] }), true),
        (
            json!({ "sourceRanges": ["10.0.0.0/8", "172.24.0.0/28"] }),
            true,
        ),
        (json!({ "sourceRanges": ["172.24.0.0/29"] }), false),
        (json!({ "sourceRanges": ["10.0.0.0/8"] }), false),
        (json!({ "sourceRanges": [] }), true),
        (json!({ "sourceRanges": [], "sourceTags": ["a"] }), false),
        (json!({ "disabled": true }), false),
        (json!({ "direction": "EGRESS", "sourceRanges": [] }), false),
        (json!({ "network": "global/networks/net2" }), false),
        (json!({ "targetTags": ["gateway"] }), false),
        (json!({ "targetServiceAccounts": ["a@b"] }), false),
        (json!({ "destinationRanges": ["10.0.0.3"] }), true),
        (json!({ "destinationRanges": ["10.0.0.4/32"] }), false),
        (json!({ "allowed": udp }), false),
        (
            json!({ "allowed": [{ "IPProtocol": "6", "ports": ["5432"] }] }),
            true,
        ),
    ] {
        created(&mut fixture, "rule", changes.clone());
        assert_eq!(ports(&fixture).len(), usize::from(open), "{changes}");
        fixture.deleted(&global("firewalls/rule"));
    }
}

#[test]
fn a_rule_with_target_tags_opens_the_instances_with_one() {
    let mut fixture = Fixture::new().with_accepted();
    let mut tagged = instance("n2");
    tagged["tags"] = json!({ "items": ["gateway", "other"] });
    fixture.created(&zonal("instances"), tagged);
    fixture.google.map_host(crate::google::model::HostMapping {
        instance: zonal("instances/n2"),
        host: "127.0.0.2".parse().unwrap(),
    });
    fixture.performed(
        &zonal("networkEndpointGroups/neg/attachNetworkEndpoints"),
        json!({ "networkEndpoints": [{ "instance": "n2" }] }),
    );
    assert_eq!(fixture.google.bindings()[0].backends.len(), 2);
    fixture.updated(
        &global("firewalls/allow"),
        json!({ "targetTags": ["gateway"] }),
    );
    let expected = ["127.0.0.2:5432".parse().unwrap()];
    assert_eq!(fixture.google.bindings()[0].backends, expected);
    fixture.updated(
        &global("firewalls/allow"),
        json!({ "targetTags": ["none"] }),
    );
    assert_eq!(ports(&fixture), NONE);
}

#[test]
fn disabling_a_rule_closes_its_ports_when_the_operation_completes() {
    let mut fixture = Fixture::slow().with_accepted();
    operation(&fixture.change(&global("firewalls/allow"), json!({ "disabled": true })));
    assert_eq!(ports(&fixture), [5432]);
    fixture.advance(DELAY);
    assert_eq!(ports(&fixture), NONE);
}

#[test]
fn a_rule_is_completed() {
    let mut fixture = Fixture::new();
    let body = json!({
        "name": "rule", "network": "global/networks/net",
        "allowed": [{ "IPProtocol": "tcp" }],
    });
    let shown = fixture.created(&global("firewalls"), body);
    assert_eq!(shown["direction"], "INGRESS");
    assert_eq!(shown["priority"], 1000);
    assert_eq!(shown["disabled"], false);
    assert_eq!(shown["sourceRanges"], json!(["0.0.0.0/0"]));
    let shown = fixture.updated(
        &global("firewalls/rule"),
        json!({ "sourceRanges": ["10.0.0.7"] }),
    );
    assert_eq!(shown["sourceRanges"], json!(["10.0.0.7/32"]));
}

#[test]
fn a_rule_has_one_action_and_valid_ports_and_ranges() {
    let mut fixture = Fixture::new();
    let load_balancer = json!([{ "IPProtocol": "tcp" }]);
    let of = |ports: Value| json!({ "allowed": [{ "IPProtocol": "tcp", "ports": ports }] });
    for (changes, reason) in [
        (json!({ "allowed": [] }), "required"),
        (json!({ "denied": load_balancer }), "invalid"),
        (json!({ "allowed": [{ "ports": ["1"] }] }), "required"),
        (
            json!({ "allowed": [{ "IPProtocol": "icmp", "ports": ["1"] }] }),
            "invalid",
        ),
        (of(json!(["2-1"])), "invalid"),
        (of(json!(["65536"])), "invalid"),
        (of(json!(["-1"])), "invalid"),
        (of(json!([""])), "invalid"),
        (of(json!([5432])), "invalid"),
        (json!({ "priority": 65536 }), "invalid"),
        (json!({ "priority": -1 }), "invalid"),
        (json!({ "direction": "INBOUND" }), "invalid"),
        (json!({ "sourceRanges": ["10.0.0.1/8"] }), "invalid"),
        (json!({ "sourceRanges": ["all"] }), "invalid"),
        (
            json!({ "sourceRanges": vec!["10.0.0.0/8"; 5001] }),
            "invalid",
        ),
        (json!({ "direction": "EGRESS" }), "invalid"),
        (json!({ "network": "global/networks/none" }), "notFound"),
    ] {
        let body = with_members(allow("rule", &["1"]), changes.clone());
        let refused = fixture.refused(&global("firewalls"), body);
        assert_eq!(refused.1, reason, "{changes:.200}");
    }
}

#[test]
fn network_and_direction_of_a_rule_are_immutable() {
    let mut fixture = Fixture::new();
    created(&mut fixture, "rule", json!({}));
    let network = json!({ "name": "net2", "autoCreateSubnetworks": false });
    fixture.created(&global("networks"), network);
    for change in [
        json!({ "network": "global/networks/net2" }),
        json!({ "direction": "EGRESS", "sourceRanges": [] }),
    ] {
        let reply = fixture.change(&global("firewalls/rule"), change.clone());
        assert_eq!(refusal(&reply), invalid(), "{change}");
    }
}
