use std::time::Duration;

use serde_json::{Value, json};

use super::fixture::*;

const ID: &str = "requestId=8d6f3a52-0f0b-4a53-9c26-2f4f7a9be001";

fn spare() -> Value {
    subnet("spare", "10.9.0.0/24", "PRIVATE")
}

#[test]
fn a_repeated_request_id_returns_the_same_operation() {
    let mut fixture = Fixture::slow();
    let path = format!("{}?{ID}", regional("subnetworks"));
    let first = operation(&fixture.post(&path, spare()));
    let id = first["clientOperationId"].as_str().unwrap();
    assert_eq!(format!("requestId={id}"), ID);
    fixture.advance(DELAY);
    let again = operation(&fixture.post(&path, spare()));
    assert_eq!(again["name"], first["name"]);
    assert_eq!(again["status"], "DONE");
    // Without a request id, it is a new request.
    let without = fixture.refused(&regional("subnetworks"), spare());
    assert_eq!(without, (409, "alreadyExists".to_owned()));
}

#[test]
fn a_repeated_deletion_gets_the_same_reply() {
    let mut fixture = Fixture::new();
    fixture.created(&regional("subnetworks"), spare());
    let path = format!("{}?{ID}", regional("subnetworks/spare"));
    let first = operation(&fixture.delete(&path));
    let again = operation(&fixture.delete(&path));
    assert_eq!(again, first);
    assert_eq!(fixture.get(&regional("subnetworks/spare")).status, 404);
    let without = fixture.delete(&regional("subnetworks/spare"));
    assert_eq!(refusal(&without), (404, "notFound".to_owned()));
}

#[test]
fn a_repeated_update_needs_no_new_fingerprint() {
    let mut fixture = Fixture::new();
    let path = format!("{}?{ID}", regional("subnetworks/nodes"));
    let fingerprint = fixture.shown(&regional("subnetworks/nodes"))["fingerprint"].clone();
    let body = json!({ "privateIpGoogleAccess": true, "fingerprint": fingerprint });
    let first = operation(&fixture.patch(&path, body.clone()));
    let after = fixture.shown(&regional("subnetworks/nodes"));
    assert_eq!(operation(&fixture.patch(&path, body)), first);
    assert_eq!(fixture.shown(&regional("subnetworks/nodes")), after);
}

#[test]
fn a_repeated_membership_change_is_applied_once() {
    let mut fixture = Fixture::new();
    fixture.created(&zonal("instances"), instance("n1"));
    fixture.created(
        &zonal("instanceGroups"),
        json!({ "name": "g", "network": "global/networks/net" }),
    );
    let path = format!("{}?{ID}", zonal("instanceGroups/g/addInstances"));
    let body = json!({ "instances": [{ "instance": link(&zonal("instances/n1")) }] });
    let first = operation(&fixture.post(&path, body.clone()));
    assert_eq!(operation(&fixture.post(&path, body)), first);
}

#[test]
fn a_request_id_is_a_uuid_other_than_nil() {
    let mut fixture = Fixture::new();
    for id in ["7", "x", "00000000-0000-0000-0000-000000000000"] {
        let path = format!("{}?requestId={id}", regional("subnetworks"));
        let reply = fixture.post(&path, spare());
        assert_eq!(refusal(&reply), invalid(), "{id}");
        assert!(message(&reply).contains("'requestId'"));
        let path = format!("{}?requestId={id}", regional("subnetworks/nat"));
        assert_eq!(refusal(&fixture.delete(&path)), invalid(), "{id}");
    }
    assert_eq!(fixture.get(&regional("subnetworks/spare")).status, 404);
}

#[test]
fn a_refused_request_may_be_repeated_under_its_id() {
    let mut fixture = Fixture::new();
    let path = format!("{}?{ID}", regional("subnetworks"));
    let mut body = spare();
    body["ipCidrRange"] = json!("10.0.0.0/24");
    assert_eq!(fixture.refused(&path, body), invalid());
    operation(&fixture.post(&path, spare()));
    fixture.shown(&regional("subnetworks/spare"));
}

#[test]
fn request_ids_are_scoped_to_a_project() {
    let mut fixture = Fixture::new();
    let first = fixture.post(&format!("{}?{ID}", regional("subnetworks")), spare());
    let path = format!("{}?{ID}", consumer_regional(CONSUMER, "subnetworks"));
    let second = fixture.post(&path, spare());
    assert_ne!(operation(&first)["name"], operation(&second)["name"]);
    fixture.shown(&consumer_regional(CONSUMER, "subnetworks/spare"));
}

#[test]
fn a_request_id_expires_with_its_operation() {
    let mut fixture = Fixture::new();
    let path = format!("{}?{ID}", regional("subnetworks"));
    operation(&fixture.post(&path, spare()));
    fixture.advance(Duration::from_hours(1));
    let again = fixture.refused(&path, spare());
    assert_eq!(again, (409, "alreadyExists".to_owned()));
}
