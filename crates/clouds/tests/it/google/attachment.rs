use serde_json::{Value, json};
use underpass_clouds::{ErrorKind, Report};
use underpass_model::part::{Admission, Confirmed, GoogleSpec, Part, Spec};
use underpass_model::reconcile::{Evidence, Outcome, Step};

use super::world::{
    ATTACHMENT, ENDPOINT, REGION, absent, at_rest, connection_id, done, link, ours, perform, proof,
    put, ranges, refused, texts,
};
use crate::script::{Script, json as reply};
use crate::world::ready;

fn spec(accept: &[&str], reject: &[&str]) -> Spec {
    Spec::Google(GoogleSpec::ServiceAttachment {
        nat: ranges(&["172.24.0.0/28"]),
        accept: texts(accept),
        reject: texts(reject),
    })
}

fn document(accept: &[&str], reject: &[&str], fingerprint: &str, status: &str) -> Value {
    let accept: Vec<_> = accept
        .iter()
        .map(|path| json!({"endpointUrl": link(path), "connectionLimit": 1}))
        .collect();
    let members = json!({
        "fingerprint": fingerprint,
        "connectionPreference": "ACCEPT_MANUAL",
        "reconcileConnections": true,
        "enableProxyProtocol": false,
        "targetService": link(&format!("{REGION}/forwardingRules/up-s0a1b2c3d4e5-fr")),
        "natSubnets": [link(&format!("{REGION}/subnetworks/up-s0a1b2c3d4e5-nat-172-24-0-0-28"))],
        "consumerAcceptLists": accept,
        "consumerRejectLists": reject,
        "connectedEndpoints": [{
            "status": status,
            "pscConnectionId": "12870921937223780",
            "endpoint": link("projects/guest/regions/europe-west1/forwardingRules/psc"),
            "endpointWithId": link(ENDPOINT),
            "consumerNetwork": link("projects/guest/global/networks/n"),
        }],
    });
    ours("up-s0a1b2c3d4e5", members)
}

fn read(step: &Step, document: &Value) -> Report {
    let script = Script::new();
    at_rest(&script, step);
    script.on(
        "GET /serviceAttachments/up-s0a1b2c3d4e5",
        reply(200, document),
    );
    perform(&script, step).unwrap()
}

fn seen(document: &Value) -> Confirmed {
    ready(read(&Step::Read(Part::Attachment), document).outcome)
}

#[test]
fn an_attachment_is_created_with_two_empty_lists() {
    let script = Script::new();
    script
        .on("GET /serviceAttachments/up-s0a1b2c3d4e5", absent())
        .on("POST /serviceAttachments", done())
        .on(
            "GET /serviceAttachments/up-s0a1b2c3d4e5",
            reply(200, &document(&[], &[], "f1=", "PENDING")),
        );
    let report = perform(&script, &put(Part::Attachment, spec(&[], &[]), None)).unwrap();
    let confirmed = ready(report.outcome);
    assert_eq!(confirmed.facts.id.as_deref(), Some(ATTACHMENT));
    assert_eq!(confirmed.tag.as_deref(), Some("f1="));
    let mut sent = script.writes()[0].json();
    sent.as_object_mut().unwrap().remove("description");
    assert_eq!(
        sent,
        json!({
            "name": "up-s0a1b2c3d4e5",
            "connectionPreference": "ACCEPT_MANUAL",
            "enableProxyProtocol": false,
            "reconcileConnections": true,
            "natSubnets":
                [link(&format!("{REGION}/subnetworks/up-s0a1b2c3d4e5-nat-172-24-0-0-28"))],
            "consumerAcceptLists": [],
            "consumerRejectLists": [],
            "metadata": {"underpass-endpoint-77": proof(), "underpass-link": "link-proof"},
            "targetService": link(&format!("{REGION}/forwardingRules/up-s0a1b2c3d4e5-fr")),
        })
    );
}

#[test]
fn letting_the_last_consumer_go_sends_an_empty_list() {
    let script = Script::new();
    script
        .on(
            "GET /serviceAttachments/up-s0a1b2c3d4e5",
            reply(200, &document(&[ENDPOINT], &[], "f1=", "ACCEPTED")),
        )
        .on("PATCH /serviceAttachments/up-s0a1b2c3d4e5", done())
        .on(
            "GET /serviceAttachments/up-s0a1b2c3d4e5",
            reply(200, &document(&[], &[], "f2=", "ACCEPTED")),
        );
    let step = put(Part::Attachment, spec(&[], &[]), Some("f1="));
    let report = perform(&script, &step).unwrap();
    assert_eq!(ready(report.outcome).spec, spec(&[], &[]));
    let [only] = script.writes().try_into().unwrap();
    let text = &only.body;
    assert!(text.contains(r#""consumerAcceptLists":[]"#), "{text}");
    assert!(text.contains(r#""consumerRejectLists":[]"#), "{text}");
    assert!(text.contains(r#""reconcileConnections":true"#), "{text}");
    assert_eq!(only.json()["fingerprint"], json!("f1="));
    assert_eq!(only.json().get("targetService"), None, "it cannot be moved");
}

#[test]
fn an_approval_names_one_endpoint_by_its_number() {
    let script = Script::new();
    script
        .on(
            "GET /serviceAttachments/up-s0a1b2c3d4e5",
            reply(200, &document(&[], &[], "f1=", "PENDING")),
        )
        .on("PATCH /serviceAttachments/up-s0a1b2c3d4e5", done())
        .on(
            "GET /serviceAttachments/up-s0a1b2c3d4e5",
            reply(200, &document(&[ENDPOINT], &[], "f2=", "PENDING")),
        );
    let step = put(Part::Attachment, spec(&[ENDPOINT], &[]), Some("f1="));
    let report = perform(&script, &step).unwrap();
    assert_eq!(
        script.writes()[0].json()["consumerAcceptLists"],
        json!([{"endpointUrl": ENDPOINT, "connectionLimit": 1}])
    );
    let connections = report.connections.unwrap();
    assert_eq!(
        connections[0].admission,
        Admission::Pending,
        "it shows later"
    );
}

#[test]
fn a_decision_s_proof_travels_in_the_decision_s_own_write() {
    let mut before = document(&[], &[], "f1=", "PENDING");
    before["metadata"] = json!({
        "underpass-link": "link-proof",
        "underpass-endpoint-1": "no longer listed",
        "team": "blue",
    });
    let number = ENDPOINT.rsplit('/').next().unwrap();
    let key = format!("underpass-endpoint-{number}");
    let mut after = document(&[ENDPOINT], &[], "f2=", "ACCEPTED");
    after["metadata"] = json!({ &key: proof() });
    let script = Script::new();
    script
        .on(
            "GET /serviceAttachments/up-s0a1b2c3d4e5",
            reply(200, &before),
        )
        .on("PATCH /serviceAttachments/up-s0a1b2c3d4e5", done())
        .on(
            "GET /serviceAttachments/up-s0a1b2c3d4e5",
            reply(200, &after),
        );
    let step = put(Part::Attachment, spec(&[ENDPOINT], &[]), Some("f1="));
    let report = perform(&script, &step).unwrap();
    let [only] = script.writes().try_into().unwrap();
    assert_eq!(
        only.json()["metadata"],
        json!({"underpass-link": "link-proof", "underpass-endpoint-1": null, &key: proof()}),
        "metadata of others is merged, not sent"
    );
    let shown = report.connections.unwrap().remove(0).proof.unwrap();
    assert_eq!(shown.to_string(), proof());
}

#[test]
fn a_concurrent_change_is_a_conflict_before_and_at_the_write() {
    let step = put(Part::Attachment, spec(&[ENDPOINT], &[]), Some("f1="));
    let script = Script::new();
    script.on(
        "GET /serviceAttachments/up-s0a1b2c3d4e5",
        reply(200, &document(&[], &[], "f9=", "PENDING")),
    );
    assert_eq!(
        perform(&script, &step).unwrap_err().kind,
        ErrorKind::Conflict
    );
    let script = Script::new();
    script
        .on(
            "GET /serviceAttachments/up-s0a1b2c3d4e5",
            reply(200, &document(&[], &[], "f1=", "PENDING")),
        )
        .on(
            "PATCH /serviceAttachments/up-s0a1b2c3d4e5",
            refused(412, "conditionNotMet", "Invalid fingerprint."),
        );
    assert_eq!(
        perform(&script, &step).unwrap_err().kind,
        ErrorKind::Conflict
    );
}

#[test]
fn an_attachment_that_accepts_more_endpoints_differs_from_the_desired_state() {
    let plain = || document(&[ENDPOINT], &[], "f1=", "ACCEPTED");
    assert_eq!(seen(&plain()).spec, spec(&[ENDPOINT], &[]));
    let project = json!([{"projectIdOrNum": "guest", "connectionLimit": 10}]);
    for (member, value) in [
        ("connectionPreference", json!("ACCEPT_AUTOMATIC")),
        ("reconcileConnections", json!(false)),
        ("consumerAcceptLists", project),
        (
            "natSubnets",
            json!([link(&format!("{REGION}/subnetworks/other"))]),
        ),
    ] {
        let mut widened = plain();
        widened[member] = value;
        assert_ne!(seen(&widened).spec, spec(&[ENDPOINT], &[]), "{member}");
    }
}

#[test]
fn an_attachment_that_leads_elsewhere_is_not_touched() {
    let mut moved = document(&[], &[], "f1=", "PENDING");
    moved["targetService"] = json!(link(&format!("{REGION}/forwardingRules/other")));
    let script = Script::new();
    script.on(
        "GET /serviceAttachments/up-s0a1b2c3d4e5",
        reply(200, &moved),
    );
    let step = put(Part::Attachment, spec(&[ENDPOINT], &[]), Some("f1="));
    let error = perform(&script, &step).unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Invalid, "UnexpectedTarget")
    );
}

#[test]
fn a_connection_stands_where_its_status_says() {
    for (status, admission) in [
        ("PENDING", Admission::Pending),
        ("ACCEPTED", Admission::Approved),
        ("REJECTED", Admission::Rejected),
        ("NEEDS_ATTENTION", Admission::NeedsAttention),
        ("CLOSED", Admission::Disconnected),
        ("STATUS_UNSPECIFIED", Admission::Pending),
        ("SOMETHING_NEW", Admission::Pending),
    ] {
        let step = Step::Read(Part::Admission(connection_id()));
        let report = read(&step, &document(&[], &[], "f1=", status));
        assert_eq!(
            ready(report.outcome).spec,
            Spec::Admission(admission),
            "{status}"
        );
        let identity = report.connections.unwrap().remove(0).identity;
        assert_eq!(identity.name, ENDPOINT);
        assert_eq!(
            identity.link_identifier.as_deref(),
            Some("12870921937223780")
        );
        let path = "projects/guest/regions/europe-west1/forwardingRules/psc";
        assert_eq!(identity.endpoint, path);
        assert_eq!(identity.location.as_deref(), Some("europe-west1"));
    }
}

#[test]
fn a_connection_that_is_not_listed_may_be_gone() {
    let mut lonely = document(&[], &[], "f1=", "PENDING");
    lonely.as_object_mut().unwrap().remove("connectedEndpoints");
    let report = read(&Step::Read(Part::Admission(connection_id())), &lonely);
    assert_eq!(report.outcome, Outcome::Absent(Evidence::ParentLacks));
    assert_eq!(report.connections, Some(Vec::new()));
}

#[test]
fn hostile_entries_are_skipped() {
    for (member, value) in [
        ("endpointWithId", json!("../../etc")),
        (
            "endpointWithId",
            json!("projects//regions/r/forwardingRules/1"),
        ),
        (
            "endpointWithId",
            json!("projects/guest/regions/europe-west1/forwardingRules/psc"),
        ),
        ("endpointWithId", json!(null)),
        ("pscConnectionId", json!("12; DROP")),
        ("pscConnectionId", json!(null)),
        ("pscConnectionId", json!("9".repeat(21))),
    ] {
        let mut hostile = document(&[], &[], "f1=", "PENDING");
        hostile["connectedEndpoints"][0][member] = value;
        let report = read(&Step::Read(Part::Attachment), &hostile);
        assert_eq!(report.connections, Some(Vec::new()), "{member}");
    }
}

/// Adds the connection of a consumer's backend before that of the endpoint.
fn with_backend(mut document: Value, status: &str) -> Value {
    let group = |name: &str| {
        let region = "projects/guest/regions/europe-west1";
        link(&format!("{region}/networkEndpointGroups/{name}"))
    };
    let backend = json!({
        "status": status,
        "pscConnectionId": "12870921937223781",
        "endpoint": group("psc"),
        "endpointWithId": group("5123456789012345678"),
        "consumerNetwork": link("projects/guest/global/networks/n"),
        "propagatedConnectionCount": 0,
    });
    let listed = document["connectedEndpoints"].as_array_mut().unwrap();
    listed.insert(0, backend);
    document
}

#[test]
fn the_connection_of_a_backend_is_skipped_and_the_endpoints_are_decided_on() {
    for status in ["PENDING", "ACCEPTED", "CLOSED"] {
        let before = with_backend(document(&[], &[], "f1=", "PENDING"), status);
        let after = with_backend(document(&[ENDPOINT], &[], "f2=", "ACCEPTED"), status);
        let script = Script::new();
        script
            .on(
                "GET /serviceAttachments/up-s0a1b2c3d4e5",
                reply(200, &before),
            )
            .on("PATCH /serviceAttachments/up-s0a1b2c3d4e5", done())
            .on(
                "GET /serviceAttachments/up-s0a1b2c3d4e5",
                reply(200, &after),
            );
        let step = put(Part::Attachment, spec(&[ENDPOINT], &[]), Some("f1="));
        let report = perform(&script, &step).unwrap();
        assert_eq!(
            script.writes()[0].json()["consumerAcceptLists"],
            json!([{"endpointUrl": ENDPOINT, "connectionLimit": 1}]),
            "no entry names the backend"
        );
        let [only] = report.connections.unwrap().try_into().unwrap();
        assert_eq!(only.identity.name, ENDPOINT, "{status}");
        assert_eq!(only.admission, Admission::Approved, "{status}");
    }
}
