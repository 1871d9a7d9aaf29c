//! Google in the simulation: one forwarding rule on all ports behind a firewall, nodes grouped by
//! zone, decisions as accept and reject lists.

mod actors;
mod foreign_subnet;
mod invariants;
mod mistakes;
mod out_of_band;
mod setup;

use serde_json::Value;

use crate::simulation::Simulation;

pub(crate) struct Google;

const PROJECT: &str = "provider";
const PROJECT_NUMBER: u64 = 123_456_789_012;
const REGION: &str = "europe-west1";

/// Projects of two consumers, and of one without an invitation: any project that knows the
/// attachment can connect.
const CONSUMERS: [&str; 3] = ["guest-a", "guest-b", "uninvited"];

/// The provider's instances, each with its zone and the host that stands for it.
const INSTANCES: [(&str, &str, &str); 3] = [
    ("n-1", "europe-west1-b", "127.0.0.1"),
    ("n-2", "europe-west1-c", "127.0.0.2"),
    ("n-3", "europe-west1-b", "127.0.0.3"),
];

/// A port that an unrelated firewall rule allows from everywhere; the link's deny rule overrides it.
const UNRELATED_PORT: u16 = 22;

/// The path of a global resource of the provider.
fn global(rest: &str) -> String {
    format!("projects/{PROJECT}/global/{rest}")
}

/// The path of a regional resource of the provider.
fn regional(rest: &str) -> String {
    format!("projects/{PROJECT}/regions/{REGION}/{rest}")
}

/// The path of a zonal resource of the provider.
fn zonal(zone: &str, rest: &str) -> String {
    format!("projects/{PROJECT}/zones/{zone}/{rest}")
}

/// The path of an instance.
fn instance_path(name: &str) -> String {
    let instance = INSTANCES.iter().find(|(it, ..)| *it == name).unwrap();
    zonal(instance.1, &format!("instances/{name}"))
}

/// The path of a regional resource of a consumer.
fn consumer_regional(project: &str, rest: &str) -> String {
    format!("projects/{project}/regions/{REGION}/{rest}")
}

/// The path of the resource that a link names.
fn path_of(link: &str) -> &str {
    link.find("projects/").map_or(link, |at| &link[at..])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The entries of a list; documents omit empty lists.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The provider's resource at a path, if it exists.
fn read(sim: &mut Simulation, path: &str) -> Option<Value> {
    let (status, body) = sim.provider("GET", path, None);
    (status == 200).then_some(body)
}

/// The service attachment, if it exists.
fn attachment(sim: &mut Simulation) -> Option<Value> {
    let name = sim.published_name()?;
    read(sim, &regional(&format!("serviceAttachments/{name}")))
}
