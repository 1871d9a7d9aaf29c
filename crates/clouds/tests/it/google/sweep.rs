use serde_json::{Value, json};
use underpass_clouds::{Cloud as _, Depth, Finding, Listing, Scope};
use underpass_model::id::ConnectionId;
use underpass_model::part::{GooglePart, GoogleSpec, Part, Spec};
use underpass_model::reconcile::Outcome;

use super::world::{GLOBAL, OBJECT, REGION, ZONE, absent, driver, given, link, now, ours, ranges};
use crate::script::{Reply, Script, json as reply, run};

const NODES_NETWORK: &str = "projects/provider/global/networks/n";

const NODES_SUBNET: &str = "projects/provider/regions/europe-west1/subnetworks/s";

fn list(items: &[Value]) -> Reply {
    let mut page = json!({"kind": "compute#someList", "id": "x"});
    if !items.is_empty() {
        page["items"] = json!(items);
    }
    reply(200, &page)
}

fn sweep(script: &std::sync::Arc<Script>, depth: Depth) -> Vec<Finding> {
    listing(script, depth).findings
}

fn listing(script: &std::sync::Arc<Script>, depth: Depth) -> Listing {
    let scope = Scope {
        region: "europe-west1".to_owned(),
        group: None,
        depth,
    };
    let listing = run(driver(script, given()).sweep(&scope, now())).unwrap();
    script.assert_done();
    listing
}

fn attachment(name: &str) -> Value {
    let nat = link(&format!(
        "{REGION}/subnetworks/up-s0a1b2c3d4e5-nat-172-24-0-0-28"
    ));
    ours(
        name,
        json!({"connectionPreference": "ACCEPT_MANUAL", "reconcileConnections": true,
            "natSubnets": [nat], "connectedEndpoints": [{"status": "PENDING",
                "pscConnectionId": "1", "endpoint": "projects/g/regions/r/forwardingRules/a",
                "endpointWithId": "projects/g/regions/r/forwardingRules/1"}]}),
    )
}

#[test]
fn connections_are_one_listing_page_by_page() {
    let mut foreign = attachment("theirs");
    foreign["description"] = json!("not ours");
    let first = json!({"kind": "compute#serviceAttachmentList", "items": [foreign],
        "nextPageToken": "a b&c"});
    let script = Script::new();
    script
        .on("GET /serviceAttachments?maxResults=500", reply(200, &first))
        .on(
            "GET /serviceAttachments?maxResults=500&pageToken=a%20b%26c",
            list(&[attachment("up-s0a1b2c3d4e5")]),
        );
    let [only] = sweep(&script, Depth::Connections).try_into().unwrap();
    assert_eq!(
        (only.object.as_str(), &only.part),
        (OBJECT, &Part::Attachment)
    );
    assert_eq!(only.connections.unwrap().len(), 1);
    let Outcome::Ready(confirmed) = only.outcome else {
        panic!("not ready");
    };
    let spec = Spec::Google(GoogleSpec::ServiceAttachment {
        nat: ranges(&["172.24.0.0/28"]),
        accept: std::collections::BTreeSet::new(),
        reject: std::collections::BTreeSet::new(),
    });
    assert_eq!(confirmed.spec, spec);
}

#[test]
fn everything_of_a_region_is_told_of() {
    let neg = ours("up-s0a1b2c3d4e5-neg", json!({"size": 2}));
    let groups = json!({"kind": "compute#networkEndpointGroupAggregatedList", "items": {
        "zones/europe-west1-b": {"networkEndpointGroups": [neg]},
        "zones/europe-west4-a": {"networkEndpointGroups": [neg]},
        "zones/europe-west1-c": {"warning": {"code": "NO_RESULTS_ON_PAGE"}},
    }});
    let nat = "up-s0a1b2c3d4e5-nat-172-24-0-0-28";
    let script = Script::new();
    script
        .on(
            "GET /serviceAttachments",
            list(&[attachment("up-s0a1b2c3d4e5")]),
        )
        .on(
            "GET /forwardingRules",
            list(&[ours(
                "up-s0a1b2c3d4e5-fr",
                json!({"network": link(NODES_NETWORK), "subnetwork": link(NODES_SUBNET)}),
            )]),
        )
        .on(
            "GET /backendServices",
            list(&[ours("up-s0a1b2c3d4e5-bs", json!({}))]),
        )
        .on("GET /healthChecks", list(&[]))
        .on("GET /subnetworks", list(&[ours(nat, json!({}))]))
        .on(
            &format!("GET /compute/v1/{GLOBAL}/firewalls"),
            list(&[ours("up-s0a1b2c3d4e5-deny", json!({}))]),
        )
        .on("GET /aggregated/networkEndpointGroups", reply(200, &groups))
        .on(
            &format!("POST {ZONE}/networkEndpointGroups/up-s0a1b2c3d4e5-neg/listNetworkEndpoints"),
            reply(
                200,
                &json!({"items": [
                    {"networkEndpoint": {"instance": link(&format!("{ZONE}/instances/n1"))}},
                    {"networkEndpoint": {"instance": "rogue"}},
                ]}),
            ),
        );
    let findings = sweep(&script, Depth::Everything);
    let Outcome::Ready(endpoints) = &findings[6].outcome else {
        panic!("{:?}", findings[6]);
    };
    let instances = [
        format!("{ZONE}/instances/n1"),
        format!("{ZONE}/instances/rogue"),
    ];
    let spec = GoogleSpec::Endpoints {
        instances: instances.into(),
    };
    assert_eq!(
        endpoints.spec,
        Spec::Google(spec),
        "their number alone may agree"
    );
    let rule = &findings[1].network;
    assert_eq!(rule.network.as_deref(), Some(NODES_NETWORK));
    assert_eq!(rule.node_subnet.as_deref(), Some(NODES_SUBNET));
    let found: Vec<_> = findings
        .iter()
        .map(|finding| finding.part.to_string())
        .collect();
    assert_eq!(
        found,
        [
            "attachment",
            "forwarding-rule",
            "backend-service",
            "nat-subnet:172.24.0.0/28",
            "deny",
            "endpoint-group:europe-west1-b",
            "endpoints:europe-west1-b",
        ]
    );
}

#[test]
fn endpoints_that_cannot_be_listed_fail_the_sweep_unless_their_group_is_gone() {
    let sweep = |answer: Reply| {
        let script = Script::new();
        for collection in [
            "serviceAttachments",
            "forwardingRules",
            "backendServices",
            "healthChecks",
            "subnetworks",
            "firewalls",
        ] {
            script.on(&format!("GET /{collection}"), list(&[]));
        }
        let neg = ours("up-s0a1b2c3d4e5-neg", json!({"size": 2}));
        let groups = json!({"kind": "compute#networkEndpointGroupAggregatedList", "items": {
            "zones/europe-west1-b": {"networkEndpointGroups": [neg]},
        }});
        script
            .on("GET /aggregated/networkEndpointGroups", reply(200, &groups))
            .on("POST /listNetworkEndpoints", answer);
        let scope = Scope {
            region: "europe-west1".to_owned(),
            group: None,
            depth: Depth::Everything,
        };
        let listing = run(driver(&script, given()).sweep(&scope, now()));
        script.assert_done();
        listing
    };
    let denied =
        json!({"error": {"code": 403, "message": "no", "errors": [{"reason": "forbidden"}]}});
    assert!(sweep(reply(403, &denied)).is_err());
    let Outcome::Ready(number) = &sweep(absent()).unwrap().findings[1].outcome.clone() else {
        panic!("not ready");
    };
    assert_eq!(number.spec, Spec::Google(GoogleSpec::EndpointCount(2)));
}

#[test]
fn copies_of_ours_are_not_told_of() {
    let copy = || list(&[ours("copy-of-ours", json!({}))]);
    let neg = ours("copy-of-ours", json!({"size": 2}));
    let groups = json!({"kind": "compute#networkEndpointGroupAggregatedList", "items": {
        "zones/europe-west1-b": {"networkEndpointGroups": [neg]},
    }});
    let script = Script::new();
    script
        .on("GET /serviceAttachments", list(&[attachment("copy")]))
        .on("GET /forwardingRules", copy())
        .on("GET /backendServices", copy())
        .on("GET /healthChecks", copy())
        .on(
            "GET /subnetworks",
            list(&[ours("copy-nat-172-24-0-0-28", json!({}))]),
        )
        .on(
            "GET /firewalls",
            list(&[ours("copy-allow", json!({})), ours("copy-deny", json!({}))]),
        )
        .on("GET /aggregated/networkEndpointGroups", reply(200, &groups));
    assert_eq!(sweep(&script, Depth::Everything), []);
}

#[test]
fn an_answer_that_is_no_listing_is_not_an_empty_one() {
    let script = Script::new();
    script.on("GET /serviceAttachments", reply(200, &json!({})));
    let scope = Scope {
        region: "europe-west1".to_owned(),
        group: None,
        depth: Depth::Connections,
    };
    assert!(run(driver(&script, given()).sweep(&scope, now())).is_err());
}

/// The absence of a part proves something only if the listing would have shown it.
#[test]
fn a_listing_covers_what_its_calls_show() {
    let covered = |depth: Depth| {
        let script = Script::new();
        script.on("GET /serviceAttachments", list(&[]));
        if depth == Depth::Everything {
            for collection in [
                "forwardingRules",
                "backendServices",
                "healthChecks",
                "subnetworks",
                "firewalls",
            ] {
                script.on(&format!("GET /{collection}"), list(&[]));
            }
            let groups = json!({"kind": "compute#networkEndpointGroupAggregatedList"});
            script.on("GET /aggregated/networkEndpointGroups", reply(200, &groups));
        }
        let coverage = listing(&script, depth).coverage;
        let zone = || "europe-west1-b".to_owned();
        let parts = [
            Part::Network,
            Part::Google(GooglePart::Subnet),
            Part::Google(GooglePart::Probes),
            Part::Google(GooglePart::NatSubnet("172.24.0.0/28".parse().unwrap())),
            Part::Google(GooglePart::Deny),
            Part::Google(GooglePart::Allow),
            Part::Google(GooglePart::HealthCheck),
            Part::Google(GooglePart::EndpointGroup(zone())),
            Part::Google(GooglePart::EndpointGroup("europe-west4-a".to_owned())),
            Part::Google(GooglePart::Endpoints(zone())),
            Part::Google(GooglePart::BackendService),
            Part::Google(GooglePart::ForwardingRule),
            Part::Attachment,
            Part::Admission(ConnectionId::from_bits(7)),
        ];
        let covered = parts.iter().filter(|part| coverage.covers("", part));
        covered.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(covered(Depth::Connections), ["attachment"]);
    assert_eq!(
        covered(Depth::Everything),
        [
            "nat-subnet:172.24.0.0/28",
            "deny",
            "allow",
            "health-check",
            "endpoint-group:europe-west1-b",
            "endpoints:europe-west1-b",
            "backend-service",
            "forwarding-rule",
            "attachment",
        ]
    );
}

#[test]
fn the_attachments_of_a_project_are_one_listing() {
    let mut foreign = attachment("theirs");
    foreign["description"] = json!("not ours");
    let listed = json!({"kind": "compute#serviceAttachmentAggregatedList", "items": {
        "regions/europe-west4": {"serviceAttachments": [attachment(&format!("up-{OBJECT}")), foreign]},
        "regions/us-east1": {"warning": {"code": "NO_RESULTS_ON_PAGE"}},
    }});
    let script = Script::new();
    script.on(
        "GET /aggregated/serviceAttachments?maxResults=500",
        reply(200, &listed),
    );
    let placed = run(driver(&script, given()).attachments(now())).unwrap();
    script.assert_done();
    assert_eq!(placed.len(), 1);
    assert_eq!(placed[0].scope.region, "europe-west4");
    assert_eq!(placed[0].scope.group, None);
    assert_eq!(placed[0].finding.object, OBJECT);
    assert_eq!(placed[0].finding.connections.as_ref().unwrap().len(), 1);
}
