use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;
use crate::google::model::Fault;

fn spare() -> Value {
    subnet("spare", "10.9.0.0/24", "PRIVATE")
}

fn fault(status: u16, reason: &str) -> Fault {
    Fault {
        path_contains: "subnetworks".to_owned(),
        status,
        reason: reason.to_owned(),
        message: "by a test".to_owned(),
        ..Fault::default()
    }
}

#[test]
fn a_fault_replaces_the_reply_as_often_as_it_says() {
    let mut fixture = Fixture::new();
    fixture.google.inject_fault(Fault {
        times: 2,
        ..fault(403, "rateLimitExceeded")
    });
    for _ in 0..2 {
        let reply = fixture.post(&regional("subnetworks"), spare());
        assert_eq!(refusal(&reply), (403, "rateLimitExceeded".to_owned()));
        assert_eq!(message(&reply), "by a test");
    }
    assert_eq!(fixture.get(&regional("subnetworks/spare")).status, 404);
    fixture.created(&regional("subnetworks"), spare());
}

#[test]
fn a_fault_matches_the_requests_it_describes() {
    let mut fixture = Fixture::new();
    fixture.google.inject_fault(Fault {
        method: Some("patch".to_owned()),
        path_suffix: "/nat".to_owned(),
        ..fault(503, "backendError")
    });
    fixture.shown(&regional("subnetworks/nat"));
    fixture.updated(&regional("subnetworks/nodes"), json!({}));
    let reply = fixture.change(&regional("subnetworks/nat"), json!({}));
    assert_eq!(refusal(&reply), (503, "backendError".to_owned()));
    fixture.updated(&regional("subnetworks/nat"), json!({}));
}

#[test]
fn faults_apply_in_the_order_of_injection_and_not_zero_times() {
    let mut fixture = Fixture::new();
    fixture.google.inject_fault(Fault {
        times: 0,
        ..fault(500, "internalError")
    });
    fixture.google.inject_fault(fault(502, "first"));
    fixture.google.inject_fault(fault(503, "second"));
    let path = regional("subnetworks");
    assert_eq!(fixture.get(&path).status, 502);
    assert_eq!(fixture.get(&path).status, 503);
    assert_eq!(fixture.get(&path).status, 200);
}

#[test]
fn a_reply_may_be_lost_after_the_request_was_executed() {
    let mut fixture = Fixture::new();
    fixture.google.inject_fault(Fault {
        apply_first: true,
        ..fault(502, "backendError")
    });
    let id = "requestId=8d6f3a52-0f0b-4a53-9c26-2f4f7a9be001";
    let path = format!("{}?{id}", regional("subnetworks"));
    let reply = fixture.post(&path, spare());
    assert_eq!(refusal(&reply), (502, "backendError".to_owned()));
    fixture.shown(&regional("subnetworks/spare"));
    // The repeated request finds the operation of the first.
    operation(&fixture.post(&path, spare()));
    let another = fixture.refused(&regional("subnetworks"), spare());
    assert_eq!(another, (409, "alreadyExists".to_owned()));
}

#[test]
fn an_operation_can_be_made_to_fail() {
    for mut fixture in [Fixture::new(), Fixture::slow()] {
        fixture.google.inject_fault(fault(200, "quotaExceeded"));
        let reply = fixture.post(&regional("subnetworks"), spare());
        let link = operation(&reply)["selfLink"].as_str().unwrap().to_owned();
        fixture.complete_operations();
        let ended = fixture.shown(&link);
        assert_eq!(ended["status"], "DONE");
        let error = json!({ "code": "QUOTA_EXCEEDED", "message": "by a test" });
        assert_eq!(ended["error"]["errors"], json!([error]));
        assert_eq!(ended["httpErrorStatusCode"], 403);
        assert_eq!(ended["httpErrorMessage"], "FORBIDDEN");
        assert_eq!(fixture.get(&regional("subnetworks/spare")).status, 404);
        fixture.created(&regional("subnetworks"), spare());
    }
}

#[test]
fn error_codes_have_an_http_status() {
    for (reason, code, status) in [
        ("resourceNotReady", "RESOURCE_NOT_READY", 400),
        (
            "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE",
            "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE",
            400,
        ),
        ("forbidden", "FORBIDDEN", 403),
        ("resourceNotFound", "RESOURCE_NOT_FOUND", 404),
        ("alreadyExists", "ALREADY_EXISTS", 409),
        ("conditionNotMet", "CONDITION_NOT_MET", 412),
        ("internalError", "INTERNAL_ERROR", 500),
        (
            "ZONE_RESOURCE_POOL_EXHAUSTED",
            "ZONE_RESOURCE_POOL_EXHAUSTED",
            503,
        ),
    ] {
        let mut fixture = Fixture::new();
        fixture.google.inject_fault(fault(200, reason));
        let ended = operation(&fixture.post(&regional("subnetworks"), spare()));
        assert_eq!(ended["error"]["errors"][0]["code"], code);
        assert_eq!(ended["httpErrorStatusCode"], status, "{reason}");
    }
}

#[test]
fn a_failed_update_changes_nothing() {
    let mut fixture = Fixture::slow().with_accepted();
    let before = fixture.shown(&regional(SA));
    let bindings = fixture.google.bindings();
    fixture.google.inject_fault(Fault {
        method: Some("PATCH".to_owned()),
        path_contains: "serviceAttachments".to_owned(),
        ..fault(200, "internalError")
    });
    operation(&fixture.change(&regional(SA), json!({ "consumerAcceptLists": [] })));
    fixture.complete_operations();
    assert_eq!(fixture.shown(&regional(SA)), before);
    assert_eq!(fixture.google.bindings(), bindings);
    // The next update is not blocked.
    fixture.updated(&regional(SA), json!({ "consumerAcceptLists": [] }));
    assert!(fixture.google.bindings().is_empty());
}

#[test]
fn a_failed_deletion_changes_nothing() {
    let mut fixture = Fixture::slow().with_accepted();
    fixture.google.inject_fault(Fault {
        method: Some("DELETE".to_owned()),
        path_contains: String::new(),
        ..fault(200, "resourceNotReady")
    });
    operation(&fixture.delete(&regional(SA)));
    fixture.complete_operations();
    assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
    assert_eq!(fixture.google.bindings().len(), 1);
    fixture.created(
        &consumer_regional(CONSUMER, "forwardingRules"),
        endpoint("f"),
    );
    fixture.deleted(&regional(SA));
}

#[test]
fn a_failed_endpoint_is_never_listed() {
    let mut fixture = Fixture::new().with_attachment();
    fixture.google.inject_fault(Fault {
        path_contains: "forwardingRules".to_owned(),
        ..fault(200, "internalError")
    });
    operation(&fixture.post(
        &consumer_regional(CONSUMER, "forwardingRules"),
        endpoint("e"),
    ));
    assert_eq!(fixture.connected(), [] as [Value; 0]);
    let created = fixture.created(
        &consumer_regional(CONSUMER, "forwardingRules"),
        endpoint("e"),
    );
    assert_eq!(created["IPAddress"], "127.64.0.2");
}

#[test]
fn an_operation_can_be_delayed() {
    let mut fixture = Fixture::slow();
    fixture.google.inject_fault(Fault {
        hold_seconds: 30,
        ..fault(200, "")
    });
    let reply = fixture.post(&regional("subnetworks"), spare());
    let link = operation(&reply)["selfLink"].as_str().unwrap().to_owned();
    fixture.advance(DELAY);
    fixture.advance(DELAY * 2);
    assert_eq!(fixture.shown(&link)["status"], "RUNNING");
    fixture.advance(DELAY);
    let ended = fixture.shown(&link);
    assert_eq!(ended["status"], "DONE");
    assert_eq!(ended.get("error"), None);
    fixture.shown(&regional("subnetworks/spare"));
}

#[test]
fn faults_are_not_written_to_the_journal() {
    let mut fixture = Fixture::new();
    let before = fixture.google.snapshot();
    fixture.google.inject_fault(fault(500, "internalError"));
    assert_eq!(fixture.google.snapshot(), before);
}
