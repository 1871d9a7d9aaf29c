use jiff::SignedDuration;
use serde_json::{Value, json};
use underpass_clouds::{Error, ErrorKind, Report};
use underpass_model::part::{AzurePart, OperationKind, Part};
use underpass_model::reconcile::{Outcome, Step};

use crate::script::{Reply, Script, empty, json as reply};
use crate::world::{
    BALANCER, absent, now, perform, ready, refused, shown, signed_in, tags, target,
};

const OPERATION: &str = "https://management.test/subscriptions/sub-1/providers/Microsoft.Network\
                         /locations/westeurope/operations/op-1?api-version=2024-05-01&t=1&s=a%2Fb";

fn poll(operation: &str, kind: OperationKind) -> Step {
    Step::Poll {
        part: Part::Azure(AzurePart::Balancer),
        operation: operation.to_owned(),
        kind,
    }
}

fn asked(answer: Reply, kind: OperationKind) -> Result<Report, Error> {
    let script = signed_in();
    script.on(
        "GET /operations/op-1?api-version=2024-05-01&t=1&s=a%2Fb",
        answer,
    );
    perform(&script, &target(), &poll(OPERATION, kind))
}

fn balancer() -> Value {
    shown(
        json!({"tags": tags(), "properties": {}}),
        BALANCER,
        "2",
        "Succeeded",
    )
}

#[test]
fn an_operation_under_way_is_asked_after_again() {
    let running = || reply(200, &json!({"status": "InProgress"}));
    for (answer, seconds) in [
        (running(), 5),
        (running().with("retry-after", "20"), 20),
        (
            running()
                .with("date", "Fri, 15 Jan 2027 09:00:00 GMT")
                .with("retry-after", "Fri, 15 Jan 2027 09:00:25 GMT"),
            25,
        ),
        (running().with("retry-after", "0"), 1),
        (running().with("retry-after", "4000000000"), 3600),
        (empty(202), 5),
    ] {
        let report = asked(answer, OperationKind::Delete).unwrap();
        let making = Outcome::Making {
            operation: Some(OPERATION.to_owned()),
            check_after: now() + SignedDuration::from_secs(seconds),
            kind: OperationKind::Delete,
        };
        assert_eq!(report.outcome, making);
    }
}

#[test]
fn what_an_operation_ended_in_is_read_from_the_part() {
    let read = format!("GET {BALANCER}");
    for over in [
        reply(200, &json!({"status": "Succeeded"})),
        empty(204),
        empty(200),
        absent(),
    ] {
        let script = signed_in();
        script
            .on("GET s=a%2Fb", over)
            .on(&read, reply(200, &balancer()));
        ready(
            perform(&script, &target(), &poll(OPERATION, OperationKind::Put))
                .unwrap()
                .outcome,
        );
    }
    let script = signed_in();
    script
        .on("GET s=a%2Fb", reply(200, &json!({"status": "Succeeded"})))
        .on(&read, absent());
    let report = perform(&script, &target(), &poll(OPERATION, OperationKind::Delete)).unwrap();
    assert_eq!(report.outcome, Outcome::Gone);
}

#[test]
fn a_failed_operation_is_classified_by_its_code_though_its_status_is_200() {
    let failed = |status: &str, code: &str| {
        let error = json!({"code": code, "message": "It did not work.", "details": []});
        reply(200, &json!({"status": status, "error": error}))
    };
    let kind = |answer| asked(answer, OperationKind::Put).unwrap_err().kind;
    let quota = kind(failed("Failed", "PrivateLinkServiceCountLimitReached"));
    assert_eq!(quota, ErrorKind::Quota);
    let superseded = kind(failed(
        "Canceled",
        "CanceledAndSupersededDueToAnotherOperation",
    ));
    assert_eq!(superseded, ErrorKind::Conflict);
    let unknown = asked(failed("Failed", "SomethingNew"), OperationKind::Put).unwrap_err();
    assert_eq!(unknown.kind, ErrorKind::Retry { after: None });
    insta::assert_snapshot!(unknown, @"finish creating the load balancer: It did not work. (SomethingNew)");
    let silent = asked(
        reply(200, &json!({"status": "Failed"})),
        OperationKind::Delete,
    )
    .unwrap_err();
    insta::assert_snapshot!(silent, @"finish deleting the load balancer: the operation ended as `Failed` without an error code (OperationFailed)");
}

#[test]
fn an_operation_elsewhere_is_never_asked_after() {
    for foreign in [
        "https://evil.test/operations/1",
        "http://management.test/operations/1",
        "https://management.test:8443/operations/1",
        "https://management.test@evil.test/operations/1",
        "https://user@management.test/operations/1",
        "https://management.test.evil.test/operations/1",
        "//evil.test/operations/1",
        "file:///etc/passwd",
        "nonsense",
        "",
    ] {
        let script = Script::new();
        let error = perform(&script, &target(), &poll(foreign, OperationKind::Put)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{foreign}");
        assert!(script.asked().is_empty(), "{foreign}");
    }
}

#[test]
fn an_address_of_the_same_resource_manager_may_be_written_differently() {
    for own in ["HTTPS://Management.Test:443/operations/1", "/operations/1"] {
        let script = signed_in();
        script.on("GET /operations/1", empty(202));
        perform(&script, &target(), &poll(own, OperationKind::Put)).unwrap();
    }
}

#[test]
fn an_operation_handed_out_for_elsewhere_is_dropped_and_the_part_read_instead() {
    let script = signed_in();
    script
        .on(&format!("GET {BALANCER}"), reply(200, &balancer()))
        .on(
            &format!("DELETE {BALANCER}"),
            empty(202).with("location", "https://evil.test/1"),
        );
    let report = perform(
        &script,
        &target(),
        &Step::Delete(Part::Azure(AzurePart::Balancer)),
    )
    .unwrap();
    assert!(matches!(
        report.outcome,
        Outcome::Making {
            operation: None,
            ..
        }
    ));
}

#[test]
fn a_failed_poll_proves_nothing_about_the_operation() {
    let error = asked(refused(504, "GatewayTimeout", "Late."), OperationKind::Put).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Retry { after: None });
}
