//! Azure in the simulation: a load balancer rule for each port, a decision for each connection, and a
//! list of subscriptions that may create endpoints.

mod actors;
mod invariants;
mod mistakes;
mod setup;

use std::collections::BTreeSet;

use serde_json::Value;
use underpass_model::id::SubscriptionId;

use crate::cloud::CloudCaller;
use crate::simulation::Simulation;

pub(crate) struct Azure;

const TENANT: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const CLIENT: &str = "aaaaaaaa-0000-4000-8000-000000000002";
/// The application of the driver, which has exactly the printed role.
const DRIVER: &str = "aaaaaaaa-0000-4000-8000-000000000004";
const SUBSCRIPTION: &str = "aaaaaaaa-0000-4000-8000-000000000003";

const GROUP: &str = "provider";
const NODES: [&str; 2] = ["nic-a", "nic-b"];

/// Subscriptions that a link may allow.
const ALLOWED: [&str; 2] = [
    "bbbbbbbb-0000-4000-8000-000000000001",
    "bbbbbbbb-0000-4000-8000-000000000002",
];

/// Subscription that no link allows.
const FOREIGN: &str = "cccccccc-0000-4000-8000-000000000001";

/// Lists of allowed subscriptions that the provider chooses from.
const LISTS: [&[&str]; 3] = [&ALLOWED, &[ALLOWED[0]], &[ALLOWED[1]]];

fn subscriptions(list: &[&str]) -> BTreeSet<SubscriptionId> {
    list.iter().map(|id| id.parse().unwrap()).collect()
}

/// Tenant and client of a caller.
fn identity(caller: &CloudCaller) -> (String, String) {
    match caller {
        CloudCaller::Driver => (TENANT.to_owned(), DRIVER.to_owned()),
        CloudCaller::Provider => (TENANT.to_owned(), CLIENT.to_owned()),
        CloudCaller::Consumer(subscription) => (
            subscription.replace("-4000-", "-4111-"),
            "consumer".to_owned(),
        ),
    }
}

fn group(subscription: &str, name: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{name}")
}

fn provider_base() -> String {
    format!("{}/providers/Microsoft.Network", group(SUBSCRIPTION, GROUP))
}

fn consumer_base(subscription: &str) -> String {
    format!("{}/providers/Microsoft.Network", group(subscription, "app"))
}

/// ID of the NAT subnet.
fn nat_subnet() -> String {
    format!("{}/subnets/nat", vnet())
}

fn vnet() -> String {
    format!("{}/virtualNetworks/vnet", provider_base())
}

fn nic_id(nic: &str) -> String {
    format!("{}/networkInterfaces/{nic}", provider_base())
}

/// The private link service, if it exists.
fn published(sim: &mut Simulation) -> Option<Value> {
    let name = sim.published_name()?;
    let path = format!("{}/privateLinkServices/{name}", provider_base());
    let (status, body) = sim.provider("GET", &path, None);
    (status == 200).then_some(body)
}
