use serde_json::{Value, json};

use super::world::*;
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
fn a_fault_answers_instead_as_often_as_it_says() {
    let mut world = World::new();
    world.google.inject_fault(Fault {
        times: 2,
        ..fault(403, "rateLimitExceeded")
    });
    for _ in 0..2 {
        let reply = world.post(&ours("subnetworks"), spare());
        assert_eq!(refusal(&reply), (403, "rateLimitExceeded".to_owned()));
        assert_eq!(message(&reply), "by a test");
    }
    assert_eq!(world.get(&ours("subnetworks/spare")).status, 404);
    world.made(&ours("subnetworks"), spare());
}

#[test]
fn a_fault_concerns_the_requests_it_describes() {
    let mut world = World::new();
    world.google.inject_fault(Fault {
        method: Some("patch".to_owned()),
        path_suffix: "/nat".to_owned(),
        ..fault(503, "backendError")
    });
    world.seen(&ours("subnetworks/nat"));
    world.patched(&ours("subnetworks/nodes"), json!({}));
    let reply = world.change(&ours("subnetworks/nat"), json!({}));
    assert_eq!(refusal(&reply), (503, "backendError".to_owned()));
    world.patched(&ours("subnetworks/nat"), json!({}));
}

#[test]
fn faults_apply_in_the_order_they_were_planted_and_none_of_no_times() {
    let mut world = World::new();
    world.google.inject_fault(Fault {
        times: 0,
        ..fault(500, "internalError")
    });
    world.google.inject_fault(fault(502, "first"));
    world.google.inject_fault(fault(503, "second"));
    let path = ours("subnetworks");
    assert_eq!(world.get(&path).status, 502);
    assert_eq!(world.get(&path).status, 503);
    assert_eq!(world.get(&path).status, 200);
}

#[test]
fn a_reply_may_be_lost_after_the_request_was_carried_out() {
    let mut world = World::new();
    world.google.inject_fault(Fault {
        apply_first: true,
        ..fault(502, "backendError")
    });
    let id = "requestId=8d6f3a52-0f0b-4a53-9c26-2f4f7a9be001";
    let path = format!("{}?{id}", ours("subnetworks"));
    let reply = world.post(&path, spare());
    assert_eq!(refusal(&reply), (502, "backendError".to_owned()));
    world.seen(&ours("subnetworks/spare"));
    // The same request under its id finds what it did.
    operation(&world.post(&path, spare()));
    let another = world.refused(&ours("subnetworks"), spare());
    assert_eq!(another, (409, "alreadyExists".to_owned()));
}

#[test]
fn an_operation_can_be_made_to_fail() {
    for mut world in [World::new(), World::slow()] {
        world.google.inject_fault(fault(200, "quotaExceeded"));
        let reply = world.post(&ours("subnetworks"), spare());
        let link = operation(&reply)["selfLink"].as_str().unwrap().to_owned();
        world.settle();
        let ended = world.seen(&link);
        assert_eq!(ended["status"], "DONE");
        let error = json!({ "code": "QUOTA_EXCEEDED", "message": "by a test" });
        assert_eq!(ended["error"]["errors"], json!([error]));
        assert_eq!(ended["httpErrorStatusCode"], 403);
        assert_eq!(ended["httpErrorMessage"], "FORBIDDEN");
        assert_eq!(world.get(&ours("subnetworks/spare")).status, 404);
        world.made(&ours("subnetworks"), spare());
    }
}

#[test]
fn codes_have_the_status_they_would_have_as_reasons() {
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
        let mut world = World::new();
        world.google.inject_fault(fault(200, reason));
        let ended = operation(&world.post(&ours("subnetworks"), spare()));
        assert_eq!(ended["error"]["errors"][0]["code"], code);
        assert_eq!(ended["httpErrorStatusCode"], status, "{reason}");
    }
}

#[test]
fn a_change_that_fails_leaves_things_as_they_were() {
    let mut world = World::slow().with_accepted();
    let before = world.seen(&ours(SA));
    let bindings = world.google.bindings();
    world.google.inject_fault(Fault {
        method: Some("PATCH".to_owned()),
        path_contains: "serviceAttachments".to_owned(),
        ..fault(200, "internalError")
    });
    operation(&world.change(&ours(SA), json!({ "consumerAcceptLists": [] })));
    world.settle();
    assert_eq!(world.seen(&ours(SA)), before);
    assert_eq!(world.google.bindings(), bindings);
    // Nothing is in the way of the next.
    world.patched(&ours(SA), json!({ "consumerAcceptLists": [] }));
    assert!(world.google.bindings().is_empty());
}

#[test]
fn a_deletion_that_fails_leaves_things_as_they_were() {
    let mut world = World::slow().with_accepted();
    world.google.inject_fault(Fault {
        method: Some("DELETE".to_owned()),
        path_contains: String::new(),
        ..fault(200, "resourceNotReady")
    });
    operation(&world.delete(&ours(SA)));
    world.settle();
    assert_eq!(world.status(CONSUMER, "e"), "ACCEPTED");
    assert_eq!(world.google.bindings().len(), 1);
    world.made(&theirs(CONSUMER, "forwardingRules"), endpoint("f"));
    world.gone(&ours(SA));
}

#[test]
fn an_endpoint_that_fails_is_never_known_to_the_attachment() {
    let mut world = World::new().with_attachment();
    world.google.inject_fault(Fault {
        path_contains: "forwardingRules".to_owned(),
        ..fault(200, "internalError")
    });
    operation(&world.post(&theirs(CONSUMER, "forwardingRules"), endpoint("e")));
    assert_eq!(world.connected(), [] as [Value; 0]);
    let made = world.made(&theirs(CONSUMER, "forwardingRules"), endpoint("e"));
    assert_eq!(made["IPAddress"], "127.64.0.2");
}

#[test]
fn an_operation_can_be_held() {
    let mut world = World::slow();
    world.google.inject_fault(Fault {
        hold_seconds: 30,
        ..fault(200, "")
    });
    let reply = world.post(&ours("subnetworks"), spare());
    let link = operation(&reply)["selfLink"].as_str().unwrap().to_owned();
    world.pass(DELAY);
    world.pass(DELAY * 2);
    assert_eq!(world.seen(&link)["status"], "RUNNING");
    world.pass(DELAY);
    let ended = world.seen(&link);
    assert_eq!(ended["status"], "DONE");
    assert_eq!(ended.get("error"), None);
    world.seen(&ours("subnetworks/spare"));
}

#[test]
fn faults_are_not_kept_in_the_journal() {
    let mut world = World::new();
    let before = world.google.snapshot();
    world.google.inject_fault(fault(500, "internalError"));
    assert_eq!(world.google.snapshot(), before);
}
