use serde_json::json;

use super::world::*;
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
    }
}

#[test]
fn a_fault_answers_instead_as_often_as_it_says() {
    let mut world = World::new();
    world.azure.inject_fault(Fault {
        times: 2,
        retry_after_seconds: Some(7),
        ..fault(429, false)
    });
    assert_eq!(world.get(&ours("loadBalancers/lb")).status, 404);
    for _ in 0..2 {
        let reply = world.put(&ours("loadBalancers/lb"), balancer(&[]));
        assert_eq!(refusal(&reply), (429, "Planted".to_owned()));
        assert_eq!(header(&reply, "retry-after"), Some("7"));
    }
    assert_eq!(world.get(&ours("loadBalancers/lb")).status, 404);
    world.made(&ours("loadBalancers/lb"), balancer(&[]));
}

#[test]
fn a_lost_reply_has_done_its_work() {
    let mut world = World::new();
    world.azure.inject_fault(fault(504, true));
    assert_eq!(
        world.put(&ours("loadBalancers/lb"), balancer(&[])).status,
        504
    );
    world.seen(&ours("loadBalancers/lb"));
}

#[test]
fn an_operation_can_be_made_to_fail_and_the_write_repeated() {
    let mut world = World::slow();
    world.azure.inject_fault(fault(201, false));
    let reply = world.put(&ours("loadBalancers/lb"), balancer(&[]));
    assert_eq!(reply.status, 201);
    let url = header(&reply, "azure-asyncoperation").unwrap().to_owned();
    world.pass(DELAY);
    let status = world.get(&url);
    assert_eq!(status.status, 200);
    assert_eq!(
        status.body.unwrap(),
        json!({ "status": "Failed",
                "error": { "code": "Planted", "message": "by a test", "details": [] } })
    );
    let shown = world.seen(&ours("loadBalancers/lb"));
    assert_eq!(shown["properties"]["provisioningState"], "Failed");
    let shown = world.made(&ours("loadBalancers/lb"), balancer(&[]));
    assert_eq!(shown["properties"]["provisioningState"], "Succeeded");
}

#[test]
fn an_endpoint_that_fails_is_not_seen_by_the_provider_until_it_is_repaired() {
    let mut world = World::slow().with_service();
    let alias = world.alias();
    let path = theirs("privateEndpoints/e");
    world.azure.inject_fault(Fault {
        path_contains: "privateendpoints".to_owned(),
        ..fault(200, false)
    });
    world.consumer().put(&path, manual(&alias));
    world.pass(DELAY);
    let list = ours("privateLinkServices/s/privateEndpointConnections");
    assert_eq!(world.seen(&list)["value"], json!([]));
    world.consumer().put(&path, manual(&alias));
    world.pass(DELAY);
    world.connection();
}

#[test]
fn a_delete_that_fails_leaves_things_as_they_were() {
    let mut world = World::slow().with_endpoint();
    let connection = world.connection();
    world.made(&connection, decision("Approved"));
    world.azure.inject_fault(Fault {
        method: Some("DELETE".to_owned()),
        path_contains: String::new(),
        ..fault(202, false)
    });
    assert_eq!(world.delete(&connection).status, 202);
    assert!(world.azure.bindings().is_empty());
    world.pass(DELAY);
    assert_eq!(world.connection(), connection);
    assert_eq!(world.endpoint_status(), "Approved");
    assert_eq!(world.azure.bindings().len(), 1);
}

#[test]
fn an_update_that_fails_does_not_cut_what_works() {
    let mut world = World::slow().with_endpoint();
    let connection = world.connection();
    world.made(&connection, decision("Approved"));
    world.azure.inject_fault(Fault {
        path_contains: String::new(),
        ..fault(200, false)
    });
    let path = theirs("privateEndpoints/e");
    let endpoint = world.seen_by_consumer(&path);
    assert_eq!(world.consumer().put(&path, endpoint).status, 200);
    world.pass(DELAY);
    let shown = world.seen_by_consumer(&path);
    assert_eq!(shown["properties"]["provisioningState"], "Failed");
    assert_eq!(world.azure.bindings().len(), 1);
}
