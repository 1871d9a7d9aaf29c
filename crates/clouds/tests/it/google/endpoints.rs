use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::part::{GooglePart, GoogleSpec, OperationKind, Part, Spec};
use underpass_model::reconcile::{Evidence, Outcome, Step};

use super::world::{
    REGION, ZONE, absent, at_rest, done, later, link, network, ours, outcome, perform, put,
    running, texts,
};
use crate::script::{Script, json as reply};
use crate::world::ready;

const NODE: &str = "projects/acme/zones/europe-west1-b/instances/n1";
const OTHER: &str = "projects/acme/zones/europe-west1-b/instances/n2";

/// The node subnet of a network made by us.
const NODES: &str = "underpass-vpc-1-nodes";

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

/// An instance with an interface in this subnet of the project VPC's network.
fn instance(path: &str, subnet: &str) -> Value {
    json!({"selfLink": link(path), "networkInterfaces": [
        {"network": link("projects/acme/global/networks/other"), "subnetwork": link("x")},
        {"network": network(), "subnetwork": link(&format!("{REGION}/subnetworks/{subnet}"))},
    ]})
}

fn endpoints() -> Part {
    Part::Google(GooglePart::Endpoints("europe-west1-b".to_owned()))
}

fn machines(paths: &[&str]) -> Spec {
    Spec::Google(GoogleSpec::Endpoints {
        instances: texts(paths),
    })
}

#[test]
fn machines_are_let_in_before_others_are_taken_out() {
    let script = Script::new();
    listed(&script, &[OTHER]);
    script.on("GET /instances/n1", reply(200, &instance(NODE, NODES)));
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
fn a_machine_may_be_told_by_its_name_alone() {
    let script = Script::new();
    let (group, _) = group(&[NODE]);
    let list = json!({"items": [{"networkEndpoint": {"instance": "n1"}}]});
    let read = Step::Read(endpoints());
    at_rest(&script, &read);
    script
        .on(
            "GET /networkEndpointGroups/up-s0a1b2c3d4e5-neg",
            reply(200, &group),
        )
        .on("POST /listNetworkEndpoints", reply(200, &list));
    let confirmed = ready(outcome(&script, &read));
    assert_eq!(confirmed.spec, machines(&[NODE]));
}

#[test]
fn a_machine_that_is_not_there_is_named_with_what_to_do() {
    let script = Script::new();
    listed(&script, &[]);
    script.on("GET /instances/n1", absent());
    let error = perform(&script, &put(endpoints(), machines(&[NODE]), None)).unwrap_err();
    assert!(error.remedy.as_ref().unwrap().contains("google_instance"));
    assert_eq!(script.writes().len(), 1, "only the list");
    // The words do not tell whether it exists in another network.
    let elsewhere = Script::new();
    listed(&elsewhere, &[]);
    elsewhere.on(
        "GET /instances/n1",
        reply(200, &instance(NODE, "other-nodes")),
    );
    let other = perform(&elsewhere, &put(endpoints(), machines(&[NODE]), None)).unwrap_err();
    assert_eq!(format!("{error:?}"), format!("{other:?}"));
}

#[test]
fn a_machine_outside_the_projects_network_is_refused_without_a_write() {
    let elsewhere = instance(NODE, "other-nodes");
    let mut network = instance(NODE, NODES);
    network["networkInterfaces"][1]["network"] = json!(link("projects/acme/global/networks/x"));
    // An instance can be named by its number, which another project may have registered.
    let numbered = instance(OTHER, NODES);
    for document in [elsewhere, network, numbered] {
        let script = Script::new();
        listed(&script, &[]);
        script.on("GET /instances/n1", reply(200, &document));
        let error = perform(&script, &put(endpoints(), machines(&[NODE]), None)).unwrap_err();
        assert_eq!(
            (error.kind, error.code.as_str()),
            (ErrorKind::Missing, "OutsideNetwork")
        );
        assert_eq!(script.writes().len(), 1, "only the list");
    }
}

#[test]
fn a_machine_of_another_project_is_refused_without_a_read() {
    let script = Script::new();
    listed(&script, &[]);
    let foreign = NODE.replace("acme", "other");
    let error = perform(&script, &put(endpoints(), machines(&[&foreign]), None)).unwrap_err();
    insta::assert_snapshot!(error, @"fill network endpoint group `up-s0a1b2c3d4e5-neg`: instance `projects/other/zones/europe-west1-b/instances/n1` is not in project `acme`, which the account manages (OutsideNetwork)");
}

#[test]
fn an_empty_group_has_no_endpoint_to_detach() {
    for step in [Step::Delete(endpoints()), Step::Read(endpoints())] {
        let script = Script::new();
        at_rest(&script, &step);
        listed(&script, &[]);
        let lacks = Outcome::Absent(Evidence::ParentLacks);
        assert_eq!(outcome(&script, &step), lacks);
    }
    let script = Script::new();
    script.on("GET /networkEndpointGroups/up-s0a1b2c3d4e5-neg", absent());
    assert_eq!(
        outcome(&script, &Step::Delete(endpoints())),
        Outcome::Absent(Evidence::Alone)
    );
}

#[test]
fn machines_are_taken_out_under_way_or_at_once() {
    let script = Script::new();
    listed(&script, &[NODE]);
    script.on("POST /detachNetworkEndpoints", running());
    let expected = Outcome::Making {
        operation: Some(format!("{ZONE}/operations/operation-1")),
        check_after: later(1),
        kind: OperationKind::Delete,
    };
    assert_eq!(outcome(&script, &Step::Delete(endpoints())), expected);
    let script = Script::new();
    listed(&script, &[NODE]);
    script.on("POST /detachNetworkEndpoints", done());
    listed(&script, &[]);
    assert_eq!(outcome(&script, &Step::Delete(endpoints())), Outcome::Gone);
}
