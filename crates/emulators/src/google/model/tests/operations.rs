use std::time::Duration;

use serde_json::{Value, json};

use super::fixture::*;

const SECOND: Duration = Duration::from_secs(1);

fn link_of(operation: &Value) -> String {
    operation["selfLink"].as_str().unwrap().to_owned()
}

fn spare() -> Value {
    subnet("spare", "10.9.0.0/24", "PRIVATE")
}

#[test]
fn without_delay_the_first_reply_is_done() {
    let mut fixture = Fixture::new();
    let reply = fixture.post(&regional("subnetworks"), spare());
    let operation = operation(&reply);
    let created = fixture.shown(&regional("subnetworks/spare"));
    let name = operation["name"].as_str().unwrap();
    let parts: Vec<&str> = name.split('-').collect();
    assert_eq!(parts[..2], ["operation", "1767323045000"]);
    assert_eq!(parts.len(), 5);
    let at = "2026-01-01T20:04:05.000-07:00";
    assert_eq!(
        operation,
        json!({
            "kind": "compute#operation", "id": operation["id"].as_str().unwrap(), "name": name,
            "operationType": "insert", "status": "DONE", "progress": 100,
            "targetLink": link(&regional("subnetworks/spare")), "targetId": created["id"],
            "user": "provider@acme-prod.iam.gserviceaccount.com",
            "insertTime": at, "startTime": at, "endTime": at,
            "region": link(&format!("projects/{PROVIDER}/regions/{REGION}")),
            "selfLink": link(&regional(&format!("operations/{name}"))),
        })
    );
    assert_eq!(fixture.shown(&link_of(&operation)), operation);
}

#[test]
fn with_a_delay_an_operation_is_pending_then_running_then_done() {
    let mut fixture = Fixture::slow();
    let reply = fixture.post(&regional("subnetworks"), spare());
    let pending = operation(&reply);
    assert_eq!(pending["status"], "PENDING");
    assert_eq!(pending["progress"], 0);
    assert_eq!(pending.get("startTime"), None);
    fixture.advance(SECOND);
    let running = fixture.shown(&link_of(&pending));
    assert_eq!(running["status"], "RUNNING");
    assert_eq!(running["startTime"], pending["insertTime"]);
    assert_eq!(running.get("endTime"), None);
    fixture.advance(SECOND * 9);
    let done = fixture.shown(&link_of(&pending));
    assert_eq!(done["status"], "DONE");
    assert_eq!(done["progress"], 100);
    assert_ne!(done["endTime"], done["startTime"]);
    assert_eq!(done.get("error"), None);
}

#[test]
fn a_resource_being_inserted_is_not_found_but_its_name_is_taken() {
    let mut fixture = Fixture::slow();
    let path = regional("subnetworks/spare");
    fixture.post(&regional("subnetworks"), spare());
    assert_eq!(refusal(&fixture.get(&path)), (404, "notFound".to_owned()));
    let list = fixture.shown(&regional("subnetworks"));
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let again = fixture.refused(&regional("subnetworks"), spare());
    assert_eq!(again, (409, "alreadyExists".to_owned()));
    let not_ready = (400, "resourceNotReady".to_owned());
    assert_eq!(refusal(&fixture.delete(&path)), not_ready);
    let body = json!({ "name": "a", "addressType": "INTERNAL", "subnetwork": path });
    let reply = fixture.post(&regional("addresses"), body);
    assert_eq!(refusal(&reply), not_ready);
    assert_eq!(
        message(&reply),
        format!("The resource '{path}' is not ready")
    );
    fixture.advance(DELAY);
    fixture.shown(&path);
}

#[test]
fn one_operation_at_a_time_is_open_on_a_resource() {
    let mut fixture = Fixture::slow();
    let path = regional("subnetworks/nodes");
    let fingerprint = fixture.shown(&path)["fingerprint"].clone();
    let body = json!({ "privateIpGoogleAccess": true, "fingerprint": fingerprint });
    operation(&fixture.patch(&path, body.clone()));
    // GET returns the current content until the operation completes.
    assert_eq!(fixture.shown(&path)["privateIpGoogleAccess"], false);
    let not_ready = (400, "resourceNotReady".to_owned());
    assert_eq!(refusal(&fixture.patch(&path, body)), not_ready);
    assert_eq!(refusal(&fixture.delete(&path)), not_ready);
    // Other resources may refer to it.
    let body = json!({ "name": "a", "addressType": "INTERNAL", "subnetwork": path });
    operation(&fixture.post(&regional("addresses"), body));
    fixture.advance(DELAY);
    assert_eq!(fixture.shown(&path)["privateIpGoogleAccess"], true);
}

#[test]
fn a_resource_being_deleted_can_be_read_but_not_used() {
    let mut fixture = Fixture::slow();
    fixture.created(&regional("subnetworks"), spare());
    let path = regional("subnetworks/spare");
    operation(&fixture.delete(&path));
    fixture.shown(&path);
    let body = json!({ "name": "a", "addressType": "INTERNAL", "subnetwork": path });
    let refused = fixture.refused(&regional("addresses"), body);
    assert_eq!(refused, (400, "resourceNotReady".to_owned()));
    fixture.advance(DELAY);
    assert_eq!(fixture.get(&path).status, 404);
    fixture.created(&regional("subnetworks"), spare());
}

#[test]
fn resources_that_an_open_update_will_use_are_in_use() {
    let mut fixture = Fixture::slow().with_attachment();
    let second = subnet("nat2", "172.24.1.0/28", "PRIVATE_SERVICE_CONNECT");
    fixture.created(&regional("subnetworks"), second);
    let ranges = json!([regional("subnetworks/nat"), regional("subnetworks/nat2")]);
    operation(&fixture.change(&regional(SA), json!({ "natSubnets": ranges })));
    let reply = fixture.delete(&regional("subnetworks/nat2"));
    let in_use = (400, "resourceInUseByAnotherResource".to_owned());
    assert_eq!(refusal(&reply), in_use);
    // Resources that it will no longer use are in use until then.
    fixture.complete_operations();
    let ranges = json!([regional("subnetworks/nat2")]);
    operation(&fixture.change(&regional(SA), json!({ "natSubnets": ranges })));
    assert_eq!(
        refusal(&fixture.delete(&regional("subnetworks/nat"))),
        in_use
    );
    fixture.complete_operations();
    fixture.deleted(&regional("subnetworks/nat"));
}

#[test]
fn impossible_writes_fail_in_their_operation() {
    for mut fixture in [Fixture::new(), Fixture::slow()] {
        let address = |name: &str| {
            json!({ "name": name, "addressType": "INTERNAL", "address": "10.0.0.9",
                    "subnetwork": regional("subnetworks/nodes") })
        };
        fixture.created(&regional("addresses"), address("first"));
        let reply = fixture.post(&regional("addresses"), address("second"));
        let link = link_of(&operation(&reply));
        fixture.complete_operations();
        let reply = fixture.get(&link);
        assert_eq!(reply.status, 200);
        let ended = reply.body.unwrap();
        assert_eq!(ended["status"], "DONE");
        let text = "IP '10.0.0.9' is already being used by another resource.";
        let code = "IP_IN_USE_BY_ANOTHER_RESOURCE";
        let errors = json!([{ "code": code, "message": text }]);
        assert_eq!(ended["error"]["errors"], errors);
        assert_eq!(ended["httpErrorStatusCode"], 400);
        assert_eq!(ended["httpErrorMessage"], "BAD REQUEST");
        assert_eq!(fixture.get(&regional("addresses/second")).status, 404);
        // The name is available again.
        fixture.deleted(&regional("addresses/first"));
        fixture.created(&regional("addresses"), address("second"));
    }
}

#[test]
fn operations_are_listed_by_project_and_location() {
    let mut fixture = Fixture::empty();
    let network = json!({ "name": "net", "autoCreateSubnetworks": false });
    let of_network = operation(&fixture.post(&global("networks"), network));
    let of_subnet = operation(&fixture.post(&regional("subnetworks"), spare()));
    assert_eq!(of_network.get("region"), None);
    let names = |list: Value| -> Vec<Value> {
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|it| it["name"].clone()).collect()
    };
    let global_ones = fixture.shown(&global("operations"));
    assert_eq!(global_ones["kind"], "compute#operationList");
    assert_eq!(names(global_ones), [of_network["name"].clone()]);
    let ours_alone = fixture.shown(&regional("operations"));
    assert_eq!(names(ours_alone), [of_subnet["name"].clone()]);
    let none: [Value; 0] = [];
    assert_eq!(names(fixture.shown(&zonal("operations"))), none);
    let name = of_subnet["name"].as_str().unwrap();
    for elsewhere in [
        global(&format!("operations/{name}")),
        zonal(&format!("operations/{name}")),
        consumer_regional(CONSUMER, &format!("operations/{name}")),
        regional("operations/operation-1"),
    ] {
        let reply = fixture.get(&elsewhere);
        assert_eq!(refusal(&reply), (404, "notFound".to_owned()), "{elsewhere}");
    }
    let zonal_one = Fixture::new().post(&zonal("instances"), instance("n"));
    let zone = link(&format!("projects/{PROVIDER}/zones/{ZONE}"));
    assert_eq!(operation(&zonal_one)["zone"], zone);
}

#[test]
fn wait_replies_with_the_current_status() {
    let mut fixture = Fixture::slow();
    let reply = fixture.post(&regional("subnetworks"), spare());
    let link = link_of(&operation(&reply));
    fixture.advance(SECOND);
    let waited = operation(&fixture.send("POST", &format!("{link}/wait"), None));
    assert_eq!(waited["status"], "RUNNING");
    fixture.advance(DELAY);
    let waited = operation(&fixture.send("POST", &format!("{link}/wait"), None));
    assert_eq!(waited["status"], "DONE");
    let unknown = fixture.send("POST", &regional("operations/none/wait"), None);
    assert_eq!(refusal(&unknown), (404, "notFound".to_owned()));
}

#[test]
fn a_completed_operation_can_be_deleted() {
    let mut fixture = Fixture::slow();
    let reply = fixture.post(&regional("subnetworks"), spare());
    let link = link_of(&operation(&reply));
    let not_ready = (400, "resourceNotReady".to_owned());
    assert_eq!(refusal(&fixture.delete(&link)), not_ready);
    fixture.advance(DELAY);
    let reply = fixture.delete(&link);
    assert_eq!((reply.status, reply.body), (204, None));
    assert_eq!(fixture.get(&link).status, 404);
    fixture.shown(&regional("subnetworks/spare"));
}

#[test]
fn an_operation_expires_an_hour_after_its_completion() {
    let mut fixture = Fixture::slow();
    let reply = fixture.post(&regional("subnetworks"), spare());
    let link = link_of(&operation(&reply));
    fixture.advance(DELAY);
    fixture.advance(Duration::from_secs(3_599));
    fixture.shown(&link);
    fixture.advance(SECOND);
    assert_eq!(fixture.get(&link).status, 404);
    fixture.shown(&regional("subnetworks/spare"));
}

#[test]
fn an_operation_has_an_operation_type() {
    let mut fixture = Fixture::new().with_endpoint();
    let endpoint = consumer_regional(CONSUMER, "forwardingRules/e");
    let summary = |reply| {
        let operation = operation(&reply);
        let words = ["operationType", "user"].map(|it| operation[it].as_str().unwrap().to_owned());
        words.join(" by ")
    };
    let body = json!({ "allowPscGlobalAccess": true });
    assert_eq!(
        summary(fixture.change(&endpoint, body)),
        "patch by anonymous"
    );
    let removed = summary(fixture.delete(&endpoint));
    assert_eq!(removed, "deleteRegionPscForwardingRule by anonymous");
    let body = backend_service("bs");
    let fingerprint = fixture.shown(&regional("backendServices/bs"))["fingerprint"].clone();
    let mut body = body;
    body["fingerprint"] = fingerprint;
    let replaced = fixture.send("PUT", &regional("backendServices/bs"), Some(body));
    assert!(summary(replaced).starts_with("update by provider@"));
    let removed = summary(fixture.delete(&regional(SA)));
    assert!(removed.starts_with("delete by provider@"), "{removed}");
}
