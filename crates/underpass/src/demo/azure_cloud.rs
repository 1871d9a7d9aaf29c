//! Azure in the story: a consumer that is allowed, and a stranger.

use serde_json::{Value, json};

use super::cloud::MESSAGE;
use super::resource_inventory::ResourceInventory;
use crate::azure::{Arm, Login, NewEndpoint};
use crate::consumer::Consumer;
use crate::failure::Failure;
use crate::http_client::http_client;
use crate::up::wiring::Up;

/// Somebody whom nobody allowed.
const STRANGER_TENANT: &str = "30000000-0000-4000-8000-000000000001";
/// The stranger's subscription.
const STRANGER_SUBSCRIPTION: &str = "30000000-0000-4000-8000-000000000003";

/// The consumers' tools.
pub(super) struct AzureCloud {
    /// The first project VPC.
    pub(super) vpc: String,
    /// Behind the scenes.
    pub(super) inventory: ResourceInventory,
    /// The ready consumer.
    pub(super) consumer: Consumer,
    pub(super) consumer_subscription: String,
    location: String,
    stranger: Arm,
}

impl AzureCloud {
    /// Reads the line that every script reads.
    pub(super) fn of(up: &Up) -> Result<Self, Failure> {
        let ready = up.ready();
        let missing = || Failure::ours("the ready line lacks a part the story needs");
        let azure = ready.azure.as_ref().ok_or_else(missing)?;
        let vpc = ready.project_vpcs.get("azure-westeurope");
        let ca = std::fs::read(&azure.ca)
            .map_err(|error| Failure::caused("read emulated Azure's authority", &error))?;
        let http = http_client(&azure.url, Some(&ca))?;
        Ok(Self {
            vpc: vpc.ok_or_else(missing)?.clone(),
            inventory: ResourceInventory::new(
                up.azure().admin_url(),
                up.azure().admin_secret().reveal(),
                format!("/subscriptions/{}/", azure.subscription),
            )?,
            consumer: Consumer::azure(azure)?,
            consumer_subscription: azure.consumer_subscription.clone(),
            location: azure.consumer_location.clone(),
            stranger: Arm::new(http, &azure.url, Login::consumer(STRANGER_TENANT)),
        })
    }

    /// A stranger asks, from a subscription that nobody allowed.
    pub(super) async fn ask_as_stranger(&self, alias: &str) -> Result<Value, Failure> {
        let group = format!("/subscriptions/{STRANGER_SUBSCRIPTION}/resourceGroups/stranger");
        let network = format!("{group}/providers/Microsoft.Network");
        self.stranger
            .put(&group, json!({ "location": self.location }))
            .await?;
        let properties = json!({
            "addressSpace": { "addressPrefixes": ["10.99.0.0/24"] },
            "subnets": [{ "name": "s", "properties": { "addressPrefix": "10.99.0.0/24" } }],
        });
        let vnet = format!("{network}/virtualNetworks/v");
        let body = json!({ "location": self.location, "properties": properties });
        self.stranger.put(&vnet, body).await?;
        let new = NewEndpoint {
            location: &self.location,
            subnet: &format!("{vnet}/subnets/s"),
            target: alias,
            address: None,
            message: Some(MESSAGE),
        };
        let body = new.body();
        self.stranger
            .put(&format!("{network}/privateEndpoints/stranger"), body)
            .await
    }
}
