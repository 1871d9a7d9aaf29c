//! The listing of networks, subnets and firewall rules.

use std::sync::Arc;

use serde_json::{Value, json};
use underpass_clouds::{Cloud as _, Listing};
use underpass_model::cloud_target::{CloudTarget, GooglePlacement, NetworkPlacement};
use underpass_model::part::{GooglePart, GoogleSpec, Part, Spec};
use underpass_model::reconcile::{Evidence, Outcome, Step};
use underpass_model::vpc::AdoptedGoogle;

use super::network::{PROBES, probes};
use super::world::{
    GLOBAL, REGION, at_rest, done, driver, given, link, network, now, ours, outcome, put, target,
};
use crate::script::{Reply, Script, json as reply, run};
use crate::world::{found, ready};

fn items(items: &[Value]) -> Reply {
    reply(200, &json!({"kind": "compute#someList", "items": items}))
}

fn subnets(range: &str) -> Reply {
    let name = "underpass-vpc-1-nodes";
    let subnet = ours(
        name,
        json!({"selfLink": link(&format!("{REGION}/subnetworks/{name}")), "ipCidrRange": range}),
    );
    let page = json!({"kind": "compute#subnetworkAggregatedList", "items": {
        "regions/europe-west1": {"subnetworks": [subnet]},
        "regions/us-east1": {"warning": {"code": "NO_RESULTS_ON_PAGE"}},
    }});
    reply(200, &page)
}

/// The rule for health probes, with other properties.
fn rule(change: &Value) -> Value {
    let mut rule = ours(PROBES, probes(&network()));
    rule["selfLink"] = json!(link(&format!("{GLOBAL}/firewalls/{PROBES}")));
    rule["priority"] = json!(1000);
    for (member, value) in change.as_object().unwrap() {
        rule[member] = value.clone();
    }
    rule
}

fn made() -> Value {
    let name = "underpass-vpc-1";
    ours(
        name,
        json!({"selfLink": link(&format!("{GLOBAL}/networks/{name}"))}),
    )
}

fn list(script: &Arc<Script>, targets: &[CloudTarget]) -> Listing {
    let listing = run(driver(script, given()).networks(targets, now())).unwrap();
    script.assert_done();
    listing
}

fn adopted() -> CloudTarget {
    CloudTarget {
        placement: NetworkPlacement::Google(GooglePlacement::Adopted(AdoptedGoogle {
            network: "projects/acme/global/networks/own".to_owned(),
            node_subnet: "projects/acme/regions/europe-west1/subnetworks/nodes".to_owned(),
        })),
        ..target()
    }
}

#[test]
fn three_list_calls_show_every_network_subnet_and_rule() {
    let script = Script::new();
    script
        .on(
            "GET /global/firewalls?maxResults=500",
            items(&[rule(&json!({}))]),
        )
        .on("GET /global/networks?maxResults=500", items(&[made()]))
        .on(
            "GET /aggregated/subnetworks?maxResults=500",
            subnets("10.1.0.0/24"),
        );
    let listing = list(&script, &[target()]);
    let [rule, network, subnet] = listing.findings.try_into().unwrap();
    assert_eq!(rule.part, Part::Google(GooglePart::Probes));
    assert_eq!(ready(rule.outcome).spec, Spec::Present);
    assert_eq!(network.part, Part::Network);
    assert_eq!(ready(network.outcome).spec, Spec::Present);
    let cidr = "10.1.0.0/24".parse().unwrap();
    assert_eq!(
        ready(subnet.outcome).spec,
        Spec::Google(GoogleSpec::Subnet { cidr })
    );
    for part in [rule.part, network.part, subnet.part] {
        assert!(listing.coverage.covers(&target().object, &part), "{part}");
    }
}

#[test]
fn an_adopted_network_takes_two_list_calls() {
    let script = Script::new();
    script
        .on("GET /global/firewalls?maxResults=500", items(&[]))
        .on(
            "GET /aggregated/subnetworks?maxResults=500",
            subnets("10.1.0.0/24"),
        );
    let listing = list(&script, &[adopted()]);
    assert!(listing.findings.is_empty());
    assert!(
        listing
            .coverage
            .covers(&target().object, &Part::Google(GooglePart::Probes))
    );
    assert!(!listing.coverage.covers(&target().object, &Part::Network));
    list(&Script::new(), &[]);
}

#[test]
fn ranges_of_subnets_that_are_not_ours_are_shown_of_their_own_network() {
    let subnet = |name: &str, network: &str, range: &str| {
        json!({"name": name, "ipCidrRange": range,
            "selfLink": link(&format!("{REGION}/subnetworks/{name}")),
            "network": link(&format!("{GLOBAL}/networks/{network}"))})
    };
    let mut secondary = subnet("pods", "own", "10.2.0.0/24");
    secondary["secondaryIpRanges"] = json!([{"rangeName": "pods", "ipCidrRange": "172.24.8.0/21"}]);
    let mut tagged = ours("up-s0a1b2c3d4e5-nat-172-24-64-0-28", json!({}));
    for (member, value) in subnet("nat", "own", "172.24.64.0/28").as_object().unwrap() {
        if member != "description" {
            tagged[member] = value.clone();
        }
    }
    let listed = json!([
        subnet("theirs", "own", "172.24.0.0/24"),
        subnet("elsewhere", "other", "172.24.1.0/24"),
        subnet("nodes", "own", "10.1.0.0/24"),
        secondary,
        tagged,
    ]);
    let page = json!({"kind": "compute#subnetworkAggregatedList",
        "items": {"regions/us-east1": {"subnetworks": listed}}});
    let script = Script::new();
    script
        .on("GET /global/firewalls?maxResults=500", items(&[]))
        .on(
            "GET /aggregated/subnetworks?maxResults=500",
            reply(200, &page),
        );
    let listing = list(&script, &[adopted()]);
    let ranges = &listing.foreign_ranges[&adopted().object];
    let shown: Vec<_> = ranges.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["172.24.0.0/24", "172.24.8.0/21"]);
}

#[test]
fn a_refused_list_call_leaves_out_only_its_own_parts() {
    let script = Script::new();
    script
        .on(
            "GET /global/firewalls?maxResults=500",
            items(&[rule(&json!({}))]),
        )
        .on(
            "GET /global/networks?maxResults=500",
            reply(403, &json!({"error": {"code": 403, "message": "no"}})),
        )
        .on(
            "GET /aggregated/subnetworks?maxResults=500",
            subnets("10.1.0.0/24"),
        );
    let listing = list(&script, &[target()]);
    assert_eq!(listing.findings.len(), 2);
    let object = &target().object;
    for part in [GooglePart::Probes, GooglePart::Subnet] {
        assert!(listing.coverage.covers(object, &Part::Google(part)));
    }
    assert!(!listing.coverage.covers(object, &Part::Network));
    assert!(listing.unlisted.contains_key(object));
}

#[test]
fn a_changed_rule_is_shown_as_it_is_and_put_right() {
    for change in [
        json!({"disabled": true}),
        json!({"sourceRanges": ["35.191.0.0/16"]}),
        json!({"sourceRanges": ["0.0.0.0/0"]}),
        json!({"allowed": [{"IPProtocol": "tcp", "ports": ["22"]}]}),
        json!({"priority": 65000}),
        json!({"targetTags": ["web"]}),
    ] {
        let script = Script::new();
        script.on(
            "GET /global/firewalls?maxResults=500",
            items(&[rule(&change)]),
        );
        script.on("GET /aggregated/subnetworks?maxResults=500", items(&[]));
        let [found] = list(&script, &[in_network()]).findings.try_into().unwrap();
        assert_ne!(ready(found.outcome).spec, Spec::Present, "{change}");

        let part = Part::Google(GooglePart::Probes);
        let read = Step::Read(part.clone());
        let script = Script::new();
        at_rest(&script, &read);
        let get = format!("GET /compute/v1/{GLOBAL}/firewalls/{PROBES}");
        script.on(&get, reply(200, &rule(&change)));
        assert_ne!(ready(outcome(&script, &read)).spec, Spec::Present);

        let script = Script::new();
        script
            .on(&get, reply(200, &rule(&change)))
            .on(
                &format!("PATCH /compute/v1/{GLOBAL}/firewalls/{PROBES}"),
                done(),
            )
            .on(&get, reply(200, &rule(&json!({}))));
        let step = put(part, Spec::Present, None);
        assert_eq!(ready(outcome(&script, &step)).spec, Spec::Present);
        let sent = script.writes()[0].json();
        assert_eq!(sent["disabled"], false);
        assert_eq!(sent["priority"], 1000);
        let ranges = json!(["35.191.0.0/16", "130.211.0.0/22"]);
        assert_eq!(sent["sourceRanges"], ranges);
        assert_eq!(sent["allowed"], json!([{"IPProtocol": "tcp"}]));
        let tags = change.get("targetTags").map(|_| json!([]));
        assert_eq!(sent.get("targetTags"), tags.as_ref());
    }
}

/// The operator's network, under the name of the one made by us.
fn in_network() -> CloudTarget {
    CloudTarget {
        placement: NetworkPlacement::Google(GooglePlacement::Adopted(AdoptedGoogle {
            network: format!("{GLOBAL}/networks/underpass-vpc-1"),
            node_subnet: format!("{REGION}/subnetworks/nodes"),
        })),
        ..target()
    }
}

#[test]
fn a_subnet_whose_range_was_expanded_is_as_desired_and_another_range_is_not() {
    let part = Part::Google(GooglePart::Subnet);
    let cidr = "10.1.0.0/24".parse().unwrap();
    let step = put(part, Spec::Google(GoogleSpec::Subnet { cidr }), None);
    let subnet = |range: &str| ours("underpass-vpc-1-nodes", json!({"ipCidrRange": range}));
    let script = Script::new();
    script.on(
        "GET /subnetworks/underpass-vpc-1-nodes",
        reply(200, &subnet("10.1.0.0/20")),
    );
    let confirmed = found(outcome(&script, &step));
    assert_eq!(confirmed.spec, Spec::Google(GoogleSpec::Subnet { cidr }));
    let script = Script::new();
    script.on(
        "GET /subnetworks/underpass-vpc-1-nodes",
        reply(200, &subnet("10.9.0.0/24")),
    );
    let error = super::world::perform(&script, &step).unwrap_err();
    assert_eq!(error.code, "SubnetRangeDiffers");
    assert!(error.remedy.is_some());
}

#[test]
fn a_rule_of_another_owner_is_not_ours() {
    let foreign = rule(&json!({"description": "theirs"}));
    let script = Script::new();
    script.on("GET /global/firewalls?maxResults=500", items(&[foreign]));
    script.on("GET /aggregated/subnetworks?maxResults=500", items(&[]));
    let [found] = list(&script, &[in_network()]).findings.try_into().unwrap();
    assert_eq!(found.outcome, Outcome::Absent(Evidence::Alone));
}
