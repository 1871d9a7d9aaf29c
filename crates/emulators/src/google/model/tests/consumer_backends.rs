use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

const BACKEND: &str = "networkEndpointGroups/b";

fn groups() -> String {
    consumer_regional(CONSUMER, "networkEndpointGroups")
}

/// A backend to `sa` in a consumer's subnet `default`.
fn backend(name: &str) -> Value {
    json!({
        "name": name, "networkEndpointType": "PRIVATE_SERVICE_CONNECT",
        "pscTargetService": regional(SA), "network": "global/networks/net",
        "subnetwork": format!("regions/{REGION}/subnetworks/default"),
        "pscData": { "producerPort": 5432 },
    })
}

/// With a pending endpoint `e` and a pending backend `b` of the consumer.
fn with_backend() -> Fixture {
    let mut fixture = Fixture::new().with_endpoint();
    fixture.created(&groups(), backend("b"));
    fixture
}

fn status(fixture: &mut Fixture) -> Value {
    fixture.shown(&consumer_regional(CONSUMER, BACKEND))["pscData"]["pscConnectionStatus"].clone()
}

#[test]
fn a_backend_is_a_connection_of_its_attachment() {
    let mut fixture = with_backend();
    let shown = fixture.shown(&consumer_regional(CONSUMER, BACKEND));
    assert_eq!(shown["kind"], "compute#networkEndpointGroup");
    assert_eq!(shown["pscTargetService"], link(&regional(SA)));
    let region = link(&format!("projects/{CONSUMER}/regions/{REGION}"));
    assert_eq!(shown["region"], region);
    assert_eq!(shown["size"], 0);
    let data = &shown["pscData"];
    assert_eq!(data["producerPort"], 5432);
    assert_eq!(data["pscConnectionStatus"], "PENDING");
    // Two addresses are reserved, the endpoint has the next one.
    assert_eq!(data["consumerPscAddress"], "127.64.0.3");
    let connected = fixture.connected();
    let found = connected
        .iter()
        .find(|it| it["endpoint"] == shown["selfLink"]);
    let number = shown["id"].as_str().unwrap();
    let expected = json!({
        "endpoint": link(&consumer_regional(CONSUMER, BACKEND)),
        "endpointWithId": link(&format!("{}/{number}", groups())),
        "pscConnectionId": data["pscConnectionId"],
        "consumerNetwork": link(&format!("projects/{CONSUMER}/global/networks/net")),
        "propagatedConnectionCount": 0,
        "status": "PENDING",
    });
    assert_eq!(found, Some(&expected));
    assert_eq!(connected.len(), 2);
}

#[test]
fn a_backend_is_accepted_by_project_or_network_only() {
    let mut fixture = with_backend();
    let path = consumer_regional(CONSUMER, BACKEND);
    let number = fixture.shown(&path)["id"].as_str().unwrap().to_owned();
    let by_number = format!("{}/{number}", groups());
    let entry = json!([{ "endpointUrl": by_number, "connectionLimit": 1 }]);
    let reply = fixture.change(&regional(SA), json!({ "consumerAcceptLists": entry }));
    assert_eq!(refusal(&reply), invalid());
    // The number of the group as that of a forwarding rule accepts nothing.
    let rule = consumer_regional(CONSUMER, &format!("forwardingRules/{number}"));
    let entry = json!([{ "endpointUrl": rule, "connectionLimit": 1 }]);
    fixture.updated(&regional(SA), json!({ "consumerAcceptLists": entry }));
    assert_eq!(status(&mut fixture), "PENDING");
    for entry in [
        json!({ "projectIdOrNum": CONSUMER, "connectionLimit": 2 }),
        json!({
            "networkUrl": format!("projects/{CONSUMER}/global/networks/net"),
            "connectionLimit": 2,
        }),
    ] {
        let lists = json!({ "consumerAcceptLists": [entry], "consumerRejectLists": [] });
        fixture.updated(&regional(SA), lists);
        assert_eq!(status(&mut fixture), "ACCEPTED");
        assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
        // One listener of the endpoint: no bytes flow to the backend.
        assert_eq!(fixture.google.bindings().len(), 1);
    }
    let reject = json!({ "consumerAcceptLists": [], "consumerRejectLists": [CONSUMER] });
    fixture.updated(&regional(SA), reject);
    assert_eq!(status(&mut fixture), "REJECTED");
}

#[test]
fn backends_and_endpoints_share_limits_and_nat_addresses() {
    let mut fixture = with_backend();
    let list = json!([{ "projectIdOrNum": CONSUMER, "connectionLimit": 1 }]);
    fixture.updated(&regional(SA), json!({ "consumerAcceptLists": list }));
    let states = [fixture.status(CONSUMER, "e").into(), status(&mut fixture)];
    let accepted = states.iter().filter(|it| **it == json!("ACCEPTED"));
    assert_eq!(accepted.count(), 1, "{states:?}");
    let list = json!([{ "projectIdOrNum": CONSUMER, "connectionLimit": 2 }]);
    fixture.updated(&regional(SA), json!({ "consumerAcceptLists": list }));
    let shown = fixture.shown(&format!("{}?showNatIps=true", regional(SA)));
    let connected = shown["connectedEndpoints"].as_array().unwrap();
    let addresses: Vec<&Value> = connected.iter().map(|it| &it["natIps"][0]).collect();
    assert!(addresses.iter().all(|it| it.is_string()), "{shown:#}");
    assert_ne!(addresses[0], addresses[1]);
}

#[test]
fn a_deleted_backend_leaves_and_a_deleted_attachment_closes_it() {
    let mut fixture = with_backend();
    let removed = operation(&fixture.delete(&consumer_regional(CONSUMER, BACKEND)));
    assert_eq!(removed["operationType"], "delete");
    assert_eq!(fixture.connected().len(), 1);
    fixture.created(&groups(), backend("b"));
    assert_eq!(fixture.connected().len(), 2);
    fixture.deleted(&regional(SA));
    assert_eq!(status(&mut fixture), "CLOSED");
    fixture.created(&regional("serviceAttachments"), attachment("sa"));
    assert_eq!(status(&mut fixture), "CLOSED");
    assert!(fixture.connected().is_empty());
    fixture.deleted(&consumer_regional(CONSUMER, BACKEND));
}

#[test]
fn a_backend_connects_when_its_operation_completes() {
    let mut fixture = Fixture::slow().with_endpoint();
    operation(&fixture.post(&groups(), backend("b")));
    assert_eq!(fixture.connected().len(), 1);
    fixture.advance(DELAY);
    assert_eq!(fixture.connected().len(), 2);
}

#[test]
fn a_backend_is_refused_if_it_cannot_connect() {
    let mut fixture = Fixture::new().with_attachment();
    for (changes, status) in [
        (json!({ "networkEndpointType": "SERVERLESS" }), 400),
        (json!({ "networkEndpointType": null }), 400),
        (json!({ "pscTargetService": null }), 400),
        (
            json!({ "pscTargetService": "europe-west1-cloudkms.googleapis.com" }),
            400,
        ),
        (
            json!({ "pscTargetService": regional("serviceAttachments/none") }),
            404,
        ),
        (
            json!({ "pscTargetService": regional("forwardingRules/fr") }),
            400,
        ),
        (json!({ "defaultPort": 80 }), 400),
        (json!({ "network": null, "subnetwork": null }), 400),
        (
            json!({ "subnetwork": consumer_regional(OTHER_CONSUMER, "subnetworks/default") }),
            403,
        ),
        (json!({ "pscData": { "producerPort": 65_536 } }), 400),
        (json!({ "pscData": { "unknown": 1 } }), 400),
    ] {
        let body = with_members(backend("b"), changes.clone());
        assert_eq!(fixture.refused(&groups(), body).0, status, "{changes}");
    }
    let far = format!("projects/{CONSUMER}/regions/us-east1");
    let body = subnet("far", "10.9.0.0/24", "PRIVATE");
    fixture.created(&format!("{far}/subnetworks"), body);
    let body = with_members(
        backend("b"),
        json!({ "subnetwork": format!("{far}/subnetworks/far") }),
    );
    let refused = fixture.refused(&format!("{far}/networkEndpointGroups"), body);
    assert_eq!(refused, invalid());
    // The type is one of regions.
    let zone = format!("projects/{CONSUMER}/zones/{ZONE}/networkEndpointGroups");
    assert_eq!(fixture.refused(&zone, backend("b")), invalid());
    // A load balancer of the provider has instances only.
    fixture.created(&groups(), backend("b"));
    let mut body = backend_service("other");
    body["backends"][0]["group"] = json!(link(&regional("networkEndpointGroups/b")));
    assert_eq!(
        fixture.refused(&regional("backendServices"), body),
        invalid()
    );
}

#[test]
fn a_backend_holds_its_address_and_has_no_endpoints_of_its_own() {
    let mut fixture = with_backend();
    // Only the subnetwork, or only the network, is enough; output-only members are ignored.
    let changes = json!({ "network": null, "pscData": { "consumerPscAddress": "127.64.0.3" } });
    let shown = fixture.created(&groups(), with_members(backend("c"), changes));
    assert_eq!(shown["pscData"]["consumerPscAddress"], "127.64.0.4");
    let changes = json!({ "subnetwork": null, "pscData": null });
    let shown = fixture.created(&groups(), with_members(backend("d"), changes));
    assert_eq!(shown["pscData"]["consumerPscAddress"], "127.64.0.5");
    let taken = json!({
        "name": "a", "addressType": "INTERNAL", "subnetwork": "default", "address": "127.64.0.3",
    });
    let code = fixture.failed(&consumer_regional(CONSUMER, "addresses"), taken);
    assert_eq!(code, "IP_IN_USE_BY_ANOTHER_RESOURCE");
    let subnet = consumer_regional(CONSUMER, "subnetworks/default");
    let used = fixture.delete(&subnet);
    assert_eq!(refusal(&used).1, "resourceInUseByAnotherResource");
    let path = consumer_regional(CONSUMER, BACKEND);
    let list = fixture.post(&format!("{path}/listNetworkEndpoints"), json!({}));
    assert_eq!(list.status, 200);
    assert_eq!(list.body.unwrap().get("items"), None);
    for action in ["attachNetworkEndpoints", "detachNetworkEndpoints"] {
        let body = json!({ "networkEndpoints": [{ "ipAddress": "127.64.0.9" }] });
        let reply = fixture.post(&format!("{path}/{action}"), body.clone());
        assert_eq!(refusal(&reply), invalid(), "{action}");
        let missing = format!("{}/none/{action}", groups());
        assert_eq!(fixture.post(&missing, body).status, 404, "{action}");
    }
    assert_eq!(refusal(&fixture.patch(&path, json!({}))).0, 405);
}

#[test]
fn groups_of_zones_and_regions_are_listed_apart_and_aggregated_together() {
    let mut fixture = with_backend();
    let zonal_group = json!({
        "name": "z", "networkEndpointType": "GCE_VM_IP", "network": "global/networks/net",
        "subnetwork": format!("regions/{REGION}/subnetworks/default"),
    });
    let zone = format!("projects/{CONSUMER}/zones/{ZONE}/networkEndpointGroups");
    fixture.created(&zone, zonal_group);
    for (path, name) in [(groups(), "b"), (zone, "z")] {
        let list = fixture.shown(&path);
        assert_eq!(list["kind"], "compute#networkEndpointGroupList");
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        assert_eq!(list["items"][0]["name"], name);
    }
    let path = format!("projects/{CONSUMER}/aggregated/networkEndpointGroups");
    let list = fixture.shown(&path);
    for (scope, name) in [
        (format!("regions/{REGION}"), "b"),
        (format!("zones/{ZONE}"), "z"),
    ] {
        let found = &list["items"][&scope]["networkEndpointGroups"];
        assert_eq!(found[0]["name"], name, "{scope}");
    }
    let filtered = fixture.shown(&format!(
        "{}?filter=pscTargetService = *sa AND pscData.pscConnectionStatus = PENDING",
        groups()
    ));
    assert_eq!(filtered["items"][0]["name"], "b");
}
