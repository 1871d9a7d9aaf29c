use std::collections::BTreeSet;

use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::part::{Part, Spec};
use underpass_model::reconcile::{Outcome, Step};

use super::world::{
    GLOBAL, REGION, ZONE, absent, done, link, now, ours, outcome, perform, put, ranges, refused,
    running, site, texts,
};
use crate::script::{Script, json as reply};
use crate::world::ready;

const NODE: &str = "projects/acme/zones/europe-west1-b/instances/n1";
const OTHER: &str = "projects/acme/zones/europe-west1-b/instances/n2";

fn network() -> String {
    link(&format!("{GLOBAL}/networks/underpass-vpc-1"))
}

fn firewall(ports: &[u16]) -> Spec {
    Spec::Firewall {
        sources: ranges(&["172.24.0.0/28"]),
        ports: ports.iter().copied().collect(),
    }
}

fn allow_rule(ports: &[&str]) -> Value {
    let members = json!({
        "network": network(), "direction": "INGRESS", "priority": 900, "disabled": false,
        "sourceRanges": ["172.24.0.0/28"], "allowed": [{"IPProtocol": "tcp", "ports": ports}],
    });
    ours("up-s0a1b2c3d4e5-allow", members)
}

#[test]
fn a_part_is_made_by_one_write_and_then_read() {
    let cases: Vec<(Part, Spec, String, Value, Value)> = vec![
        (
            Part::NatSubnet("172.24.0.0/28".parse().unwrap()),
            Spec::Present,
            format!("{REGION}/subnetworks"),
            json!({"name": "up-s0a1b2c3d4e5-nat-172-24-0-0-28", "network": network(),
                "ipCidrRange": "172.24.0.0/28", "purpose": "PRIVATE_SERVICE_CONNECT"}),
            json!({}),
        ),
        (
            Part::Deny,
            firewall(&[]),
            format!("{GLOBAL}/firewalls"),
            json!({"name": "up-s0a1b2c3d4e5-deny", "network": network(), "direction": "INGRESS",
                "priority": 901, "disabled": false, "sourceRanges": ["172.24.0.0/28"],
                "denied": [{"IPProtocol": "all"}]}),
            json!({}),
        ),
        (
            Part::Allow,
            firewall(&[5432, 6432]),
            format!("{GLOBAL}/firewalls"),
            json!({"name": "up-s0a1b2c3d4e5-allow", "network": network(), "direction": "INGRESS",
                "priority": 900, "disabled": false, "sourceRanges": ["172.24.0.0/28"],
                "allowed": [{"IPProtocol": "tcp", "ports": ["5432", "6432"]}]}),
            json!({}),
        ),
        (
            Part::HealthCheck,
            Spec::HealthCheck { port: 5432 },
            format!("{REGION}/healthChecks"),
            json!({"name": "up-s0a1b2c3d4e5-hc", "type": "TCP",
                "tcpHealthCheck": {"portSpecification": "USE_FIXED_PORT", "port": 5432}}),
            json!({}),
        ),
        (
            Part::EndpointGroup("europe-west1-b".to_owned()),
            Spec::Present,
            format!("{ZONE}/networkEndpointGroups"),
            json!({"name": "up-s0a1b2c3d4e5-neg", "networkEndpointType": "GCE_VM_IP",
                "network": network(),
                "subnetwork": link(&format!("{REGION}/subnetworks/underpass-vpc-1-nodes"))}),
            json!({"size": 0}),
        ),
        (
            Part::BackendService,
            Spec::BackendService {
                zones: texts(&["europe-west1-b"]),
            },
            format!("{REGION}/backendServices"),
            json!({"name": "up-s0a1b2c3d4e5-bs", "loadBalancingScheme": "INTERNAL",
                "protocol": "TCP",
                "healthChecks": [link(&format!("{REGION}/healthChecks/up-s0a1b2c3d4e5-hc"))],
                "backends": [{"balancingMode": "CONNECTION",
                    "group": link(&format!("{ZONE}/networkEndpointGroups/up-s0a1b2c3d4e5-neg"))}]}),
            json!({}),
        ),
        (
            Part::ForwardingRule,
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
    let confirmed = ready(outcome(&script, &put(Part::Allow, firewall(&[5432]), None)));
    assert_eq!(confirmed.spec, firewall(&[5432]));
    assert!(script.writes().is_empty());
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let mut foreign = allow_rule(&["5432"]);
    foreign["description"] = json!("somebody's");
    for step in [
        put(Part::Allow, firewall(&[5432]), None),
        Step::Delete(Part::Allow),
        Step::Read(Part::Allow),
    ] {
        let script = Script::new();
        script.on("GET /up-s0a1b2c3d4e5-allow", reply(200, &foreign));
        let error = perform(&script, &step).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotOurs);
        assert!(script.writes().is_empty());
    }
}

#[test]
fn opening_a_port_is_one_patch_of_one_rule() {
    let script = Script::new();
    script
        .on(
            "GET /firewalls/up-s0a1b2c3d4e5-allow",
            reply(200, &allow_rule(&["5432"])),
        )
        .on("PATCH /firewalls/up-s0a1b2c3d4e5-allow", done())
        .on(
            "GET /firewalls/up-s0a1b2c3d4e5-allow",
            reply(200, &allow_rule(&["5432", "6432"])),
        );
    let confirmed = ready(outcome(
        &script,
        &put(Part::Allow, firewall(&[5432, 6432]), None),
    ));
    assert_eq!(confirmed.spec, firewall(&[5432, 6432]));
    assert_eq!(script.writes().len(), 1);
}

#[test]
fn a_rule_that_was_widened_shows_as_different() {
    let widened = [
        ("allowed", json!([{"IPProtocol": "tcp"}])),
        ("allowed", json!([{"IPProtocol": "all"}])),
        (
            "allowed",
            json!([{"IPProtocol": "tcp", "ports": ["1-65535"]}]),
        ),
        ("sourceRanges", json!(["0.0.0.0/0"])),
        ("priority", json!(0)),
        ("disabled", json!(true)),
        ("targetTags", json!(["web"])),
        (
            "network",
            json!(link("projects/acme/global/networks/other")),
        ),
    ];
    for (member, value) in widened {
        let mut rule = allow_rule(&["5432"]);
        rule[member] = value;
        let script = Script::new();
        script.on("GET /up-s0a1b2c3d4e5-allow", reply(200, &rule));
        let confirmed = ready(outcome(&script, &Step::Read(Part::Allow)));
        assert_ne!(confirmed.spec, firewall(&[5432]), "{member}");
    }
}

#[test]
fn a_write_that_does_not_take_is_an_error_so_that_pauses_grow() {
    let script = Script::new();
    script
        .on("GET /up-s0a1b2c3d4e5-allow", absent())
        .on("POST /firewalls", done())
        .on(
            "GET /up-s0a1b2c3d4e5-allow",
            reply(200, &allow_rule(&["1"])),
        );
    let error = perform(&script, &put(Part::Allow, firewall(&[5432]), None)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
}

fn group(endpoints: &[&str]) -> (Value, Value) {
    let items: Vec<_> = endpoints
        .iter()
        .map(|path| json!({"networkEndpoint": {"instance": link(path), "ipAddress": "10.1.0.4"}}))
        .collect();
    let group = ours("up-s0a1b2c3d4e5-neg", json!({"size": endpoints.len()}));
    (
        group,
        json!({"kind": "compute#networkEndpointGroupsListNetworkEndpoints", "items": items}),
    )
}

fn listed(script: &Script, endpoints: &[&str]) {
    let (group, list) = group(endpoints);
    script
        .on(
            "GET /networkEndpointGroups/up-s0a1b2c3d4e5-neg",
            reply(200, &group),
        )
        .on("POST /listNetworkEndpoints", reply(200, &list));
}

fn endpoints() -> Part {
    Part::Endpoints("europe-west1-b".to_owned())
}

fn machines(paths: &[&str]) -> Spec {
    Spec::Endpoints {
        instances: texts(paths),
    }
}

#[test]
fn machines_are_let_in_before_others_are_taken_out() {
    let script = Script::new();
    listed(&script, &[OTHER]);
    script.on("POST /attachNetworkEndpoints", done());
    listed(&script, &[OTHER, NODE]);
    let confirmed = ready(outcome(&script, &put(endpoints(), machines(&[NODE]), None)));
    assert_eq!(
        confirmed.spec,
        machines(&[NODE, OTHER]),
        "the loop puts it again"
    );

    let script = Script::new();
    listed(&script, &[OTHER, NODE]);
    script.on("POST /detachNetworkEndpoints", done());
    listed(&script, &[NODE]);
    let confirmed = ready(outcome(&script, &put(endpoints(), machines(&[NODE]), None)));
    assert_eq!(confirmed.spec, machines(&[NODE]));
    let sent = script
        .writes()
        .into_iter()
        .find(|asked| asked.line.contains("detach"))
        .unwrap();
    assert_eq!(
        sent.json(),
        json!({"networkEndpoints": [{"instance": link(OTHER)}]})
    );
}

#[test]
fn a_machine_that_is_not_there_is_named_with_what_to_do() {
    let script = Script::new();
    listed(&script, &[]);
    script.on("POST /attachNetworkEndpoints", absent());
    let error = perform(&script, &put(endpoints(), machines(&[NODE]), None)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Missing);
    assert!(error.remedy.unwrap().contains("google_instance"));
}

#[test]
fn an_empty_group_has_nobody_to_take_out() {
    for step in [Step::Delete(endpoints()), Step::Read(endpoints())] {
        let script = Script::new();
        listed(&script, &[]);
        assert_eq!(outcome(&script, &step), Outcome::Gone);
    }
    let script = Script::new();
    script.on("GET /networkEndpointGroups/up-s0a1b2c3d4e5-neg", absent());
    assert_eq!(outcome(&script, &Step::Delete(endpoints())), Outcome::Gone);
}

fn backend_service(zones: &[&str], fingerprint: &str) -> Value {
    let backends: Vec<_> = zones
        .iter()
        .map(|zone| {
            let path =
                format!("projects/acme/zones/{zone}/networkEndpointGroups/up-s0a1b2c3d4e5-neg");
            json!({"group": link(&path), "balancingMode": "CONNECTION"})
        })
        .collect();
    ours(
        "up-s0a1b2c3d4e5-bs",
        json!({"backends": backends, "fingerprint": fingerprint}),
    )
}

#[test]
fn zones_change_over_exactly_the_state_that_was_decided_on() {
    let spec = Spec::BackendService {
        zones: texts(&["europe-west1-b", "europe-west1-c"]),
    };
    let step = put(Part::BackendService, spec.clone(), Some("f1="));
    let script = Script::new();
    script.on(
        "GET /up-s0a1b2c3d4e5-bs",
        reply(200, &backend_service(&["europe-west1-b"], "f2=")),
    );
    assert_eq!(
        perform(&script, &step).unwrap_err().kind,
        ErrorKind::Conflict
    );

    let script = Script::new();
    script
        .on(
            "GET /up-s0a1b2c3d4e5-bs",
            reply(200, &backend_service(&["europe-west1-b"], "f1=")),
        )
        .on("PATCH /up-s0a1b2c3d4e5-bs", done())
        .on(
            "GET /up-s0a1b2c3d4e5-bs",
            reply(
                200,
                &backend_service(&["europe-west1-b", "europe-west1-c"], "f2="),
            ),
        );
    let confirmed = ready(outcome(&script, &step));
    assert_eq!(
        (confirmed.spec, confirmed.tag.as_deref()),
        (spec, Some("f2="))
    );
    assert_eq!(script.writes()[0].json()["fingerprint"], json!("f1="));
}

#[test]
fn a_removal_waits_for_what_still_uses_it() {
    let script = Script::new();
    let busy = "The resource is already being used by 'x'";
    script
        .on(
            "GET /up-s0a1b2c3d4e5-hc",
            reply(200, &ours("up-s0a1b2c3d4e5-hc", json!({}))),
        )
        .on(
            "DELETE /up-s0a1b2c3d4e5-hc",
            refused(400, "resourceInUseByAnotherResource", busy),
        );
    let error = perform(&script, &Step::Delete(Part::HealthCheck)).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Retry { after: Some(_) }));
    assert!(error.remedy.is_some());
}

#[test]
fn what_is_gone_needs_no_removal() {
    let script = Script::new();
    script.on("GET /up-s0a1b2c3d4e5-fr", absent());
    assert_eq!(
        outcome(&script, &Step::Delete(Part::ForwardingRule)),
        Outcome::Gone
    );
}

#[test]
fn parts_of_other_providers_are_refused() {
    for step in [
        Step::Read(Part::Balancer),
        Step::Delete(Part::Group),
        put(
            Part::Balancer,
            Spec::Balancer {
                rules: BTreeSet::new(),
            },
            None,
        ),
        put(Part::ForwardingRule, firewall(&[]), None),
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
    let part = Part::EndpointGroup("europe-west1-b".to_owned());
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
    assert_eq!(site().region, "europe-west1");
}
