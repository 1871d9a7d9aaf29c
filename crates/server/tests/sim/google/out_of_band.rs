//! Out-of-band changes: operators change the link's resources in the cloud directly.
//!
//! A change that lets bytes pass is recorded in [`Simulation::out_of_band_changes`]: the invariants excuse its effect
//! until it is repaired.

use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::{CONSUMERS, attachment, global, list, path_of, read, regional, text, zonal};
use crate::simulation::{Simulation, vpc_id};

/// Changes the accept list.
pub(super) fn decide(sim: &mut Simulation, rng: &mut StdRng) {
    let Some(document) = attachment(sim) else {
        return;
    };
    let name = text(&document["name"]);
    let mut accept = list(&document["consumerAcceptLists"]).to_vec();
    // The recorded key is the accepted consumer, or the attachment.
    let (key, action, change) = match rng.random_range(0..5_u32) {
        0 | 1 => {
            let pending = list(&document["connectedEndpoints"])
                .iter()
                .find(|it| it["status"] == "PENDING");
            let Some(pending) = pending else { return };
            let endpoint = path_of(&text(&pending["endpointWithId"])).to_owned();
            accept.push(json!({"endpointUrl": endpoint, "connectionLimit": 1}));
            let change = json!({"consumerAcceptLists": accept});
            let action = format!("accepts {endpoint}");
            (endpoint, action, change)
        }
        // Refused if the list names endpoints already, because entries are of one kind.
        2 => {
            let entry = json!({"projectIdOrNum": CONSUMERS[0], "connectionLimit": 10});
            accept.push(entry);
            let change = json!({"consumerAcceptLists": accept});
            let action = format!("accepts all of {}", CONSUMERS[0]);
            (CONSUMERS[0].to_owned(), action, change)
        }
        3 => {
            let change = json!({"connectionPreference": "ACCEPT_AUTOMATIC",
                "consumerAcceptLists": [], "consumerRejectLists": []});
            (name.clone(), "accepts automatically".to_owned(), change)
        }
        _ => {
            let change = json!({"consumerAcceptLists": [], "reconcileConnections": false});
            let action = "empties the accept list without reconciliation";
            (name.clone(), action.to_owned(), change)
        }
    };
    let path = format!("serviceAttachments/{name}");
    if patch(sim, &path, &action, change) == Some(200) {
        sim.out_of_band_changes.insert(key);
    }
}

/// Breaks the path to the nodes.
pub(super) fn break_path(sim: &mut Simulation, rng: &mut StdRng) {
    let Some(name) = sim.published_name() else {
        return;
    };
    match rng.random_range(0..9_u32) {
        7 => {
            let path = probes();
            send(sim, "DELETE", &path, "deletes the rule for probes", None);
        }
        8 => {
            let off = json!({"disabled": true});
            send(
                sim,
                "PATCH",
                &probes(),
                "disables the rule for probes",
                Some(off),
            );
        }
        0 => {
            let path = format!("backendServices/{name}-bs");
            patch(sim, &path, "empties the backends", json!({"backends": []}));
        }
        1 => {
            let path = format!("healthChecks/{name}-hc");
            let check = json!({"tcpHealthCheck": {"port": 1}});
            patch(sim, &path, "probes another port", check);
        }
        2 => {
            let zone = "europe-west1-b";
            let path = zonal(zone, &format!("networkEndpointGroups/{name}-neg"));
            let entry = json!({"instance": "n-1"});
            let body = json!({"networkEndpoints": [entry]});
            let path = format!("{path}/detachNetworkEndpoints");
            send(sim, "POST", &path, "detaches n-1", Some(body));
        }
        3 => {
            let path = global(&format!("firewalls/{name}-allow"));
            send(sim, "DELETE", &path, "deletes the allow rule", None);
        }
        4 => {
            let path = global(&format!("firewalls/{name}-allow"));
            let narrow = json!({"allowed": [{"IPProtocol": "tcp", "ports": ["6432"]}]});
            send(sim, "PATCH", &path, "allows 6432 only", Some(narrow));
        }
        5 => {
            let path = global(&format!("firewalls/{name}-allow"));
            let off = json!({"disabled": true});
            send(sim, "PATCH", &path, "disables the allow rule", Some(off));
        }
        _ => {
            let path = global(&format!("firewalls/{name}-deny"));
            let status = send(sim, "DELETE", &path, "deletes the deny rule", None);
            if status == 200 {
                sim.out_of_band_changes.insert(path);
            }
        }
    }
}

/// The firewall rule for health probes of the project VPC.
fn probes() -> String {
    global(&format!("firewalls/underpass-vpc-{}-probes", vpc_id()))
}

/// Patches a regional resource with its current fingerprint.
fn patch(sim: &mut Simulation, rest: &str, action: &str, mut change: Value) -> Option<u16> {
    let path = regional(rest);
    let document = read(sim, &path)?;
    if !document["fingerprint"].is_null() {
        change["fingerprint"] = document["fingerprint"].clone();
    }
    Some(send(sim, "PATCH", &path, action, Some(change)))
}

fn send(sim: &mut Simulation, method: &str, path: &str, action: &str, body: Option<Value>) -> u16 {
    let (status, _) = sim.provider(method, path, body);
    sim.note(format!("out of band: {action} -> {status}"));
    status
}
