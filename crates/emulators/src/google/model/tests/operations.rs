use std::time::Duration;

use serde_json::{Value, json};

use super::world::*;

const SECOND: Duration = Duration::from_secs(1);

fn link_of(operation: &Value) -> String {
    operation["selfLink"].as_str().unwrap().to_owned()
}

fn spare() -> Value {
    subnet("spare", "10.9.0.0/24", "PRIVATE")
}

#[test]
fn without_delay_the_first_answer_is_done() {
    let mut world = World::new();
    let reply = world.post(&ours("subnetworks"), spare());
    let operation = operation(&reply);
    let made = world.seen(&ours("subnetworks/spare"));
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
            "targetLink": link(&ours("subnetworks/spare")), "targetId": made["id"],
            "user": "provider@acme-prod.iam.gserviceaccount.com",
            "insertTime": at, "startTime": at, "endTime": at,
            "region": link(&format!("projects/{PROVIDER}/regions/{REGION}")),
            "selfLink": link(&ours(&format!("operations/{name}"))),
        })
    );
    assert_eq!(world.seen(&link_of(&operation)), operation);
}

#[test]
fn with_a_delay_an_operation_is_pending_then_running_then_done() {
    let mut world = World::slow();
    let reply = world.post(&ours("subnetworks"), spare());
    let pending = operation(&reply);
    assert_eq!(pending["status"], "PENDING");
    assert_eq!(pending["progress"], 0);
    assert_eq!(pending.get("startTime"), None);
    world.pass(SECOND);
    let running = world.seen(&link_of(&pending));
    assert_eq!(running["status"], "RUNNING");
    assert_eq!(running["startTime"], pending["insertTime"]);
    assert_eq!(running.get("endTime"), None);
    world.pass(SECOND * 9);
    let done = world.seen(&link_of(&pending));
    assert_eq!(done["status"], "DONE");
    assert_eq!(done["progress"], 100);
    assert_ne!(done["endTime"], done["startTime"]);
    assert_eq!(done.get("error"), None);
}

#[test]
fn what_is_being_made_is_not_seen_yet_but_its_name_is_taken() {
    let mut world = World::slow();
    let path = ours("subnetworks/spare");
    world.post(&ours("subnetworks"), spare());
    assert_eq!(refusal(&world.get(&path)), (404, "notFound".to_owned()));
    let list = world.seen(&ours("subnetworks"));
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let again = world.refused(&ours("subnetworks"), spare());
    assert_eq!(again, (409, "alreadyExists".to_owned()));
    let not_ready = (400, "resourceNotReady".to_owned());
    assert_eq!(refusal(&world.delete(&path)), not_ready);
    let body = json!({ "name": "a", "addressType": "INTERNAL", "subnetwork": path });
    let reply = world.post(&ours("addresses"), body);
    assert_eq!(refusal(&reply), not_ready);
    assert_eq!(
        message(&reply),
        format!("The resource '{path}' is not ready")
    );
    world.pass(DELAY);
    world.seen(&path);
}

#[test]
fn one_operation_at_a_time_is_open_on_a_resource() {
    let mut world = World::slow();
    let path = ours("subnetworks/nodes");
    let fingerprint = world.seen(&path)["fingerprint"].clone();
    let body = json!({ "privateIpGoogleAccess": true, "fingerprint": fingerprint });
    operation(&world.patch(&path, body.clone()));
    // What it will be does not show before it is.
    assert_eq!(world.seen(&path)["privateIpGoogleAccess"], false);
    let not_ready = (400, "resourceNotReady".to_owned());
    assert_eq!(refusal(&world.patch(&path, body)), not_ready);
    assert_eq!(refusal(&world.delete(&path)), not_ready);
    // It stands, so that others may refer to it.
    let body = json!({ "name": "a", "addressType": "INTERNAL", "subnetwork": path });
    operation(&world.post(&ours("addresses"), body));
    world.pass(DELAY);
    assert_eq!(world.seen(&path)["privateIpGoogleAccess"], true);
}

#[test]
fn what_is_being_deleted_is_seen_until_it_is_gone_but_not_to_be_used() {
    let mut world = World::slow();
    world.made(&ours("subnetworks"), spare());
    let path = ours("subnetworks/spare");
    operation(&world.delete(&path));
    world.seen(&path);
    let body = json!({ "name": "a", "addressType": "INTERNAL", "subnetwork": path });
    let refused = world.refused(&ours("addresses"), body);
    assert_eq!(refused, (400, "resourceNotReady".to_owned()));
    world.pass(DELAY);
    assert_eq!(world.get(&path).status, 404);
    world.made(&ours("subnetworks"), spare());
}

#[test]
fn what_a_change_under_way_will_use_is_in_use_already() {
    let mut world = World::slow().with_attachment();
    let second = subnet("nat2", "172.24.1.0/28", "PRIVATE_SERVICE_CONNECT");
    world.made(&ours("subnetworks"), second);
    let ranges = json!([ours("subnetworks/nat"), ours("subnetworks/nat2")]);
    operation(&world.change(&ours(SA), json!({ "natSubnets": ranges })));
    let reply = world.delete(&ours("subnetworks/nat2"));
    let in_use = (400, "resourceInUseByAnotherResource".to_owned());
    assert_eq!(refusal(&reply), in_use);
    // And what it will no longer use still is, until then.
    world.settle();
    let ranges = json!([ours("subnetworks/nat2")]);
    operation(&world.change(&ours(SA), json!({ "natSubnets": ranges })));
    assert_eq!(refusal(&world.delete(&ours("subnetworks/nat"))), in_use);
    world.settle();
    world.gone(&ours("subnetworks/nat"));
}

#[test]
fn what_cannot_be_done_is_found_out_inside_the_operation() {
    for mut world in [World::new(), World::slow()] {
        let address = |name: &str| {
            json!({ "name": name, "addressType": "INTERNAL", "address": "10.0.0.9",
                    "subnetwork": ours("subnetworks/nodes") })
        };
        world.made(&ours("addresses"), address("first"));
        let reply = world.post(&ours("addresses"), address("second"));
        let link = link_of(&operation(&reply));
        world.settle();
        let reply = world.get(&link);
        assert_eq!(reply.status, 200);
        let ended = reply.body.unwrap();
        assert_eq!(ended["status"], "DONE");
        let text = "IP '10.0.0.9' is already being used by another resource.";
        let code = "IP_IN_USE_BY_ANOTHER_RESOURCE";
        let errors = json!([{ "code": code, "message": text }]);
        assert_eq!(ended["error"]["errors"], errors);
        assert_eq!(ended["httpErrorStatusCode"], 400);
        assert_eq!(ended["httpErrorMessage"], "BAD REQUEST");
        assert_eq!(world.get(&ours("addresses/second")).status, 404);
        // Its name is free again.
        world.gone(&ours("addresses/first"));
        world.made(&ours("addresses"), address("second"));
    }
}

#[test]
fn operations_are_kept_by_project_and_place() {
    let mut world = World::empty();
    let network = json!({ "name": "net", "autoCreateSubnetworks": false });
    let of_network = operation(&world.post(&global("networks"), network));
    let of_subnet = operation(&world.post(&ours("subnetworks"), spare()));
    assert_eq!(of_network.get("region"), None);
    let names = |list: Value| -> Vec<Value> {
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|it| it["name"].clone()).collect()
    };
    let global_ones = world.seen(&global("operations"));
    assert_eq!(global_ones["kind"], "compute#operationList");
    assert_eq!(names(global_ones), [of_network["name"].clone()]);
    let ours_alone = world.seen(&ours("operations"));
    assert_eq!(names(ours_alone), [of_subnet["name"].clone()]);
    let nothing: [Value; 0] = [];
    assert_eq!(names(world.seen(&zonal("operations"))), nothing);
    let name = of_subnet["name"].as_str().unwrap();
    for elsewhere in [
        global(&format!("operations/{name}")),
        zonal(&format!("operations/{name}")),
        theirs(CONSUMER, &format!("operations/{name}")),
        ours("operations/operation-1"),
    ] {
        let reply = world.get(&elsewhere);
        assert_eq!(refusal(&reply), (404, "notFound".to_owned()), "{elsewhere}");
    }
    let zonal_one = World::new().post(&zonal("instances"), instance("n"));
    let zone = link(&format!("projects/{PROVIDER}/zones/{ZONE}"));
    assert_eq!(operation(&zonal_one)["zone"], zone);
}

#[test]
fn waiting_answers_how_far_it_is() {
    let mut world = World::slow();
    let reply = world.post(&ours("subnetworks"), spare());
    let link = link_of(&operation(&reply));
    world.pass(SECOND);
    let waited = operation(&world.send("POST", &format!("{link}/wait"), None));
    assert_eq!(waited["status"], "RUNNING");
    world.pass(DELAY);
    let waited = operation(&world.send("POST", &format!("{link}/wait"), None));
    assert_eq!(waited["status"], "DONE");
    let unknown = world.send("POST", &ours("operations/none/wait"), None);
    assert_eq!(refusal(&unknown), (404, "notFound".to_owned()));
}

#[test]
fn an_operation_that_is_done_can_be_deleted() {
    let mut world = World::slow();
    let reply = world.post(&ours("subnetworks"), spare());
    let link = link_of(&operation(&reply));
    let not_ready = (400, "resourceNotReady".to_owned());
    assert_eq!(refusal(&world.delete(&link)), not_ready);
    world.pass(DELAY);
    let reply = world.delete(&link);
    assert_eq!((reply.status, reply.body), (204, None));
    assert_eq!(world.get(&link).status, 404);
    world.seen(&ours("subnetworks/spare"));
}

#[test]
fn an_operation_is_forgotten_an_hour_after_its_end() {
    let mut world = World::slow();
    let reply = world.post(&ours("subnetworks"), spare());
    let link = link_of(&operation(&reply));
    world.pass(DELAY);
    world.pass(Duration::from_secs(3_599));
    world.seen(&link);
    world.pass(SECOND);
    assert_eq!(world.get(&link).status, 404);
    world.seen(&ours("subnetworks/spare"));
}

#[test]
fn an_operation_says_what_it_does() {
    let mut world = World::new().with_endpoint();
    let endpoint = theirs(CONSUMER, "forwardingRules/e");
    let told = |reply| {
        let operation = operation(&reply);
        let words = ["operationType", "user"].map(|it| operation[it].as_str().unwrap().to_owned());
        words.join(" by ")
    };
    let body = json!({ "description": "mine" });
    assert_eq!(told(world.change(&endpoint, body)), "patch by anonymous");
    let removed = told(world.delete(&endpoint));
    assert_eq!(removed, "deleteRegionPscForwardingRule by anonymous");
    let body = backend_service("bs");
    let fingerprint = world.seen(&ours("backendServices/bs"))["fingerprint"].clone();
    let mut body = body;
    body["fingerprint"] = fingerprint;
    let replaced = world.send("PUT", &ours("backendServices/bs"), Some(body));
    assert!(told(replaced).starts_with("update by provider@"));
    let removed = told(world.delete(&ours(SA)));
    assert!(removed.starts_with("delete by provider@"), "{removed}");
}
