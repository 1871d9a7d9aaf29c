//! The stored form and the build order of parts and specs.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;

fn azure() -> Vec<(Part, &'static str)> {
    vec![
        (Part::Azure(AzurePart::Group), "group"),
        (Part::Network, "network"),
        (Part::Azure(AzurePart::NatPolicy), "nat-policy"),
        (Part::Azure(AzurePart::Address), "address"),
        (Part::Azure(AzurePart::Balancer), "balancer"),
        (
            Part::Azure(AzurePart::Member("/subscriptions/a:b/nic".to_owned())),
            "member:/subscriptions/a:b/nic",
        ),
        (Part::Attachment, "attachment"),
        (admission(), "admission:plc000000000007"),
    ]
}

fn google() -> Vec<(Part, &'static str)> {
    let zone = || "europe-west1-b".to_owned();
    vec![
        (Part::Network, "network"),
        (Part::Google(GooglePart::Subnet), "subnet"),
        (Part::Google(GooglePart::Probes), "probes"),
        (
            Part::Google(GooglePart::NatSubnet("172.24.0.16/28".parse().unwrap())),
            "nat-subnet:172.24.0.16/28",
        ),
        (Part::Google(GooglePart::Deny), "deny"),
        (Part::Google(GooglePart::Allow), "allow"),
        (Part::Google(GooglePart::HealthCheck), "health-check"),
        (
            Part::Google(GooglePart::EndpointGroup(zone())),
            "endpoint-group:europe-west1-b",
        ),
        (
            Part::Google(GooglePart::Endpoints(zone())),
            "endpoints:europe-west1-b",
        ),
        (Part::Google(GooglePart::BackendService), "backend-service"),
        (Part::Google(GooglePart::ForwardingRule), "forwarding-rule"),
        (Part::Attachment, "attachment"),
        (admission(), "admission:plc000000000007"),
    ]
}

fn admission() -> Part {
    Part::Admission(ConnectionId::from_bits(7))
}

/// The literals are those of the first version that stored parts.
#[test]
fn parts_round_trip_through_text() {
    for (part, text) in azure().into_iter().chain(google()) {
        assert_eq!(part.to_string(), text);
        assert_eq!(text.parse::<Part>().unwrap(), part);
        assert_eq!(serde_json::to_value(&part).unwrap(), json!(text));
        assert_eq!(serde_json::from_value::<Part>(json!(text)).unwrap(), part);
    }
    for unknown in ["admission:nonsense", "nat-subnet:nonsense", "nonsense", ""] {
        assert!(unknown.parse::<Part>().is_err(), "{unknown}");
    }
}

#[test]
fn parts_are_ordered_as_they_are_built() {
    for parts in [azure(), google()] {
        let parts: Vec<_> = parts.into_iter().map(|(part, _)| part).collect();
        let sorted: Vec<_> = BTreeSet::from_iter(parts.clone()).into_iter().collect();
        assert_eq!(sorted, parts);
    }
}

#[test]
fn what_a_part_needs_comes_before_it() {
    let needs = |parts: Vec<(Part, &'static str)>| {
        let mut needs = Vec::new();
        for (part, text) in &parts {
            for (other, needed) in &parts {
                assert!(!part.needs(other) || other < part, "{part} needs {other}");
                if part.needs(other) {
                    needs.push((
                        text.split(':').next().unwrap(),
                        needed.split(':').next().unwrap(),
                    ));
                }
            }
        }
        needs
    };
    assert_eq!(
        needs(azure()),
        [
            ("network", "group"),
            ("nat-policy", "network"),
            ("member", "balancer"),
            ("attachment", "balancer"),
            ("admission", "attachment"),
        ]
    );
    assert_eq!(
        needs(google()),
        [
            ("subnet", "network"),
            ("probes", "network"),
            ("deny", "nat-subnet"),
            ("allow", "nat-subnet"),
            ("endpoints", "endpoint-group"),
            ("backend-service", "health-check"),
            ("backend-service", "endpoint-group"),
            ("forwarding-rule", "backend-service"),
            ("attachment", "nat-subnet"),
            ("attachment", "deny"),
            ("attachment", "forwarding-rule"),
            ("admission", "attachment"),
        ]
    );
    let other_zone = Part::Google(GooglePart::EndpointGroup("europe-west1-c".to_owned()));
    let endpoints = Part::Google(GooglePart::Endpoints("europe-west1-b".to_owned()));
    assert!(!endpoints.needs(&other_zone));
}

#[test]
fn guarded_are_the_parts_that_have_a_version() {
    let guarded: BTreeSet<_> = azure()
        .into_iter()
        .chain(google())
        .filter(|(part, _)| part.is_guarded())
        .map(|(_, text)| text)
        .collect();
    assert_eq!(
        guarded,
        BTreeSet::from(["attachment", "backend-service", "balancer"])
    );
}

/// The literals are those of the first version that stored specs.
#[test]
#[expect(clippy::too_many_lines, reason = "one entry for each stored form")]
fn specs_keep_their_stored_form() {
    let range = || "172.24.0.0/28".parse().unwrap();
    let rule = |node: Option<&str>| Rule {
        name: "pg".to_owned(),
        link_port: 1,
        backend_port: 5432,
        node: node.map(|node| node.parse().unwrap()),
    };
    let stored = [
        (Spec::Present, json!("present")),
        (
            Spec::Admission(Admission::NeedsAttention),
            json!({"admission": "needs-attention"}),
        ),
        (
            Spec::Admission(Admission::Pending),
            json!({"admission": "pending"}),
        ),
        (
            Spec::Admission(Admission::Approved),
            json!({"admission": "approved"}),
        ),
        (
            Spec::Admission(Admission::Rejected),
            json!({"admission": "rejected"}),
        ),
        (
            Spec::Admission(Admission::Disconnected),
            json!({"admission": "disconnected"}),
        ),
        (
            Spec::Azure(AzureSpec::Network { cidr: range() }),
            json!({"network": {"cidr": "172.24.0.0/28"}}),
        ),
        (
            Spec::Azure(AzureSpec::Balancer {
                rules: BTreeSet::from([rule(None)]),
                pools: BTreeSet::new(),
            }),
            json!({"balancer": {"rules": [{"name": "pg", "link_port": 1, "backend_port": 5432}]}}),
        ),
        (
            Spec::Azure(AzureSpec::Balancer {
                rules: BTreeSet::from([rule(Some("kafka-1"))]),
                pools: BTreeSet::from(["kafka-1".parse().unwrap()]),
            }),
            json!({"balancer": {
                "rules": [{"name": "pg", "link_port": 1, "backend_port": 5432, "node": "kafka-1"}],
                "pools": ["kafka-1"],
            }}),
        ),
        (
            Spec::Azure(AzureSpec::Member {
                pools: BTreeSet::from(["kafka-1".parse().unwrap()]),
            }),
            json!({"member": {"pools": ["kafka-1"]}}),
        ),
        (
            Spec::Azure(AzureSpec::Attachment {
                visibility: BTreeSet::from(["00000000-0000-0000-0000-000000000001"
                    .parse()
                    .unwrap()]),
            }),
            json!({"attachment": {"visibility": ["00000000-0000-0000-0000-000000000001"]}}),
        ),
        (
            Spec::Google(GoogleSpec::Subnet { cidr: range() }),
            json!({"subnet": {"cidr": "172.24.0.0/28"}}),
        ),
        (
            Spec::Google(GoogleSpec::Firewall {
                sources: BTreeSet::from([range()]),
                ports: BTreeSet::from([5432]),
            }),
            json!({"firewall": {"sources": ["172.24.0.0/28"], "ports": [5432]}}),
        ),
        (
            Spec::Google(GoogleSpec::HealthCheck { port: 5432 }),
            json!({"health-check": {"port": 5432}}),
        ),
        (
            Spec::Google(GoogleSpec::Endpoints {
                instances: BTreeSet::from(["projects/p".to_owned()]),
            }),
            json!({"endpoints": {"instances": ["projects/p"]}}),
        ),
        (
            Spec::Google(GoogleSpec::EndpointCount(3)),
            json!({"endpoint-count": 3}),
        ),
        (
            Spec::Google(GoogleSpec::BackendService {
                zones: BTreeSet::from(["europe-west1-b".to_owned()]),
            }),
            json!({"backend-service": {"zones": ["europe-west1-b"]}}),
        ),
        (
            Spec::Google(GoogleSpec::ServiceAttachment {
                nat: BTreeSet::from([range()]),
                accept: BTreeSet::from(["a".to_owned()]),
                reject: BTreeSet::from(["b".to_owned()]),
            }),
            json!({"service-attachment": {
                "nat": ["172.24.0.0/28"], "accept": ["a"], "reject": ["b"],
            }}),
        ),
    ];
    for (spec, json) in stored {
        assert_eq!(serde_json::to_value(&spec).unwrap(), json);
        assert_eq!(
            serde_json::from_str::<Spec>(&json.to_string()).unwrap(),
            spec
        );
    }
    let unknown = json!({"gateway": {}});
    assert!(serde_json::from_value::<Spec>(unknown).is_err());
}

/// Parts are found as keys of stored documents as well.
#[test]
fn an_observation_keeps_its_stored_form() {
    let stored = json!({
        "parts": {
            "balancer": {
                "phase": "making",
                "since": "2026-01-01T00:00:00Z",
                "check_after": "2026-01-01T00:00:02Z",
                "operation": "op",
                "doing": "put",
                "last": {"spec": {"balancer": {"rules": []}}, "tag": "t", "facts": {"id": "i"}},
            },
            "member:nic": {"phase": "ready", "last": {"spec": "present", "facts": {}}},
            "attachment": {"phase": "unknown", "since": "2026-01-01T00:00:00Z"},
        },
        "troubles": {},
        "generation": 2,
        "ordinals": 1,
    });
    let observed: Observed = serde_json::from_value(stored.clone()).unwrap();
    let parts: Vec<_> = observed.parts.keys().map(ToString::to_string).collect();
    assert_eq!(parts, ["balancer", "member:nic", "attachment"]);
    assert_eq!(serde_json::to_value(&observed).unwrap(), stored);
}
