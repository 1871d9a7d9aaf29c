use serde_json::json;

use super::fixture::*;
use crate::azure::model::Caller;

#[test]
fn a_request_without_a_token_is_unauthenticated() {
    let mut fixture = Fixture::new();
    let reply = fixture.anonymous().get(&ours("loadBalancers"));
    assert_eq!(
        refusal(&reply),
        (401, "InvalidAuthenticationToken".to_owned())
    );
    assert!(
        header(&reply, "www-authenticate")
            .unwrap()
            .starts_with("Bearer ")
    );
}

#[test]
fn the_providers_subscription_is_its_own_clients_alone() {
    let mut fixture = Fixture::new();
    let denied = (403, "AuthorizationFailed".to_owned());
    let reply = fixture.consumer().get(&ours("loadBalancers"));
    assert_eq!(refusal(&reply), denied);
    let colleague = Caller {
        client: "other".to_owned(),
        ..provider()
    };
    assert_eq!(
        refusal(&fixture.by(colleague).get(&ours("loadBalancers"))),
        denied
    );
}

#[test]
fn a_subscription_belongs_to_the_tenant_that_first_uses_it() {
    let mut fixture = Fixture::new();
    assert_eq!(
        fixture
            .by(stranger())
            .put(&group(STRANGER, "g"), json!({ "location": "westeurope" }))
            .status,
        201
    );
    let reply = fixture.consumer().get(&group(STRANGER, "g"));
    assert_eq!(refusal(&reply), (403, "AuthorizationFailed".to_owned()));
    // Any client of the tenant may use it.
    let colleague = Caller {
        client: "other".to_owned(),
        ..stranger()
    };
    assert_eq!(
        fixture
            .by(colleague)
            .get(&group(&STRANGER.to_uppercase(), "g"))
            .status,
        200
    );
}

#[test]
fn a_caller_sees_its_own_subscriptions() {
    let mut fixture = Fixture::new();
    let own = fixture.seen("/subscriptions");
    assert_eq!(own["value"].as_array().unwrap().len(), 1);
    assert_eq!(own["value"][0]["subscriptionId"], PROVIDER);
    assert_eq!(own["value"][0]["tenantId"], provider().tenant);
    assert_eq!(own["value"][0]["state"], "Enabled");
    let theirs = fixture.seen_by_consumer("/subscriptions");
    assert_eq!(theirs["value"][0]["subscriptionId"], CONSUMER);
    let one = fixture.seen(&format!("/subscriptions/{PROVIDER}"));
    assert_eq!(one["id"], format!("/subscriptions/{PROVIDER}"));
}

#[test]
fn resources_of_strangers_cannot_be_referred_to() {
    let mut fixture = Fixture::new().with_service();
    let mut body = manual(&fixture.alias());
    body["properties"]["subnet"]["id"] = json!(ours("virtualNetworks/v/subnets/nodes"));
    let reply = fixture.consumer().put(&theirs("privateEndpoints/e"), body);
    assert_eq!(
        refusal(&reply),
        (403, "LinkedAuthorizationFailed".to_owned())
    );
}

#[test]
fn providers_are_registered_as_a_formality() {
    let mut fixture = Fixture::new();
    let path = format!("/subscriptions/{PROVIDER}/providers/Microsoft.Network");
    let reply = fixture
        .by(provider())
        .send("POST", &format!("{path}/register"), None);
    assert_eq!(reply.body.unwrap()["registrationState"], "Registered");
    assert_eq!(fixture.seen(&path)["namespace"], "Microsoft.Network");
    let list = fixture.seen(&format!("/subscriptions/{PROVIDER}/providers"));
    assert_eq!(list["value"].as_array().unwrap().len(), 2);
    let unknown = fixture.get(&format!(
        "/subscriptions/{PROVIDER}/providers/Microsoft.Storage"
    ));
    assert_eq!(
        refusal(&unknown),
        (404, "InvalidResourceNamespace".to_owned())
    );
}
