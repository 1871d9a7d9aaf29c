use std::collections::BTreeSet;

use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::part::{AzurePart, AzureSpec, GooglePart, GoogleSpec, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};

use super::firewall::{allow_rule, firewall};
use super::world::{
    GLOBAL, REGION, ZONE, absent, at_rest, done, link, network, now, ours, outcome, perform, put,
    running, target, texts,
};
use crate::script::{Script, json as reply};
use crate::world::{found, ready};

#[test]
fn a_part_is_made_by_one_write_and_then_read() {
    let cases: Vec<(Part, Spec, String, Value, Value)> = vec![
        (
            Part::Google(GooglePart::NatSubnet("172.24.0.0/28".parse().unwrap())),
            Spec::Present,
            format!("{REGION}/subnetworks"),
            json!({"name": "up-s0a1b2c3d4e5-nat-172-24-0-0-28", "network": network(),
                "ipCidrRange": "172.24.0.0/28", "purpose": "PRIVATE_SERVICE_CONNECT"}),
            json!({}),
        ),
        (
            Part::Google(GooglePart::Deny),
            firewall(&[]),
            format!("{GLOBAL}/firewalls"),
            json!({"name": "up-s0a1b2c3d4e5-deny", "network": network(), "direction": "INGRESS",
                "priority": 901, "disabled": false, "sourceRanges": ["172.24.0.0/28"],
                "denied": [{"IPProtocol": "all"}]}),
            json!({}),
        ),
        (
            Part::Google(GooglePart::Allow),
            firewall(&[5432, 6432]),
            format!("{GLOBAL}/firewalls"),
            json!({"name": "up-s0a1b2c3d4e5-allow", "network": network(), "direction": "INGRESS",
                "priority": 900, "disabled": false, "sourceRanges": ["172.24.0.0/28"],
                "allowed": [{"IPProtocol": "tcp", "ports": ["5432", "6432"]}]}),
            json!({}),
        ),
        (
            Part::Google(GooglePart::HealthCheck),
            Spec::Google(GoogleSpec::HealthCheck { port: 5432 }),
            format!("{REGION}/healthChecks"),
            json!({"name": "up-s0a1b2c3d4e5-hc", "type": "TCP",
                "tcpHealthCheck": {"portSpecification": "USE_FIXED_PORT", "port": 5432}}),
            json!({}),
        ),
        (
            Part::Google(GooglePart::EndpointGroup("europe-west1-b".to_owned())),
            Spec::Present,
            format!("{ZONE}/networkEndpointGroups"),
            json!({"name": "up-s0a1b2c3d4e5-neg", "networkEndpointType": "GCE_VM_IP",
                "network": network(),
                "subnetwork": link(&format!("{REGION}/subnetworks/underpass-vpc-1-nodes"))}),
            json!({"size": 0}),
        ),
        (
            Part::Google(GooglePart::BackendService),
            Spec::Google(GoogleSpec::BackendService {
                zones: texts(&["europe-west1-b"]),
            }),
            format!("{REGION}/backendServices"),
            json!({"name": "up-s0a1b2c3d4e5-bs", "loadBalancingScheme": "INTERNAL",
                "protocol": "TCP",
                "healthChecks": [link(&format!("{REGION}/healthChecks/up-s0a1b2c3d4e5-hc"))],
                "backends": [{"balancingMode": "CONNECTION",
                    "group": link(&format!("{ZONE}/networkEndpointGroups/up-s0a1b2c3d4e5-neg"))}]}),
            json!({}),
        ),
        (
            Part::Google(GooglePart::ForwardingRule),
            Spec::Present,
            format!("{REGION}/forwardingRules"),
            json!({"name": "up-s0a1b2c3d4e5-fr", "loadBalancingScheme": "INTERNAL",
                "IPProtocol": "TCP", "allPorts": true, "allowGlobalAccess": true,
                "backendService": link(&format!("{REGION}/backendServices/up-s0a1b2c3d4e5-bs")),
                "network": network(),
                "subnetwork": link(&format!("{REGION}/subnetworks/underpass-vpc-1-nodes"))}),
            json!({"IPAddress": "10.1.0.9"}),
        ),
    ];
    for (part, spec, collection, body, output) in cases {
        let script = Script::new();
        let name = body["name"].as_str().unwrap().to_owned();
        let mut shown = ours(&name, body.clone());
        shown
            .as_object_mut()
            .unwrap()
            .extend(output.as_object().unwrap().clone());
        script
            .on(&format!("GET /compute/v1/{collection}/{name}"), absent())
            .on(&format!("POST /compute/v1/{collection}"), done())
            .on(
                &format!("GET /compute/v1/{collection}/{name}"),
                reply(200, &shown),
            );
        let confirmed = ready(outcome(&script, &put(part.clone(), spec.clone(), None)));
        assert_eq!(confirmed.spec, spec, "{part}");
        assert_eq!(confirmed.facts.id, Some(format!("{collection}/{name}")));
        let mut sent = script.writes()[0].json();
        assert_eq!(
            sent["description"], shown["description"],
            "{part} carries the mark"
        );
        sent.as_object_mut().unwrap().remove("description");
        assert_eq!(sent, body, "{part}");
    }
}

#[test]
fn what_a_crashed_attempt_made_is_taken_over() {
    let script = Script::new();
    script.on(
        "GET /up-s0a1b2c3d4e5-allow",
        reply(200, &allow_rule(&["5432"])),
    );
    let confirmed = found(outcome(
        &script,
        &put(Part::Google(GooglePart::Allow), firewall(&[5432]), None),
    ));
    assert_eq!(confirmed.spec, firewall(&[5432]));
    assert!(script.writes().is_empty());
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let mut foreign = allow_rule(&["5432"]);
    foreign["description"] = json!("foreign");
    for step in [
        put(Part::Google(GooglePart::Allow), firewall(&[5432]), None),
        Step::Delete(Part::Google(GooglePart::Allow)),
        Step::Read(Part::Google(GooglePart::Allow)),
    ] {
        let script = Script::new();
        at_rest(&script, &step);
        script.on("GET /up-s0a1b2c3d4e5-allow", reply(200, &foreign));
        let error = perform(&script, &step).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotOurs);
        assert!(script.writes().is_empty());
    }
}

#[test]
fn parts_of_other_providers_are_refused() {
    for step in [
        Step::Read(Part::Azure(AzurePart::Balancer)),
        Step::Delete(Part::Azure(AzurePart::Group)),
        put(
            Part::Azure(AzurePart::Balancer),
            Spec::Azure(AzureSpec::Balancer {
                rules: BTreeSet::new(),
                pools: BTreeSet::new(),
            }),
            None,
        ),
        put(
            Part::Google(GooglePart::ForwardingRule),
            firewall(&[]),
            None,
        ),
    ] {
        let error = perform(&Script::new(), &step).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
    }
}

#[test]
fn an_insert_under_way_is_asked_after_in_its_scope() {
    let script = Script::new();
    script
        .on("GET /up-s0a1b2c3d4e5-neg", absent())
        .on("POST /networkEndpointGroups", running());
    let part = Part::Google(GooglePart::EndpointGroup("europe-west1-b".to_owned()));
    let Outcome::Making {
        operation,
        check_after,
        ..
    } = outcome(&script, &put(part, Spec::Present, None))
    else {
        panic!("not under way");
    };
    assert_eq!(operation, Some(format!("{ZONE}/operations/operation-1")));
    assert!(check_after > now());
    assert_eq!(target().region, "europe-west1");
}
