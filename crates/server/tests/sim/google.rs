//! Google: one entry on all ports with a firewall before it, nodes by zone, decisions as lists.

mod ground;
mod mistakes;
mod people;
mod strangers;
mod truth;

use serde_json::Value;

use crate::world::World;

pub(crate) struct Google;

const PROJECT: &str = "provider";
const PROJECT_NUMBER: u64 = 123_456_789_012;
const REGION: &str = "europe-west1";

/// Two consumers, and one who was never asked; whoever knows the attachment may ask.
const CONSUMERS: [&str; 3] = ["guest-a", "guest-b", "uninvited"];

/// The machines, each with its zone and the host that stands for it.
const MACHINES: [(&str, &str, &str); 3] = [
    ("n-1", "europe-west1-b", "127.0.0.1"),
    ("n-2", "europe-west1-c", "127.0.0.2"),
    ("n-3", "europe-west1-b", "127.0.0.3"),
];

/// Open to everyone by a rule of somebody else's, but for the link's own rule that denies.
const OTHERS_PORT: u16 = 22;

/// The path of something global of the provider's.
fn global(rest: &str) -> String {
    format!("projects/{PROJECT}/global/{rest}")
}

/// The path of something in the provider's region.
fn regional(rest: &str) -> String {
    format!("projects/{PROJECT}/regions/{REGION}/{rest}")
}

/// The path of something in a zone of the provider's.
fn zonal(zone: &str, rest: &str) -> String {
    format!("projects/{PROJECT}/zones/{zone}/{rest}")
}

/// The path of a machine.
fn machine(name: &str) -> String {
    let found = MACHINES.iter().find(|(it, ..)| *it == name).unwrap();
    zonal(found.1, &format!("instances/{name}"))
}

/// The path of something in a consumer's region.
fn of_consumer(project: &str, rest: &str) -> String {
    format!("projects/{project}/regions/{REGION}/{rest}")
}

/// The path that a link leads to.
fn path_of(link: &str) -> &str {
    link.find("projects/").map_or(link, |at| &link[at..])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The entries of a list; one without any is left out of documents.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// What is at a path of the provider's, if anything.
fn found(world: &mut World, path: &str) -> Option<Value> {
    let (status, body) = world.provider("GET", path, None);
    (status == 200).then_some(body)
}

/// The attachment, if it is there.
fn attachment(world: &mut World) -> Option<Value> {
    let name = world.published_name()?;
    found(world, &regional(&format!("serviceAttachments/{name}")))
}
