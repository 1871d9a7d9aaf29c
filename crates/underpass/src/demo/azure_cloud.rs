//! Azure in the demo: a consumer whose subscription is allowed, and one whose is not.

use serde_json::{Value, json};

use super::resource_inventory::ResourceInventory;
use crate::azure::{Arm, Login, NewEndpoint};
use crate::consumer::Consumer;
use crate::failure::Failure;
use crate::http_client::{Trust, http_client};
use crate::up::wiring::Up;

/// Tenant of a consumer that the provider does not allow.
const UNLISTED_TENANT: &str = "30000000-0000-4000-8000-000000000001";
/// Subscription of that consumer.
const UNLISTED_SUBSCRIPTION: &str = "30000000-0000-4000-8000-000000000003";

/// Access of the consumers to emulated Azure.
pub(super) struct AzureCloud {
    /// ID of the first project VPC.
    pub(super) vpc: String,
    /// Resources of the provider in the emulator.
    pub(super) inventory: ResourceInventory,
    /// The default consumer.
    pub(super) consumer: Consumer,
    pub(super) consumer_subscription: String,
    location: String,
    unlisted: Arm,
}

impl AzureCloud {
    /// Access by the ready line of an `up`.
    ///
    /// # Errors
    /// If the ready line is incomplete or an HTTP client cannot be set up.
    pub(super) fn of(up: &Up) -> Result<Self, Failure> {
        let ready = up.ready();
        let missing = || Failure::ours("the ready line lacks a member that the demo needs");
        let azure = ready.azure.as_ref().ok_or_else(missing)?;
        let vpc = ready.project_vpcs.get("azure-westeurope");
        let ca = std::fs::read(&azure.ca).map_err(|error| {
            Failure::caused("read the certificate authority of emulated Azure", &error)
        })?;
        let http = http_client(&azure.url, Trust::Only(&ca))?;
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
            unlisted: Arm::new(http, &azure.url, Login::consumer(UNLISTED_TENANT)),
        })
    }

    /// Creates an endpoint in a subscription that the provider does not allow.
    ///
    /// # Errors
    /// If the emulator refuses a request, as it must.
    pub(super) async fn request_unlisted(
        &self,
        alias: &str,
        message: &str,
    ) -> Result<Value, Failure> {
        let group = format!("/subscriptions/{UNLISTED_SUBSCRIPTION}/resourceGroups/unlisted");
        let network = format!("{group}/providers/Microsoft.Network");
        self.unlisted
            .put(&group, json!({ "location": self.location }))
            .await?;
        let properties = json!({
            "addressSpace": { "addressPrefixes": ["10.99.0.0/24"] },
            "subnets": [{ "name": "s", "properties": { "addressPrefix": "10.99.0.0/24" } }],
        });
        let vnet = format!("{network}/virtualNetworks/v");
        let body = json!({ "location": self.location, "properties": properties });
        self.unlisted.put(&vnet, body).await?;
        let new = NewEndpoint {
            location: &self.location,
            subnet: &format!("{vnet}/subnets/s"),
            target: alias,
            address: None,
            message: Some(message),
        };
        let body = new.body();
        self.unlisted
            .put(&format!("{network}/privateEndpoints/unlisted"), body)
            .await
    }
}
