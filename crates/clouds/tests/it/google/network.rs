use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::cloud_target::{CloudTarget, GooglePlacement, NetworkPlacement};
use underpass_model::part::{GooglePart, GoogleSpec, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};
use underpass_model::vpc::AdoptedGoogle;

use super::world::{
    GLOBAL, REGION, absent, at_rest, done, link, network, ours, outcome, perform, perform_at, put,
    running, target,
};
use crate::script::{Script, json as reply};
use crate::world::{found, ready};

pub(super) const PROBES: &str = "underpass-vpc-s0a1b2c3d4e5-probes";

fn subnet() -> Spec {
    Spec::Google(GoogleSpec::Subnet {
        cidr: "10.1.0.0/24".parse().unwrap(),
    })
}

pub(super) fn probes(network: &str) -> Value {
    json!({"name": PROBES, "network": network, "direction": "INGRESS",
        "sourceRanges": ["35.191.0.0/16", "130.211.0.0/22"],
        "allowed": [{"IPProtocol": "tcp"}]})
}

/// A network and a subnet of the operator's, as URLs.
fn adopted(prefix: &str) -> CloudTarget {
    CloudTarget {
        placement: NetworkPlacement::Google(GooglePlacement::Adopted(AdoptedGoogle {
            network: format!("{prefix}projects/acme/global/networks/own"),
            node_subnet: format!("{prefix}projects/acme/regions/europe-west1/subnetworks/nodes"),
        })),
        ..target()
    }
}

/// The operator's subnet, in this network.
fn nodes_in(network: &str) -> Value {
    json!({
        "selfLink": link("projects/acme/regions/europe-west1/subnetworks/nodes"),
        "network": link(network),
    })
}

/// The body of an insert, without the description, which must be ours.
fn written(target: &CloudTarget, part: Part, spec: Spec, collection: &str, name: &str) -> Value {
    let script = Script::new();
    script.on(&format!("GET /compute/v1/{collection}/{name}"), absent());
    let is_adopted = matches!(
        target.placement,
        NetworkPlacement::Google(GooglePlacement::Adopted(_))
    );
    if is_adopted && part == Part::Google(GooglePart::Probes) {
        let subnet = nodes_in("projects/acme/global/networks/own");
        script.on("GET /subnetworks/nodes", reply(200, &subnet));
    }
    script.on(&format!("POST /compute/v1/{collection}"), running());
    let report = perform_at(target, &script, &put(part, spec, None)).unwrap();
    assert!(matches!(report.outcome, Outcome::Making { .. }));
    let mut sent = script.writes()[0].json();
    let description = sent.as_object_mut().unwrap().remove("description");
    assert_eq!(
        description,
        Some(ours(name, json!({}))["description"].clone())
    );
    sent
}

#[test]
fn a_network_is_made_with_one_subnet_and_a_door_for_probes() {
    let target = target();
    let networks = format!("{GLOBAL}/networks");
    let subnets = format!("{REGION}/subnetworks");
    let rules = format!("{GLOBAL}/firewalls");
    let name = "underpass-vpc-1";
    assert_eq!(
        written(&target, Part::Network, Spec::Present, &networks, name),
        json!({"name": name, "autoCreateSubnetworks": false})
    );
    let name = "underpass-vpc-1-nodes";
    assert_eq!(
        written(
            &target,
            Part::Google(GooglePart::Subnet),
            subnet(),
            &subnets,
            name
        ),
        json!({"name": name, "network": network(), "ipCidrRange": "10.1.0.0/24",
            "purpose": "PRIVATE"})
    );
    assert_eq!(
        written(
            &target,
            Part::Google(GooglePart::Probes),
            Spec::Present,
            &rules,
            PROBES
        ),
        probes(&network())
    );
}

#[test]
fn the_subnets_range_is_confirmed_as_it_is() {
    let document = ours(
        "underpass-vpc-1-nodes",
        json!({"ipCidrRange": "10.1.0.0/24"}),
    );
    for step in [
        Step::Read(Part::Google(GooglePart::Subnet)),
        put(Part::Google(GooglePart::Subnet), subnet(), None),
    ] {
        let script = Script::new();
        at_rest(&script, &step);
        script.on(
            "GET /subnetworks/underpass-vpc-1-nodes",
            reply(200, &document),
        );
        let outcome = outcome(&script, &step);
        let confirmed = if step.is_write() {
            found(outcome)
        } else {
            ready(outcome)
        };
        assert_eq!(confirmed.spec, subnet());
    }
}

#[test]
fn a_network_of_ours_is_read_and_removed() {
    for (part, path) in [
        (Part::Network, format!("{GLOBAL}/networks/underpass-vpc-1")),
        (
            Part::Google(GooglePart::Subnet),
            format!("{REGION}/subnetworks/underpass-vpc-1-nodes"),
        ),
        (
            Part::Google(GooglePart::Probes),
            format!("{GLOBAL}/firewalls/{PROBES}"),
        ),
    ] {
        let get = format!("GET /compute/v1/{path}");
        let script = Script::new();
        let read = Step::Read(part.clone());
        at_rest(&script, &read);
        script.on(&get, reply(200, &ours("x", json!({}))));
        let confirmed = ready(outcome(&script, &read));
        assert_eq!(confirmed.facts.id, Some(path.clone()));
        let script = Script::new();
        script
            .on(&get, reply(200, &ours("x", json!({}))))
            .on(&format!("DELETE /compute/v1/{path}"), done());
        assert_eq!(outcome(&script, &Step::Delete(part.clone())), Outcome::Gone);
        let script = Script::new();
        script.on(&get, reply(200, &json!({"name": "x"})));
        let error = perform(&script, &Step::Delete(part)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotOurs);
    }
}

#[test]
fn in_an_adopted_network_everything_is_put_into_the_operators() {
    let own = link("projects/acme/global/networks/own");
    let nodes = link("projects/acme/regions/europe-west1/subnetworks/nodes");
    let rules = format!("{GLOBAL}/firewalls");
    let entries = format!("{REGION}/forwardingRules");
    for prefix in ["", "https://compute.googleapis.com/compute/v1/"] {
        let target = adopted(prefix);
        assert_eq!(
            written(
                &target,
                Part::Google(GooglePart::Probes),
                Spec::Present,
                &rules,
                PROBES
            ),
            probes(&own)
        );
        let name = "up-s0a1b2c3d4e5-fr";
        let rule = written(
            &target,
            Part::Google(GooglePart::ForwardingRule),
            Spec::Present,
            &entries,
            name,
        );
        assert_eq!(rule["network"], json!(own));
        assert_eq!(rule["subnetwork"], json!(nodes));
    }
}

#[test]
fn an_adopted_subnet_of_another_network_is_refused_without_a_write() {
    let probes = put(Part::Google(GooglePart::Probes), Spec::Present, None);
    let rule = format!("GET /firewalls/{PROBES}");
    let renamed = json!({
        "selfLink": link("projects/acme/regions/europe-west1/subnetworks/other"),
        "network": link("projects/acme/global/networks/own"),
    });
    for subnet in [nodes_in("projects/acme/global/networks/else"), renamed] {
        let script = Script::new();
        script
            .on(&rule, absent())
            .on("GET /subnetworks/nodes", reply(200, &subnet));
        let error = perform_at(&adopted(""), &script, &probes).unwrap_err();
        assert_eq!(
            (error.kind, error.code.as_str()),
            (ErrorKind::Invalid, "OutsideNetwork")
        );
        assert!(script.writes().is_empty());
    }
    let script = Script::new();
    script
        .on(&rule, absent())
        .on("GET /subnetworks/nodes", absent());
    let error = perform_at(&adopted(""), &script, &probes).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Missing);
}

#[test]
fn a_shared_vpc_is_refused_without_a_write() {
    let shared = CloudTarget {
        placement: NetworkPlacement::Google(GooglePlacement::Adopted(AdoptedGoogle {
            network: "projects/host/global/networks/own".to_owned(),
            node_subnet: "projects/host/regions/europe-west1/subnetworks/nodes".to_owned(),
        })),
        ..target()
    };
    let script = Script::new();
    script.on(&format!("GET /firewalls/{PROBES}"), absent());
    let probes = put(Part::Google(GooglePart::Probes), Spec::Present, None);
    let error = perform_at(&shared, &script, &probes).unwrap_err();
    insta::assert_snapshot!(error, @"create firewall rule `underpass-vpc-s0a1b2c3d4e5-probes`: network `projects/host/global/networks/own` is not in project `acme`, which the account manages. A Shared VPC is not supported, because its NAT subnets and firewall rules belong to the host project (OutsideNetwork)");
    assert!(script.writes().is_empty());
}

#[test]
fn an_adopted_network_is_nothing_to_make_or_remove() {
    for step in [
        put(Part::Network, Spec::Present, None),
        put(Part::Google(GooglePart::Subnet), subnet(), None),
        Step::Delete(Part::Network),
        Step::Delete(Part::Google(GooglePart::Subnet)),
    ] {
        let error = perform_at(&adopted(""), &Script::new(), &step).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
    }
}
