//! What people with rights in the provider's project do to what is ours, not through us.
//!
//! Each leaves a mark in [`World::meddled`] only where what they did lets bytes pass: that is
//! theirs to answer for, until it is put right.

use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::{CONSUMERS, attachment, found, global, list, path_of, regional, text, zonal};
use crate::world::World;

/// Somebody decides who is let in.
pub(super) fn decide(world: &mut World, dice: &mut StdRng) {
    let Some(document) = attachment(world) else {
        return;
    };
    let name = text(&document["name"]);
    let mut accept = list(&document["consumerAcceptLists"]).to_vec();
    // What they answer for: whom they let in, or all of the attachment.
    let (mark, told, change) = match dice.random_range(0..5_u32) {
        0 | 1 => {
            let pending = list(&document["connectedEndpoints"])
                .iter()
                .find(|it| it["status"] == "PENDING");
            let Some(pending) = pending else { return };
            let endpoint = path_of(&text(&pending["endpointWithId"])).to_owned();
            accept.push(json!({"endpointUrl": endpoint, "connectionLimit": 1}));
            let change = json!({"consumerAcceptLists": accept});
            let told = format!("accepts {endpoint}");
            (endpoint, told, change)
        }
        // Refused where the list names endpoints already: entries are of one kind.
        2 => {
            let entry = json!({"projectIdOrNum": CONSUMERS[0], "connectionLimit": 10});
            accept.push(entry);
            let change = json!({"consumerAcceptLists": accept});
            let told = format!("accepts all of {}", CONSUMERS[0]);
            (CONSUMERS[0].to_owned(), told, change)
        }
        3 => {
            let change = json!({"connectionPreference": "ACCEPT_AUTOMATIC",
                "consumerAcceptLists": [], "consumerRejectLists": []});
            (name.clone(), "accepts everyone".to_owned(), change)
        }
        _ => {
            let change = json!({"consumerAcceptLists": [], "reconcileConnections": false});
            let told = "empties the accept list and lets nobody go";
            (name.clone(), told.to_owned(), change)
        }
    };
    let path = format!("serviceAttachments/{name}");
    if patch(world, &path, &told, change) == Some(200) {
        world.meddled.insert(mark);
    }
}

/// Somebody takes apart what leads to the nodes.
pub(super) fn undo(world: &mut World, dice: &mut StdRng) {
    let Some(name) = world.published_name() else {
        return;
    };
    match dice.random_range(0..7_u32) {
        0 => {
            let path = format!("backendServices/{name}-bs");
            patch(
                world,
                &path,
                "empties the backends",
                json!({"backends": []}),
            );
        }
        1 => {
            let path = format!("healthChecks/{name}-hc");
            let check = json!({"tcpHealthCheck": {"port": 1}});
            patch(world, &path, "probes another port", check);
        }
        2 => {
            let zone = "europe-west1-b";
            let path = zonal(zone, &format!("networkEndpointGroups/{name}-neg"));
            let entry = json!({"instance": "n-1"});
            let body = json!({"networkEndpoints": [entry]});
            let path = format!("{path}/detachNetworkEndpoints");
            tell(world, "POST", &path, "takes out n-1", Some(body));
        }
        3 => {
            let path = global(&format!("firewalls/{name}-allow"));
            tell(world, "DELETE", &path, "deletes the rule that allows", None);
        }
        4 => {
            let path = global(&format!("firewalls/{name}-allow"));
            let narrow = json!({"allowed": [{"IPProtocol": "tcp", "ports": ["6432"]}]});
            tell(world, "PATCH", &path, "opens 6432 alone", Some(narrow));
        }
        5 => {
            let path = global(&format!("firewalls/{name}-allow"));
            let off = json!({"disabled": true});
            tell(world, "PATCH", &path, "switches the rule off", Some(off));
        }
        _ => {
            let path = global(&format!("firewalls/{name}-deny"));
            let status = tell(world, "DELETE", &path, "deletes the rule that denies", None);
            if status == 200 {
                world.meddled.insert(path);
            }
        }
    }
}

/// Changes something of the region that has a version, over whichever it has now.
fn patch(world: &mut World, rest: &str, told: &str, mut change: Value) -> Option<u16> {
    let path = regional(rest);
    let document = found(world, &path)?;
    if !document["fingerprint"].is_null() {
        change["fingerprint"] = document["fingerprint"].clone();
    }
    Some(tell(world, "PATCH", &path, told, Some(change)))
}

fn tell(world: &mut World, method: &str, path: &str, told: &str, body: Option<Value>) -> u16 {
    let (status, _) = world.provider(method, path, body);
    world.note(format!("a stranger {told} -> {status}"));
    status
}
