use serde_json::json;

use super::fixture::*;
use crate::azure::model::Fault;
use crate::cloud_model::CloudModel as _;

fn fault(status: u16, apply_first: bool) -> Fault {
    Fault {
        method: Some("put".to_owned()),
        path_contains: "/LOADBALANCERS/".to_owned(),
        status,
        code: "Planted".to_owned(),
        message: "by a test".to_owned(),
        retry_after_seconds: None,
        times: 1,
        apply_first,
        hold_seconds: 0,
    }
}

#[test]
fn a_fault_answers_instead_as_often_as_it_says() {
    let mut fixture = Fixture::new();
    fixture.azure.inject_fault(Fault {
        times: 2,
        retry_after_seconds: Some(7),
        ..fault(429, false)
    });
    assert_eq!(fixture.get(&ours("loadBalancers/lb")).status, 404);
    for _ in 0..2 {
        let reply = fixture.put(&ours("loadBalancers/lb"), balancer(&[]));
        assert_eq!(refusal(&reply), (429, "Planted".to_owned()));
        assert_eq!(header(&reply, "retry-after"), Some("7"));
    }
    assert_eq!(fixture.get(&ours("loadBalancers/lb")).status, 404);
    fixture.made(&ours("loadBalancers/lb"), balancer(&[]));
}

#[test]
fn a_lost_reply_has_done_its_work() {
    let mut fixture = Fixture::new();
    fixture.azure.inject_fault(fault(504, true));
    assert_eq!(
        fixture.put(&ours("loadBalancers/lb"), balancer(&[])).status,
        504
    );
    fixture.seen(&ours("loadBalancers/lb"));
}

#[test]
fn an_operation_can_be_made_to_fail_and_the_write_repeated() {
    let mut fixture = Fixture::slow();
    fixture.azure.inject_fault(fault(201, false));
    let reply = fixture.put(&ours("loadBalancers/lb"), balancer(&[]));
    assert_eq!(reply.status, 201);
    let url = header(&reply, "azure-asyncoperation").unwrap().to_owned();
    fixture.pass(DELAY);
    let status = fixture.get(&url);
    assert_eq!(status.status, 200);
    assert_eq!(
        status.body.unwrap(),
        json!({ "status": "Failed",
                "error": { "code": "Planted", "message": "by a test", "details": [] } })
    );
    let shown = fixture.seen(&ours("loadBalancers/lb"));
    assert_eq!(shown["properties"]["provisioningState"], "Failed");
    let shown = fixture.made(&ours("loadBalancers/lb"), balancer(&[]));
    assert_eq!(shown["properties"]["provisioningState"], "Succeeded");
}

#[test]
fn an_endpoint_that_fails_is_not_seen_by_the_provider_until_it_is_repaired() {
    let mut fixture = Fixture::slow().with_service();
    let alias = fixture.alias();
    let path = theirs("privateEndpoints/e");
    fixture.azure.inject_fault(Fault {
        path_contains: "privateendpoints".to_owned(),
        ..fault(200, false)
    });
    fixture.consumer().put(&path, manual(&alias));
    fixture.pass(DELAY);
    let list = ours("privateLinkServices/s/privateEndpointConnections");
    assert_eq!(fixture.seen(&list)["value"], json!([]));
    fixture.consumer().put(&path, manual(&alias));
    fixture.pass(DELAY);
    fixture.connection();
}

#[test]
fn a_decision_that_fails_leaves_the_connection_visible_and_can_be_repeated() {
    let mut fixture = Fixture::slow().with_endpoint();
    let connection = fixture.connection();
    fixture.azure.inject_fault(Fault {
        path_contains: "privateendpointconnections".to_owned(),
        ..fault(200, false)
    });
    assert_eq!(fixture.put(&connection, decision("Approved")).status, 200);
    fixture.pass(DELAY);
    let shown = fixture.seen(&connection);
    assert_eq!(shown["properties"]["provisioningState"], "Failed");
    assert_eq!(fixture.connection(), connection);
    fixture.made(&connection, decision("Approved"));
    let shown = fixture.seen(&connection);
    assert_eq!(shown["properties"]["provisioningState"], "Succeeded");
    assert_eq!(fixture.azure.bindings().len(), 1);
}

#[test]
fn a_delete_that_fails_leaves_things_as_they_were() {
    let mut fixture = Fixture::slow().with_endpoint();
    let connection = fixture.connection();
    fixture.made(&connection, decision("Approved"));
    fixture.azure.inject_fault(Fault {
        method: Some("DELETE".to_owned()),
        path_contains: String::new(),
        ..fault(202, false)
    });
    assert_eq!(fixture.delete(&connection).status, 202);
    assert!(fixture.azure.bindings().is_empty());
    fixture.pass(DELAY);
    assert_eq!(fixture.connection(), connection);
    assert_eq!(fixture.endpoint_status(), "Approved");
    assert_eq!(fixture.azure.bindings().len(), 1);
}

#[test]
fn an_update_that_fails_does_not_cut_flows() {
    let mut fixture = Fixture::slow().with_endpoint();
    let connection = fixture.connection();
    fixture.made(&connection, decision("Approved"));
    fixture.azure.inject_fault(Fault {
        path_contains: String::new(),
        ..fault(200, false)
    });
    let path = theirs("privateEndpoints/e");
    let endpoint = fixture.seen_by_consumer(&path);
    assert_eq!(fixture.consumer().put(&path, endpoint).status, 200);
    fixture.pass(DELAY);
    let shown = fixture.seen_by_consumer(&path);
    assert_eq!(shown["properties"]["provisioningState"], "Failed");
    assert_eq!(fixture.azure.bindings().len(), 1);
}
