use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

const E: &str = "privateEndpoints/e";

#[test]
fn an_endpoint_by_alias_waits_for_approval_and_both_sides_see_it() {
    let mut fixture = Fixture::new().with_service();
    let alias = fixture.alias();
    let mut body = manual(&alias);
    body["properties"]["ipVersionType"] = json!("IPv4");
    // A member of later versions than 2024-05-01.
    let later = format!("{}?api-version=2026-01-01", theirs(E));
    let reply = fixture.consumer().put(&later, body);
    assert_eq!(reply.status, 201);
    let shown = reply.body.unwrap();
    let properties = &shown["properties"];
    let element = &properties["manualPrivateLinkServiceConnections"][0];
    assert_eq!(
        element["properties"]["privateLinkServiceConnectionState"],
        json!({ "status": "Pending", "description": "please", "actionsRequired": "" })
    );
    assert_eq!(
        element["type"],
        "Microsoft.Network/privateEndpoints/manualPrivateLinkServiceConnections"
    );
    assert_eq!(element["properties"]["privateLinkServiceId"], alias);
    assert_eq!(properties["privateLinkServiceConnections"], json!([]));
    assert_eq!(properties["customNetworkInterfaceName"], "");
    assert_eq!(properties["ipConfigurations"], json!([]));
    assert_eq!(properties["customDnsConfigs"], json!([]));
    assert_eq!(properties["isIPv6EnabledPrivateEndpoint"], false);
    assert_eq!(properties["ipVersionType"], "IPv4");
    let nic = properties["networkInterfaces"][0]["id"].as_str().unwrap();
    assert!(nic.contains("/networkInterfaces/e.nic."), "{nic}");

    let service = fixture.seen(&ours("privateLinkServices/s"));
    let connection = &service["properties"]["privateEndpointConnections"][0];
    let name = connection["name"].as_str().unwrap();
    assert!(name.starts_with("e.") && name.len() == 38, "{name}");
    assert_eq!(
        connection["type"],
        "Microsoft.Network/privateLinkServices/privateEndpointConnections"
    );
    let properties = &connection["properties"];
    assert_eq!(properties["privateEndpoint"], json!({ "id": theirs(E) }));
    assert_eq!(properties["provisioningState"], "Succeeded");
    assert_eq!(properties["privateEndpointLocation"], "westeurope");
    assert!(
        properties["linkIdentifier"]
            .as_str()
            .unwrap()
            .parse::<u32>()
            .is_ok()
    );
    assert_eq!(
        properties["privateLinkServiceConnectionState"]["status"],
        "Pending"
    );
}

#[test]
fn an_endpoint_with_the_providers_permissions_is_approved_immediately() {
    let mut fixture = Fixture::new().with_service();
    let mut body = automatic(&ours("privateLinkServices/s"));
    body["properties"]["subnet"]["id"] = json!(ours("virtualNetworks/v/subnets/nodes"));
    let shown = fixture.made(&ours(E), body);
    assert_eq!(
        shown["properties"]["privateLinkServiceConnections"][0]["properties"]["privateLinkServiceConnectionState"],
        json!({ "status": "Approved", "description": "Auto Approved", "actionsRequired": "None" })
    );
}

#[test]
fn an_automatic_endpoint_by_id_from_a_foreign_tenant_is_refused() {
    let mut fixture = Fixture::new().with_service();
    let body = automatic(&ours("privateLinkServices/s"));
    let reply = fixture.consumer().put(&theirs(E), body);
    assert_eq!(
        refusal(&reply),
        (403, "LinkedAuthorizationFailed".to_owned())
    );
    // The refusal does not disclose that the service exists.
    let reply = fixture
        .consumer()
        .put(&theirs(E), automatic(&ours("privateLinkServices/none")));
    assert_eq!(
        refusal(&reply),
        (403, "LinkedAuthorizationFailed".to_owned())
    );
}

#[test]
fn auto_approval_approves_foreign_endpoints_by_id_and_alias() {
    let mut fixture = Fixture::new().with_service();
    let mut body = service(&[CONSUMER]);
    body["properties"]["autoApproval"] = json!({ "subscriptions": [CONSUMER] });
    fixture.made(&ours("privateLinkServices/s"), body);
    let alias = fixture.alias();
    for (name, body) in [
        ("a", automatic(&ours("privateLinkServices/s"))),
        ("b", automatic(&alias)),
        ("c", manual(&alias)),
    ] {
        let reply = fixture
            .consumer()
            .put(&theirs(&format!("privateEndpoints/{name}")), body);
        assert_eq!(reply.status, 201, "{name}");
    }
    let list = fixture.seen(&ours("privateLinkServices/s/privateEndpointConnections"));
    for connection in list["value"].as_array().unwrap() {
        let state = &connection["properties"]["privateLinkServiceConnectionState"];
        assert_eq!(state["status"], "Approved");
    }
    assert_eq!(list["value"].as_array().unwrap().len(), 3);
}

#[test]
fn a_foreign_endpoint_needs_visibility() {
    let mut fixture = Fixture::new().with_service();
    let alias = fixture.alias();
    let invisible = (400, "InvalidPrivateLinkServiceId".to_owned());
    fixture.made(&ours("privateLinkServices/s"), service(&[STRANGER]));
    for target in [
        alias.as_str(),
        &ours("privateLinkServices/s"),
        "unknown.alias",
        "",
    ] {
        let reply = fixture.consumer().put(&theirs(E), manual(target));
        assert_eq!(refusal(&reply), invisible, "{target}");
    }
    fixture.made(&ours("privateLinkServices/s"), service(&["*"]));
    // By ID in the manual list, and by alias in the automatic list, it is pending.
    let by_id = fixture
        .consumer()
        .put(&theirs(E), manual(&ours("PRIVATELINKSERVICES/S")));
    assert_eq!(by_id.status, 201);
    assert_eq!(fixture.endpoint_status(), "Pending");
    let by_alias = fixture
        .consumer()
        .put(&theirs("privateEndpoints/f"), automatic(&alias));
    let state = by_alias.body.unwrap()["properties"]["privateLinkServiceConnections"][0]["properties"]["privateLinkServiceConnectionState"]["status"].clone();
    assert_eq!(state, "Pending");
}

#[test]
fn restricted_access_binds_the_owner_too() {
    let mut fixture = Fixture::new().with_service();
    let mut body = service(&[CONSUMER]);
    body["properties"]["accessMode"] = json!("Restricted");
    let later = format!("{}?api-version=2026-01-01", ours("privateLinkServices/s"));
    fixture.made(&later, body);
    let mut body = manual(&fixture.alias());
    body["properties"]["subnet"]["id"] = json!(ours("virtualNetworks/v/subnets/nodes"));
    assert_eq!(
        fixture.refused(&ours(E), body).1,
        "InvalidPrivateLinkServiceId"
    );
}

#[test]
fn leaving_visibility_keeps_an_approved_endpoint() {
    let mut fixture = Fixture::new().with_endpoint();
    let connection = fixture.connection();
    fixture.made(&connection, decision("Approved"));
    fixture.made(&ours("privateLinkServices/s"), service(&[]));
    assert_eq!(fixture.endpoint_status(), "Approved");
    assert_eq!(fixture.azure.bindings().len(), 1);
    // It can still be written.
    let endpoint = fixture.seen_by_consumer(&theirs(E));
    assert_eq!(fixture.consumer().put(&theirs(E), endpoint).status, 200);
}

#[test]
fn a_service_is_not_found_while_it_is_being_made() {
    let mut fixture = Fixture::slow();
    fixture.made(&ours("loadBalancers/lb"), balancer(&[5432]));
    let made = fixture.put(&ours("privateLinkServices/s"), service(&["*"]));
    let alias = made.body.unwrap()["properties"]["alias"]
        .as_str()
        .unwrap()
        .to_owned();
    let reply = fixture.consumer().put(&theirs(E), manual(&alias));
    assert_eq!(refusal(&reply).1, "InvalidPrivateLinkServiceId");
    fixture.pass(DELAY);
    assert_eq!(
        fixture.consumer().put(&theirs(E), manual(&alias)).status,
        201
    );
}

#[test]
fn an_endpoint_may_ask_for_its_address() {
    let mut fixture = Fixture::new().with_service();
    let alias = fixture.alias();
    let fixed = |address: &str| {
        let mut body = manual(&alias);
        body["properties"]["ipConfigurations"] =
            json!([{ "name": "ip", "properties": { "privateIPAddress": address } }]);
        body
    };
    let shown = fixture
        .consumer()
        .put(&theirs(E), fixed("127.64.0.77"))
        .body
        .unwrap();
    assert_eq!(
        shown["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"],
        "127.64.0.77"
    );
    let nic = shown["properties"]["networkInterfaces"][0]["id"]
        .as_str()
        .unwrap();
    let nic = fixture.seen_by_consumer(nic);
    let configuration = &nic["properties"]["ipConfigurations"][0]["properties"];
    assert_eq!(configuration["privateIPAddress"], "127.64.0.77");
    assert_eq!(configuration["privateIPAllocationMethod"], "Static");
    let path = theirs("privateEndpoints/f");
    let used = refusal(&fixture.consumer().put(&path, fixed("127.64.0.77")));
    assert_eq!(used.1, "PrivateIPAddressInUse");
    let outside = refusal(&fixture.consumer().put(&path, fixed("127.65.0.7")));
    assert_eq!(outside.1, "PrivateIPAddressNotInSubnet");
    // The target and the address cannot change later.
    let moved = refusal(&fixture.consumer().put(&theirs(E), fixed("127.64.0.78")));
    assert_eq!(moved.1, "PrivateEndpointAddressCannotBeChanged");
    assert_eq!(
        fixture.consumer().put(&theirs(E), manual(&alias)).status,
        200
    );
}

#[test]
fn an_endpoint_has_one_target_and_keeps_it() {
    let mut fixture = Fixture::new().with_endpoint();
    let alias = fixture.alias();
    let mut both = manual(&alias);
    both["properties"]["privateLinkServiceConnections"] =
        both["properties"]["manualPrivateLinkServiceConnections"].clone();
    let path = theirs("privateEndpoints/f");
    let code = "PrivateEndpointMustHaveOneConnection";
    assert_eq!(refusal(&fixture.consumer().put(&path, both)).1, code);
    let mut none = manual(&alias);
    none["properties"]["manualPrivateLinkServiceConnections"] = json!([]);
    assert_eq!(refusal(&fixture.consumer().put(&path, none)).1, code);
    let other = fixture.consumer().put(&theirs(E), manual("other.alias"));
    assert_eq!(refusal(&other).1, "PrivateEndpointTargetCannotBeChanged");
    let mut grouped = manual(&alias);
    grouped["properties"]["manualPrivateLinkServiceConnections"][0]["properties"]["groupIds"] =
        json!(["blob"]);
    let code = "GroupIdsNotSupportedForPrivateLinkService";
    assert_eq!(refusal(&fixture.consumer().put(&path, grouped)).1, code);
}

#[test]
fn a_request_message_has_140_characters() {
    let mut fixture = Fixture::new().with_service();
    let alias = fixture.alias();
    let with_message = |count: usize| {
        let mut body = manual(&alias);
        body["properties"]["manualPrivateLinkServiceConnections"][0]["properties"]["requestMessage"] =
            json!("é".repeat(count));
        body
    };
    let reply = fixture.consumer().put(&theirs(E), with_message(141));
    assert_eq!(refusal(&reply).1, "PrivateEndpointRequestMessageTooLong");
    assert_eq!(
        fixture.consumer().put(&theirs(E), with_message(140)).status,
        201
    );
}

#[test]
fn the_interface_may_be_named_by_the_client() {
    let mut fixture = Fixture::new().with_service();
    let alias = fixture.alias();
    let mut body = manual(&alias);
    body["properties"]["customNetworkInterfaceName"] = json!("mine");
    let shown = fixture
        .consumer()
        .put(&theirs(E), body.clone())
        .body
        .unwrap();
    assert_eq!(
        shown["properties"]["networkInterfaces"],
        json!([{ "id": theirs("networkInterfaces/mine") }])
    );
    let reply = fixture.consumer().put(&theirs("privateEndpoints/f"), body);
    assert_eq!(refusal(&reply).1, "CustomNetworkInterfaceNameInUse");
}

#[test]
fn an_endpoint_is_in_the_region_of_its_network() {
    let mut fixture = Fixture::new().with_service();
    let mut body = manual(&fixture.alias());
    body["location"] = json!("eastus");
    let reply = fixture.consumer().put(&theirs(E), body);
    assert_eq!(refusal(&reply).1, "InvalidResourceReference");
}

#[test]
fn deleting_an_endpoint_takes_its_connection_and_interface() {
    let mut fixture = Fixture::slow().with_endpoint();
    let connection = fixture.connection();
    fixture.made(&connection, decision("Approved"));
    let before = fixture.seen(&ours("privateLinkServices/s"))["etag"].clone();
    assert_eq!(fixture.consumer().delete(&theirs(E)).status, 202);
    // It has no listener from now on, and is visible until the operation is finished.
    assert!(fixture.azure.bindings().is_empty());
    let shown = fixture.seen_by_consumer(&theirs(E));
    assert_eq!(shown["properties"]["provisioningState"], "Deleting");
    fixture.connection();
    fixture.pass(DELAY);
    assert_eq!(
        refusal(&fixture.get(&connection)),
        (404, "NotFound".to_owned())
    );
    assert_ne!(before, fixture.seen(&ours("privateLinkServices/s"))["etag"]);
    assert!(
        !fixture
            .azure
            .resource_ids()
            .iter()
            .any(|id| id.contains("/e.nic."))
    );
    assert_eq!(fixture.consumer().delete(&theirs(E)).status, 204);
}

#[test]
fn an_endpoint_made_again_is_a_new_connection() {
    let mut fixture = Fixture::new().with_endpoint();
    let first = fixture.connection();
    fixture.made(&first, decision("Approved"));
    let alias = fixture.alias();
    fixture.consumer().delete(&theirs(E));
    fixture.consumer().put(&theirs(E), manual(&alias));
    let second = fixture.connection();
    assert_ne!(first, second);
    assert_eq!(fixture.endpoint_status(), "Pending");
    assert!(fixture.azure.bindings().is_empty());
}

#[test]
fn the_provider_sees_a_connection_when_its_endpoint_is_made() {
    let mut fixture = Fixture::slow().with_service();
    let alias = fixture.alias();
    fixture.consumer().put(&theirs(E), manual(&alias));
    let list = ours("privateLinkServices/s/privateEndpointConnections");
    assert_eq!(fixture.seen(&list)["value"], json!([]));
    let before = fixture.seen(&ours("privateLinkServices/s"))["etag"].clone();
    fixture.pass(DELAY);
    fixture.connection();
    assert_ne!(before, fixture.seen(&ours("privateLinkServices/s"))["etag"]);
}

#[test]
fn link_identifiers_differ() {
    let mut fixture = Fixture::new().with_service();
    let alias = fixture.alias();
    for name in ["a", "b", "c"] {
        fixture
            .consumer()
            .put(&theirs(&format!("privateEndpoints/{name}")), manual(&alias));
    }
    let list = fixture.seen(&ours("privateLinkServices/s/privateEndpointConnections"));
    let identifiers: std::collections::BTreeSet<&str> = list["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it: &Value| it["properties"]["linkIdentifier"].as_str().unwrap())
        .collect();
    assert_eq!(identifiers.len(), 3);
}
