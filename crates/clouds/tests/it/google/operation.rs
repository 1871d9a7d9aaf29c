use serde_json::json;
use underpass_clouds::ErrorKind;
use underpass_model::part::{GooglePart, OperationKind, Part, Spec};
use underpass_model::reconcile::{Evidence, Outcome, Step};

use super::world::{
    REGION, absent, at_rest, done, later, link, now, ours, outcome, perform, put, refused, running,
};
use crate::script::{Reply, Script, json as reply};
use crate::world::ready;

fn operation() -> String {
    format!("{REGION}/operations/operation-1")
}

fn poll(kind: OperationKind) -> Step {
    Step::Poll {
        part: Part::Google(GooglePart::ForwardingRule),
        operation: operation(),
        kind,
    }
}

#[test]
fn an_operation_under_way_is_asked_after_again() {
    let script = Script::new();
    script.on("GET /operations/operation-1", running());
    let expected = Outcome::Making {
        operation: Some(operation()),
        check_after: later(1),
        kind: OperationKind::Put,
    };
    assert_eq!(outcome(&script, &poll(OperationKind::Put)), expected);
    assert!(later(1) > now());
}

#[test]
fn what_an_operation_ended_in_is_read_from_the_part() {
    let script = Script::new();
    script.on("GET /operations/operation-1", done()).on(
        "GET /up-s0a1b2c3d4e5-fr",
        reply(200, &ours("up-s0a1b2c3d4e5-fr", json!({}))),
    );
    assert_eq!(
        ready(outcome(&script, &poll(OperationKind::Put))).spec,
        Spec::Present
    );
    // A removal that the provider completed is certain; one it has forgotten is not.
    for (answer, expected) in [
        (done(), Outcome::Gone),
        (absent(), Outcome::Absent(Evidence::Alone)),
    ] {
        let script = Script::new();
        script
            .on("GET /operations/operation-1", answer)
            .on("GET /up-s0a1b2c3d4e5-fr", absent());
        assert_eq!(outcome(&script, &poll(OperationKind::Delete)), expected);
    }
}

fn failed(code: &str, status: u16) -> Reply {
    let error = json!({"errors": [{"code": code, "message": "said so"}]});
    reply(
        200,
        &json!({"name": "operation-1", "status": "DONE", "error": error,
            "httpErrorStatusCode": status, "httpErrorMessage": "X"}),
    )
}

#[test]
fn a_failure_inside_a_finished_operation_is_classified_as_at_the_request() {
    let retry = |kind: ErrorKind| matches!(kind, ErrorKind::Retry { .. });
    let script = Script::new();
    script.on(
        "GET /operations/operation-1",
        failed("RESOURCE_IN_USE_BY_ANOTHER_RESOURCE", 400),
    );
    let error = perform(&script, &poll(OperationKind::Delete)).unwrap_err();
    assert!(retry(error.kind), "{error:?}");
    assert_eq!(error.code, "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE");
    assert!(error.message.contains("said so"));
    for (code, status, kind) in [
        ("QUOTA_EXCEEDED", 403, ErrorKind::Quota),
        ("INVALID", 400, ErrorKind::Invalid),
        ("CONDITION_NOT_MET", 412, ErrorKind::Conflict),
        ("SOMETHING_NEW", 403, ErrorKind::Denied),
    ] {
        let script = Script::new();
        script
            .on("GET /up-s0a1b2c3d4e5-fr", absent())
            .on("POST /forwardingRules", failed(code, status));
        let step = put(
            Part::Google(GooglePart::ForwardingRule),
            Spec::Present,
            None,
        );
        assert_eq!(perform(&script, &step).unwrap_err().kind, kind, "{code}");
    }
}

#[test]
fn refusals_are_classified_by_their_reason() {
    let passing = ErrorKind::Retry { after: None };
    for (status, reason, kind) in [
        (400, "invalid", ErrorKind::Invalid),
        (403, "rateLimitExceeded", passing),
        (403, "quotaExceeded", ErrorKind::Quota),
        (403, "forbidden", ErrorKind::Denied),
        (403, "accessNotConfigured", ErrorKind::Denied),
        (404, "notFound", ErrorKind::Missing),
        (412, "conditionNotMet", ErrorKind::Conflict),
        (429, "somethingNew", passing),
        (503, "backendError", passing),
    ] {
        let script = Script::new();
        script
            .on("GET /up-s0a1b2c3d4e5-fr", absent())
            .on("POST /forwardingRules", refused(status, reason, "because"));
        let step = put(
            Part::Google(GooglePart::ForwardingRule),
            Spec::Present,
            None,
        );
        let error = perform(&script, &step).unwrap_err();
        assert_eq!((error.kind, error.code.as_str()), (kind, reason));
        assert!(error.message.contains("because"));
    }
}

#[test]
fn what_is_there_after_all_is_read_and_taken_over_if_it_is_ours() {
    let mut foreign = ours("up-s0a1b2c3d4e5-fr", json!({}));
    foreign["description"] = json!("foreign");
    let ours = ours("up-s0a1b2c3d4e5-fr", json!({}));
    for (found, kind) in [
        (reply(200, &ours), None),
        (reply(200, &foreign), Some(ErrorKind::NotOurs)),
        (absent(), Some(ErrorKind::Conflict)),
    ] {
        let script = Script::new();
        script
            .on("GET /up-s0a1b2c3d4e5-fr", absent())
            .on("POST /forwardingRules", refused(409, "alreadyExists", "X"))
            .on("GET /up-s0a1b2c3d4e5-fr", found);
        let step = put(
            Part::Google(GooglePart::ForwardingRule),
            Spec::Present,
            None,
        );
        let answer = perform(&script, &step);
        assert_eq!(answer.as_ref().err().map(|error| error.kind), kind);
        assert_eq!(script.writes().len(), 1);
        if let Ok(report) = answer {
            assert_eq!(ready(report.outcome).spec, Spec::Present);
        }
    }
}

#[test]
fn what_is_busy_is_waited_for_though_it_is_told_as_a_bad_request() {
    for reason in ["resourceInUseByAnotherResource", "resourceNotReady"] {
        let script = Script::new();
        script
            .on("GET /up-s0a1b2c3d4e5-fr", absent())
            .on("POST /forwardingRules", refused(400, reason, "X"));
        let step = put(
            Part::Google(GooglePart::ForwardingRule),
            Spec::Present,
            None,
        );
        let kind = perform(&script, &step).unwrap_err().kind;
        assert!(matches!(kind, ErrorKind::Retry { after: Some(_) }));
    }
}

#[test]
fn a_range_that_is_not_free_needs_a_person_however_it_is_told() {
    let message = "Invalid IPCidrRange: 172.24.0.0/28 conflicts with existing subnetwork 'own' in \
                   region 'europe-west1'.";
    let part = || Part::Google(GooglePart::NatSubnet("172.24.0.0/28".parse().unwrap()));
    let at_once = Script::new();
    at_once
        .on("GET /up-s0a1b2c3d4e5-nat-172-24-0-0-28", absent())
        .on("POST /subnetworks", refused(400, "invalid", message));
    let later = Script::new();
    let error = json!({"errors": [{"code": "SOMETHING", "message": message}]});
    later.on(
        "GET /operations/operation-1",
        reply(
            200,
            &json!({"name": "operation-1", "status": "DONE", "error": error}),
        ),
    );
    let poll = Step::Poll {
        part: part(),
        operation: operation(),
        kind: OperationKind::Put,
    };
    for (script, step) in [(at_once, put(part(), Spec::Present, None)), (later, poll)] {
        let error = perform(&script, &step).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(error.remedy.unwrap().contains("172.24.0.0/28"));
    }
}

#[test]
fn a_404_of_another_origin_is_not_an_empty_cloud() {
    let script = Script::new();
    let read = Step::Read(Part::Google(GooglePart::ForwardingRule));
    at_rest(&script, &read);
    script.on(
        "GET /up-s0a1b2c3d4e5-fr",
        Reply::Answer(404, Vec::new(), "<html>".to_owned()),
    );
    assert!(perform(&script, &read).is_err());
}

#[test]
fn a_part_in_doubt_is_looked_at_once_nothing_is_under_way_on_it() {
    let target = |rest: &str| link(&format!("{REGION}/forwardingRules/up-s0a1b2c3d4e5{rest}"));
    let listed = |target: &str, kind: &str, status: &str| {
        let open = json!({"name": "operation-1", "targetLink": target, "operationType": kind,
            "status": status});
        reply(
            200,
            &json!({"kind": "compute#operationList", "items": [open]}),
        )
    };
    let read = Step::Read(Part::Google(GooglePart::ForwardingRule));
    for (operation_type, kind) in [
        ("insert", OperationKind::Put),
        ("delete", OperationKind::Delete),
    ] {
        let script = Script::new();
        script.on(
            "GET /operations?maxResults=500&filter=status%20%21%3D%20%22DONE%22",
            listed(&target("-fr"), operation_type, "RUNNING"),
        );
        let making = Outcome::Making {
            operation: Some(format!("{REGION}/operations/operation-1")),
            check_after: later(1),
            kind,
        };
        assert_eq!(outcome(&script, &read), making, "an insert is not seen yet");
    }
    for (target, status) in [(target(""), "RUNNING"), (target("-fr"), "DONE")] {
        let script = Script::new();
        script
            .on("GET /operations", listed(&target, "insert", status))
            .on("GET /up-s0a1b2c3d4e5-fr", absent())
            .on(
                "GET /forwardingRules",
                reply(200, &json!({"kind": "compute#forwardingRuleList"})),
            );
        let absent = Outcome::Absent(Evidence::ParentLacks);
        assert_eq!(outcome(&script, &read), absent, "another's, or over");
    }
}

#[test]
fn a_lost_answer_is_in_doubt_and_a_lost_request_is_not() {
    for (reply, kind) in [
        (Reply::Lost, ErrorKind::InDoubt),
        (Reply::NotSent, ErrorKind::Retry { after: None }),
    ] {
        let script = Script::new();
        script
            .on("GET /up-s0a1b2c3d4e5-fr", absent())
            .on("POST /forwardingRules", reply);
        let step = put(
            Part::Google(GooglePart::ForwardingRule),
            Spec::Present,
            None,
        );
        assert_eq!(perform(&script, &step).unwrap_err().kind, kind);
    }
}
