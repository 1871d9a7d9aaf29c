use serde_json::json;

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

#[test]
fn a_group_is_created_immediately_and_shown_as_first_spelled() {
    let mut fixture = Fixture::with_delay(DELAY);
    let reply = fixture.put(
        &group(PROVIDER, "Rg-1"),
        json!({ "location": "West Europe", "tags": { "Name": "x" } }),
    );
    assert_eq!(reply.status, 201);
    assert_eq!(header(&reply, "azure-asyncoperation"), None);
    let again = fixture.put(
        &group(PROVIDER, "RG-1"),
        json!({ "location": "westeurope" }),
    );
    assert_eq!(again.status, 200);
    assert_eq!(
        again.body.unwrap(),
        json!({
            "id": format!("/subscriptions/{PROVIDER}/resourceGroups/Rg-1"),
            "name": "Rg-1",
            "type": "Microsoft.Resources/resourceGroups",
            "location": "westeurope",
            "properties": { "provisioningState": "Succeeded" },
        })
    );
    let list = fixture.seen(&format!("/subscriptions/{PROVIDER}/ResourceGroups"));
    assert_eq!(list["value"].as_array().unwrap().len(), 1);
}

#[test]
fn a_group_stays_in_its_region_and_needs_a_legal_name() {
    let mut fixture = Fixture::new();
    let moved = fixture.refused(&group(PROVIDER, "rg"), json!({ "location": "eastus" }));
    assert_eq!(moved, (409, "InvalidResourceGroupLocation".to_owned()));
    let bad = fixture.refused(&group(PROVIDER, "rg."), json!({ "location": "eastus" }));
    assert_eq!(bad, (400, "InvalidResourceGroup".to_owned()));
    let nowhere = fixture.refused(&group(PROVIDER, "g"), json!({}));
    assert_eq!(nowhere, (400, "LocationRequired".to_owned()));
}

#[test]
fn a_group_and_a_resource_are_in_a_region_that_exists() {
    let mut fixture = Fixture::new();
    for region in ["moon", "westeurop"] {
        let group = fixture.refused(&group(PROVIDER, "new"), json!({ "location": region }));
        let expected = "LocationNotAvailableForResourceGroup".to_owned();
        assert_eq!(group, (400, expected));
        let network = fixture.refused(&ours("virtualNetworks/new"), json!({ "location": region }));
        let expected = "LocationNotAvailableForResourceType".to_owned();
        assert_eq!(network, (400, expected));
    }
}

#[test]
fn head_tells_whether_a_group_is_there() {
    let mut fixture = Fixture::new();
    assert_eq!(
        fixture
            .by(provider())
            .send("HEAD", &group(PROVIDER, "rg"), None)
            .status,
        204
    );
    assert_eq!(
        fixture
            .by(provider())
            .send("HEAD", &group(PROVIDER, "no"), None)
            .status,
        404
    );
}

#[test]
fn a_missing_group_is_said_to_be_missing() {
    let mut fixture = Fixture::new();
    let path = group(PROVIDER, "no");
    assert_eq!(
        refusal(&fixture.get(&path)),
        (404, "ResourceGroupNotFound".to_owned())
    );
    assert_eq!(
        refusal(&fixture.delete(&path)),
        (404, "ResourceGroupNotFound".to_owned())
    );
    let inside = format!("{path}/providers/Microsoft.Network/loadBalancers/lb");
    let reply = fixture.get(&inside);
    assert_eq!(refusal(&reply), (404, "ResourceGroupNotFound".to_owned()));
    assert_eq!(header(&reply, "x-ms-failure-cause"), Some("gateway"));
}

#[test]
fn deleting_a_group_takes_its_contents_and_is_followed_by_location_only() {
    let mut fixture = Fixture::slow().with_service();
    let reply = fixture.delete(&group(PROVIDER, "rg"));
    assert_eq!(reply.status, 202);
    assert_eq!(header(&reply, "azure-asyncoperation"), None);
    let url = header(&reply, "location").unwrap().to_owned();
    assert!(
        url.contains(&format!("/subscriptions/{PROVIDER}/operationresults/")),
        "{url}"
    );
    assert_eq!(fixture.get(&url).status, 202);
    let write = fixture.refused(&ours("loadBalancers/x"), balancer_named("x", &[]));
    assert_eq!(write, (409, "ResourceGroupBeingDeleted".to_owned()));
    fixture.pass(DELAY);
    assert_eq!(fixture.get(&url).status, 200);
    assert!(
        !fixture
            .azure
            .resource_ids()
            .iter()
            .any(|id| id.contains(PROVIDER))
    );
    assert!(fixture.azure.host_mappings().is_empty());
}

#[test]
fn a_group_hangs_while_a_foreign_endpoint_is_connected() {
    let mut fixture = Fixture::new().with_endpoint();
    let reply = fixture.delete(&group(PROVIDER, "rg"));
    let url = header(&reply, "location").unwrap().to_owned();
    for _ in 0..100 {
        fixture.pass(DELAY);
        assert_eq!(fixture.get(&url).status, 202);
        // Waiting changes nothing in the journal and has no due time.
        fixture.azure.take_changes();
        assert_eq!(fixture.get(&url).status, 202);
        assert!(fixture.azure.take_changes().is_empty());
        assert_eq!(fixture.azure.next_due(), None);
    }
    assert_eq!(
        fixture
            .consumer()
            .delete(&theirs("privateEndpoints/e"))
            .status,
        200
    );
    fixture.pass(DELAY);
    assert_eq!(fixture.get(&url).status, 200);
    assert_eq!(refusal(&fixture.get(&group(PROVIDER, "rg"))).0, 404);
}

#[test]
fn a_consumers_group_goes_with_its_endpoints_and_the_provider_sees_it() {
    let mut fixture = Fixture::new().with_endpoint();
    assert_eq!(
        fixture.consumer().delete(&group(CONSUMER, "app")).status,
        200
    );
    let list = fixture.seen(&ours("privateLinkServices/s/privateEndpointConnections"));
    assert_eq!(list, json!({ "value": [] }));
    assert!(
        !fixture
            .azure
            .resource_ids()
            .iter()
            .any(|id| id.contains(CONSUMER))
    );
}

#[test]
fn removing_the_connections_lets_a_hanging_group_go() {
    let mut fixture = Fixture::new().with_endpoint();
    let connection = fixture.connection();
    let reply = fixture.delete(&group(PROVIDER, "rg"));
    let url = header(&reply, "location").unwrap().to_owned();
    let refused = fixture.refused(&connection, decision("Rejected"));
    assert_eq!(refused, (409, "ResourceGroupBeingDeleted".to_owned()));
    assert_eq!(fixture.delete(&connection).status, 200);
    fixture.pass(DELAY);
    assert_eq!(fixture.get(&url).status, 200);
    assert_eq!(fixture.endpoint_status(), "Disconnected");
}
