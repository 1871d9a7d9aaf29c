use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::part::{Admission, OperationKind, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};

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
          "description": "Approved by the provider of the service",
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
fn a_connection_that_ended_is_gone_for_every_step() {
    let steps = [
        (Step::Read(part()), "GET", absent()),
        (decide(Admission::Approved), "PUT", absent()),
        (Step::Delete(part()), "DELETE", absent()),
        (Step::Delete(part()), "DELETE", empty(204)),
    ];
    for (step, method, answer) in steps {
        let script = signed_in();
        script.on(&format!("{method} {CONNECTION}"), answer);
        assert_eq!(outcome(&script, &step), Outcome::Gone);
    }
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
