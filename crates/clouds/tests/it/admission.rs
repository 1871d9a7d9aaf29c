use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::part::{Admission, OperationKind, Part, Spec};
use underpass_model::reconcile::{Evidence, Outcome, Step};

use crate::script::{empty, json as reply};
use crate::world::{
    absent, connection_id, now, outcome, perform, put, ready, shown, signed_in, target,
};

const CONNECTION: &str =
    "/privateLinkServices/up-s0a1b2c3d4e5/privateEndpointConnections/pe-1.guid";

fn connection(status: &str) -> Value {
    let state = json!({"status": status, "description": "please", "actionsRequired": ""});
    let document = json!({"properties": {"privateLinkServiceConnectionState": state}});
    shown(document, CONNECTION, "3", "Succeeded")
}

fn part() -> Part {
    Part::Admission(connection_id())
}

fn decide(decision: Admission) -> Step {
    put(part(), Spec::Admission(decision), None)
}

#[test]
fn a_decision_is_one_write_and_in_force_with_its_answer() {
    for (decision, status) in [
        (Admission::Approved, "Approved"),
        (Admission::Rejected, "Rejected"),
    ] {
        let script = signed_in();
        script.on(
            &format!("PUT {CONNECTION}"),
            reply(200, &connection(status)),
        );
        let confirmed = ready(outcome(&script, &decide(decision)));
        assert_eq!(confirmed.spec, Spec::Admission(decision));
    }
    let script = signed_in();
    script.on(
        &format!("PUT {CONNECTION}"),
        reply(200, &connection("Approved")),
    );
    outcome(&script, &decide(Admission::Approved));
    insta::assert_json_snapshot!(script.writes()[0].json(), @r#"
    {
      "name": "pe-1.guid",
      "properties": {
        "privateLinkServiceConnectionState": {
          "description": "Approved by the provider of the service [underpass:1:a:plc35843e80510:1:1:-:code]",
          "status": "Approved"
        }
      }
    }
    "#);
}

#[test]
fn a_decision_that_did_not_take_is_an_error() {
    let script = signed_in();
    script.on(
        &format!("PUT {CONNECTION}"),
        reply(200, &connection("Disconnected")),
    );
    let error = perform(&script, &target(), &decide(Admission::Approved)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
}

#[test]
fn a_connection_is_read_as_it_stands() {
    for (status, admission) in [
        ("Pending", Admission::Pending),
        ("approved", Admission::Approved),
        ("Rejected", Admission::Rejected),
        ("Disconnected", Admission::Disconnected),
    ] {
        let script = signed_in();
        script.on(
            &format!("GET {CONNECTION}"),
            reply(200, &connection(status)),
        );
        let confirmed = ready(outcome(&script, &Step::Read(part())));
        assert_eq!(confirmed.spec, Spec::Admission(admission));
    }
}

#[test]
fn a_connection_that_is_not_found_is_no_proof_but_a_removed_one_is() {
    let alone = Outcome::Absent(Evidence::Alone);
    let steps = [
        (decide(Admission::Approved), "PUT", absent(), alone.clone()),
        (Step::Delete(part()), "DELETE", absent(), alone),
        (Step::Delete(part()), "DELETE", empty(204), Outcome::Gone),
    ];
    for (step, method, answer, expected) in steps {
        let script = signed_in();
        script.on(&format!("{method} {CONNECTION}"), answer);
        assert_eq!(outcome(&script, &step), expected);
    }
}

#[test]
fn a_connection_that_is_not_found_is_looked_for_in_its_service() {
    let (siblings, name) = CONNECTION.rsplit_once('/').unwrap();
    let listed = |entries: serde_json::Value| reply(200, &json!({ "value": entries }));
    for (answer, evidence) in [
        (listed(json!([])), Evidence::ParentLacks),
        (listed(json!([{"name": "another"}])), Evidence::ParentLacks),
        (absent(), Evidence::ParentAbsent),
    ] {
        let script = signed_in();
        script
            .on(&format!("GET {CONNECTION}"), absent())
            .on(&format!("GET {siblings}"), answer);
        let read = outcome(&script, &Step::Read(part()));
        assert_eq!(read, Outcome::Absent(evidence));
        script.assert_done();
    }
    let script = signed_in();
    script.on(&format!("GET {CONNECTION}"), absent()).on(
        &format!("GET {siblings}"),
        listed(json!([{ "name": name }])),
    );
    let error = perform(&script, &target(), &Step::Read(part())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert_eq!(error.code, "ContradictoryAnswers");
}

#[test]
fn ending_a_connection_takes_an_operation() {
    let operation = "https://management.test/operations/1?s=2";
    let script = signed_in();
    let accepted = empty(202)
        .with("azure-asyncoperation", operation)
        .with("retry-after", "1");
    script.on(&format!("DELETE {CONNECTION}"), accepted);
    let ending = Outcome::Making {
        operation: Some(operation.to_owned()),
        check_after: now() + jiff::SignedDuration::from_secs(1),
        kind: OperationKind::Delete,
    };
    assert_eq!(outcome(&script, &Step::Delete(part())), ending);
}

#[test]
fn a_provider_cannot_put_a_connection_back_to_pending() {
    let script = crate::script::Script::new();
    let error = perform(&script, &target(), &decide(Admission::Pending)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
}
