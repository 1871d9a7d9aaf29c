use serde_json::json;

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

#[test]
fn a_decision_is_mirrored_immediately_and_its_operation_ends_later() {
    let mut fixture = Fixture::slow().with_endpoint();
    let connection = fixture.connection();
    let before = fixture.seen(&ours("privateLinkServices/s"))["etag"].clone();
    let reply = fixture.put(&connection, decision("approved"));
    assert_eq!(reply.status, 200);
    assert!(header(&reply, "azure-asyncoperation").is_some());
    assert_eq!(header(&reply, "azure-asyncnotification"), None);
    assert_eq!(header(&reply, "location"), None);
    let body = reply.body.unwrap();
    assert_eq!(body["properties"]["provisioningState"], "Updating");
    assert_eq!(
        body["properties"]["privateLinkServiceConnectionState"],
        json!({ "status": "Approved", "description": "by us", "actionsRequired": "None" })
    );
    assert_eq!(fixture.endpoint_status(), "Approved");
    assert_ne!(before, fixture.seen(&ours("privateLinkServices/s"))["etag"]);
    // Clients do not wait for the operation before they decide again.
    for status in ["Rejected", "Approved", "Rejected"] {
        assert_eq!(fixture.put(&connection, decision(status)).status, 200);
        assert_eq!(fixture.endpoint_status(), status);
    }
}

#[test]
fn a_whole_document_sent_back_changes_only_the_decision() {
    let mut fixture = Fixture::new().with_endpoint();
    let connection = fixture.connection();
    let mut body = fixture.seen(&connection);
    let identifier = body["properties"]["linkIdentifier"].clone();
    body["properties"]["privateLinkServiceConnectionState"]["status"] = json!("Approved");
    body["properties"]["linkIdentifier"] = json!("1");
    body["properties"]["privateEndpoint"] = json!({ "id": "/elsewhere" });
    let after = fixture.made(&connection, body);
    assert_eq!(after["properties"]["linkIdentifier"], identifier);
    assert_eq!(
        after["properties"]["privateEndpoint"]["id"],
        theirs("privateEndpoints/e")
    );
    assert_eq!(
        after["properties"]["privateLinkServiceConnectionState"]["description"],
        "please"
    );
}

#[test]
fn only_approved_and_rejected_can_be_asked_for() {
    let mut fixture = Fixture::new().with_endpoint();
    let connection = fixture.connection();
    for status in ["Pending", "Removed", "Disconnected", "", "yes"] {
        assert_eq!(
            fixture.refused(&connection, decision(status)).0,
            400,
            "{status}"
        );
    }
    assert_eq!(fixture.endpoint_status(), "Pending");
}

#[test]
fn a_connection_cannot_be_made_up() {
    let mut fixture = Fixture::new().with_service();
    let path = ours("privateLinkServices/s/privateEndpointConnections/mine");
    assert_eq!(
        fixture.refused(&path, decision("Approved")),
        (404, "NotFound".to_owned())
    );
    let path = ours("privateLinkServices/t/privateEndpointConnections/mine");
    let missing = refusal(&fixture.get(&path));
    assert_eq!(missing, (404, "ParentResourceNotFound".to_owned()));
}

#[test]
fn a_removed_connection_disconnects_the_endpoint_for_good() {
    let mut fixture = Fixture::slow().with_endpoint();
    let connection = fixture.connection();
    fixture.made(&connection, decision("Approved"));
    assert_eq!(fixture.azure.bindings().len(), 1);
    let reply = fixture.delete(&connection);
    assert_eq!(reply.status, 202);
    assert!(header(&reply, "location").is_some());
    assert!(header(&reply, "azure-asyncoperation").is_some());
    assert!(fixture.azure.bindings().is_empty());
    assert_eq!(
        fixture.refused(&connection, decision("Approved")).1,
        "AnotherOperationInProgress"
    );
    fixture.pass(DELAY);
    assert_eq!(fixture.endpoint_status(), "Disconnected");
    assert_eq!(fixture.delete(&connection).status, 204);
    // Another write of the endpoint does not restore the connection.
    let endpoint = fixture.seen_by_consumer(&theirs("privateEndpoints/e"));
    assert_eq!(
        fixture
            .consumer()
            .put(&theirs("privateEndpoints/e"), endpoint)
            .status,
        200
    );
    fixture.pass(DELAY);
    assert_eq!(fixture.endpoint_status(), "Disconnected");
    let list = fixture.seen(&ours("privateLinkServices/s/privateEndpointConnections"));
    assert_eq!(list["value"], json!([]));
    assert_eq!(
        fixture
            .consumer()
            .delete(&theirs("privateEndpoints/e"))
            .status,
        202
    );
}

#[test]
fn the_consumer_has_no_say_in_the_connection() {
    let mut fixture = Fixture::new().with_endpoint();
    let connection = fixture.connection();
    let reply = fixture.consumer().put(&connection, decision("Approved"));
    assert_eq!(refusal(&reply), (403, "AuthorizationFailed".to_owned()));
    let mut endpoint = fixture.seen_by_consumer(&theirs("privateEndpoints/e"));
    endpoint["properties"]["manualPrivateLinkServiceConnections"][0]["properties"]["privateLinkServiceConnectionState"]
        ["status"] = json!("Approved");
    assert_eq!(
        fixture
            .consumer()
            .put(&theirs("privateEndpoints/e"), endpoint)
            .status,
        200
    );
    assert_eq!(fixture.endpoint_status(), "Pending");
    assert!(fixture.azure.bindings().is_empty());
}

#[test]
fn a_decision_waits_for_the_services_own_write() {
    let mut fixture = Fixture::slow().with_endpoint();
    let connection = fixture.connection();
    fixture.put(&ours("privateLinkServices/s"), service(&["*"]));
    let refused = fixture.refused(&connection, decision("Approved"));
    assert_eq!(refused, (409, "AnotherOperationInProgress".to_owned()));
    fixture.pass(DELAY);
    fixture.made(&connection, decision("Approved"));
}
