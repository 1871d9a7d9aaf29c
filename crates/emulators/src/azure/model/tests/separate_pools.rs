//! Writes of a backend pool by itself.

use serde_json::json;

use super::fixture::*;
use crate::azure::model::Azure;
use crate::cloud_model::CloudModel as _;

const LB: &str = "loadBalancers/lb";
const POOL: &str = "loadBalancers/lb/backendAddressPools/extra";

#[test]
fn a_pool_is_added_to_its_balancer_and_removed_from_it() {
    let mut fixture = Fixture::slow();
    fixture.made(&ours(LB), balancer(&[5432]));
    let before = fixture.seen(&ours(LB));
    let created = fixture.put(&ours(POOL), json!({ "properties": {} }));
    assert_eq!(created.status, 201);
    let shown = created.body.clone().unwrap();
    assert_eq!(shown["name"], "extra");
    assert_eq!(shown["properties"]["provisioningState"], "Updating");
    assert_eq!(
        shown["properties"]["loadBalancerBackendAddresses"],
        json!([])
    );
    // The balancer is being written.
    let refused = fixture.put(&ours(LB), balancer(&[5432]));
    assert_eq!(refusal(&refused).1, "AnotherOperationInProgress");
    fixture.settle();
    let after = fixture.seen(&ours(LB));
    assert_eq!(
        after["properties"]["backendAddressPools"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_ne!(after["etag"], before["etag"]);
    assert_eq!(
        after["properties"]["loadBalancingRules"][0]["properties"],
        before["properties"]["loadBalancingRules"][0]["properties"]
    );
    let repeated = fixture.put(&ours(POOL), json!({ "properties": {} }));
    assert_eq!(repeated.status, 200);
    let state = &repeated.body.unwrap()["properties"]["provisioningState"];
    assert_eq!(state, "Succeeded");

    let deleted = fixture.delete(&ours(POOL));
    assert_eq!(deleted.status, 202);
    let result = header(&deleted, "location").unwrap().to_owned();
    assert_eq!(fixture.get(&result).status, 202);
    fixture.settle();
    assert_eq!(fixture.get(&result).status, 204);
    assert_eq!(
        refusal(&fixture.get(&ours(POOL))),
        (404, "NotFound".to_owned())
    );
    assert_eq!(fixture.delete(&ours(POOL)).status, 204);
    assert!(fixture.get(&ours(LB)).status == 200);
}

#[test]
fn an_operation_on_a_pool_survives_a_restart() {
    let mut fixture = Fixture::slow();
    fixture.made(&ours(LB), balancer(&[5432]));
    fixture.put(&ours(POOL), json!({}));
    fixture.settle();
    let deleted = fixture.delete(&ours(POOL));
    let result = header(&deleted, "location").unwrap().to_owned();
    let configuration = fixture.azure.state.configuration().clone();
    fixture.azure = Azure::restore(configuration, fixture.azure.snapshot()).unwrap();
    fixture.settle();
    assert_eq!(fixture.get(&result).status, 204);
    assert_eq!(fixture.get(&ours(LB)).status, 200);
}

#[test]
fn pools_are_checked_with_their_balancer() {
    let mut fixture = Fixture::new().with_service();
    let refused = fixture.put(&ours(POOL), json!({ "properties": { "members": 1 } }));
    assert_eq!(refusal(&refused).1, "InvalidRequestFormat");
    let missing = fixture.put(&ours("loadBalancers/no/backendAddressPools/a"), json!({}));
    assert_eq!(
        refusal(&missing),
        (404, "ParentResourceNotFound".to_owned())
    );
    let used = fixture.delete(&ours("loadBalancers/lb/backendAddressPools/be"));
    assert_eq!(refusal(&used).0, 400);
    let bindings = fixture.azure.bindings();
    assert_eq!(fixture.put(&ours(POOL), json!({})).status, 201);
    assert_eq!(fixture.azure.bindings(), bindings);
    // Other parts are written with their balancer only.
    let probe = fixture.put(&ours("loadBalancers/lb/probes/p"), json!({}));
    assert_eq!(refusal(&probe), (405, "HttpMethodNotAllowed".to_owned()));
}
