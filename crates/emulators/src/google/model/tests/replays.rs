use std::time::Duration;

use serde_json::{Value, json};

use super::world::*;

const ID: &str = "requestId=8d6f3a52-0f0b-4a53-9c26-2f4f7a9be001";

fn spare() -> Value {
    subnet("spare", "10.9.0.0/24", "PRIVATE")
}

#[test]
fn a_request_sent_again_under_its_id_is_the_same_operation() {
    let mut world = World::slow();
    let path = format!("{}?{ID}", ours("subnetworks"));
    let first = operation(&world.post(&path, spare()));
    let id = first["clientOperationId"].as_str().unwrap();
    assert_eq!(format!("requestId={id}"), ID);
    world.pass(DELAY);
    let again = operation(&world.post(&path, spare()));
    assert_eq!(again["name"], first["name"]);
    assert_eq!(again["status"], "DONE");
    // Without it, it is another request.
    let without = world.refused(&ours("subnetworks"), spare());
    assert_eq!(without, (409, "alreadyExists".to_owned()));
}

#[test]
fn a_deletion_sent_again_is_answered_though_nothing_is_left() {
    let mut world = World::new();
    world.made(&ours("subnetworks"), spare());
    let path = format!("{}?{ID}", ours("subnetworks/spare"));
    let first = operation(&world.delete(&path));
    let again = operation(&world.delete(&path));
    assert_eq!(again, first);
    assert_eq!(world.get(&ours("subnetworks/spare")).status, 404);
    let without = world.delete(&ours("subnetworks/spare"));
    assert_eq!(refusal(&without), (404, "notFound".to_owned()));
}

#[test]
fn a_change_sent_again_needs_no_new_fingerprint() {
    let mut world = World::new();
    let path = format!("{}?{ID}", ours("subnetworks/nodes"));
    let fingerprint = world.seen(&ours("subnetworks/nodes"))["fingerprint"].clone();
    let body = json!({ "privateIpGoogleAccess": true, "fingerprint": fingerprint });
    let first = operation(&world.patch(&path, body.clone()));
    let after = world.seen(&ours("subnetworks/nodes"));
    assert_eq!(operation(&world.patch(&path, body)), first);
    assert_eq!(world.seen(&ours("subnetworks/nodes")), after);
}

#[test]
fn a_change_of_members_sent_again_is_not_made_twice() {
    let mut world = World::new();
    world.made(&zonal("instances"), instance("n1"));
    world.made(
        &zonal("instanceGroups"),
        json!({ "name": "g", "network": "global/networks/net" }),
    );
    let path = format!("{}?{ID}", zonal("instanceGroups/g/addInstances"));
    let body = json!({ "instances": [{ "instance": link(&zonal("instances/n1")) }] });
    let first = operation(&world.post(&path, body.clone()));
    assert_eq!(operation(&world.post(&path, body)), first);
}

#[test]
fn a_request_id_is_a_uuid_other_than_zero() {
    let mut world = World::new();
    for id in ["7", "x", "00000000-0000-0000-0000-000000000000"] {
        let path = format!("{}?requestId={id}", ours("subnetworks"));
        let reply = world.post(&path, spare());
        assert_eq!(refusal(&reply), invalid(), "{id}");
        assert!(message(&reply).contains("'requestId'"));
        let path = format!("{}?requestId={id}", ours("subnetworks/nat"));
        assert_eq!(refusal(&world.delete(&path)), invalid(), "{id}");
    }
    assert_eq!(world.get(&ours("subnetworks/spare")).status, 404);
}

#[test]
fn a_request_that_was_refused_may_be_sent_again_under_its_id() {
    let mut world = World::new();
    let path = format!("{}?{ID}", ours("subnetworks"));
    let mut body = spare();
    body["ipCidrRange"] = json!("10.0.0.0/24");
    assert_eq!(world.refused(&path, body), invalid());
    operation(&world.post(&path, spare()));
    world.seen(&ours("subnetworks/spare"));
}

#[test]
fn each_project_has_request_ids_of_its_own() {
    let mut world = World::new();
    let first = world.post(&format!("{}?{ID}", ours("subnetworks")), spare());
    let path = format!("{}?{ID}", theirs(CONSUMER, "subnetworks"));
    let second = world.post(&path, spare());
    assert_ne!(operation(&first)["name"], operation(&second)["name"]);
    world.seen(&theirs(CONSUMER, "subnetworks/spare"));
}

#[test]
fn a_request_id_is_forgotten_with_its_operation() {
    let mut world = World::new();
    let path = format!("{}?{ID}", ours("subnetworks"));
    operation(&world.post(&path, spare()));
    world.pass(Duration::from_hours(1));
    let again = world.refused(&path, spare());
    assert_eq!(again, (409, "alreadyExists".to_owned()));
}
