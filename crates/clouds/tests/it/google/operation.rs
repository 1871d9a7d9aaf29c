use serde_json::json;
use underpass_clouds::ErrorKind;
use underpass_model::part::{Doing, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};

use super::world::{
    REGION, absent, done, later, now, ours, outcome, perform, put, refused, running,
};
use crate::script::{Reply, Script, json as reply};
use crate::world::ready;

fn operation() -> String {
    format!("{REGION}/operations/operation-1")
}

fn poll(doing: Doing) -> Step {
    Step::Poll {
        part: Part::ForwardingRule,
        operation: operation(),
        doing,
    }
}

#[test]
fn an_operation_under_way_is_asked_after_again() {
    let script = Script::new();
    script.on("GET /operations/operation-1", running());
    let expected = Outcome::Making {
        operation: Some(operation()),
        check_after: later(1),
        doing: Doing::Put,
    };
    assert_eq!(outcome(&script, &poll(Doing::Put)), expected);
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
        ready(outcome(&script, &poll(Doing::Put))).spec,
        Spec::Present
    );
    let script = Script::new();
    script
        .on("GET /operations/operation-1", absent())
        .on("GET /up-s0a1b2c3d4e5-fr", absent());
    assert_eq!(outcome(&script, &poll(Doing::Delete)), Outcome::Gone);
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
    let error = perform(&script, &poll(Doing::Delete)).unwrap_err();
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
        let step = put(Part::ForwardingRule, Spec::Present, None);
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
        (409, "alreadyExists", ErrorKind::Conflict),
        (412, "conditionNotMet", ErrorKind::Conflict),
        (429, "somethingNew", passing),
        (503, "backendError", passing),
    ] {
        let script = Script::new();
        script
            .on("GET /up-s0a1b2c3d4e5-fr", absent())
            .on("POST /forwardingRules", refused(status, reason, "because"));
        let step = put(Part::ForwardingRule, Spec::Present, None);
        let error = perform(&script, &step).unwrap_err();
        assert_eq!((error.kind, error.code.as_str()), (kind, reason));
        assert!(error.message.contains("because"));
    }
}

#[test]
fn a_404_of_another_origin_is_not_an_empty_cloud() {
    let script = Script::new();
    script.on(
        "GET /up-s0a1b2c3d4e5-fr",
        Reply::Answer(404, Vec::new(), "<html>".to_owned()),
    );
    assert!(perform(&script, &Step::Read(Part::ForwardingRule)).is_err());
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
        let step = put(Part::ForwardingRule, Spec::Present, None);
        assert_eq!(perform(&script, &step).unwrap_err().kind, kind);
    }
}
