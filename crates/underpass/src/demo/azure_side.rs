//! Azure in the story: a consumer that is allowed, and a stranger.

use serde_json::{Value, json};

use super::backstage::Backstage;
use super::side::Asked;
use crate::azure::{Arm, Endpoint, Login, NewEndpoint};
use crate::client::http_client;
use crate::failure::Failure;
use crate::up::wiring::Up;

/// Somebody whom nobody allowed.
const STRANGER_TENANT: &str = "30000000-0000-4000-8000-000000000001";
/// The stranger's subscription.
const STRANGER_SUBSCRIPTION: &str = "30000000-0000-4000-8000-000000000003";

/// The consumers' tools.
pub(super) struct AzureSide {
    /// The first project VPC.
    pub(super) vpc: String,
    /// Behind the scenes.
    pub(super) backstage: Backstage,
    /// The ready consumer.
    consumer: Arm,
    pub(super) consumer_subscription: String,
    /// Resource id of the consumer's subnet.
    subnet: String,
    location: String,
    stranger: Arm,
}

impl AzureSide {
    /// Reads the line that every script reads.
    pub(super) fn of(up: &Up) -> Result<Self, Failure> {
        let ready = up.ready();
        let missing = || Failure::ours("the ready line lacks a part the story needs");
        let azure = ready.azure.as_ref().ok_or_else(missing)?;
        let vpc = ready.project_vpcs.get("azure-westeurope");
        let ca = std::fs::read(&azure.ca)
            .map_err(|error| Failure::caused("read emulated Azure's authority", &error))?;
        let http = http_client(&azure.url, Some(&ca))?;
        let arm = |tenant: &str| Arm::new(http.clone(), &azure.url, Login::consumer(tenant));
        Ok(Self {
            vpc: vpc.ok_or_else(missing)?.clone(),
            backstage: Backstage::new(
                up.azure().admin_url(),
                up.azure().admin_secret().reveal(),
                format!("/subscriptions/{}/", azure.subscription),
            )?,
            consumer: arm(&azure.consumer_tenant),
            consumer_subscription: azure.consumer_subscription.clone(),
            subnet: azure.consumer_subnet.clone(),
            location: azure.consumer_location.clone(),
            stranger: arm(STRANGER_TENANT),
        })
    }

    /// Resource id of the consumer's endpoint for a service.
    fn endpoint_id(&self, service: &str) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/consumer/providers/Microsoft.Network/\
             privateEndpoints/{service}",
            self.consumer_subscription
        )
    }

    /// The ready consumer asks for a connection.
    pub(super) async fn ask_for(&self, service: &str, alias: &str) -> Result<Asked, Failure> {
        let body = self.request(alias, &self.subnet);
        let shown = self.consumer.put(&self.endpoint_id(service), body).await?;
        let endpoint = Endpoint::read(&self.consumer, &shown).await?;
        Ok(Asked {
            status: endpoint.status,
            address: endpoint.address,
        })
    }

    /// How the consumer sees its endpoint.
    pub(super) async fn status(&self, service: &str) -> Result<String, Failure> {
        let shown = self.consumer.get(&self.endpoint_id(service)).await?;
        let endpoint = Endpoint::read(&self.consumer, &shown.unwrap_or_default()).await?;
        Ok(endpoint.status)
    }

    /// The consumer removes its endpoint.
    pub(super) async fn leave(&self, service: &str) -> Result<(), Failure> {
        let id = self.endpoint_id(service);
        self.consumer.delete(&id).await.map(drop)
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
        let body = self.request(alias, &format!("{vnet}/subnets/s"));
        self.stranger
            .put(&format!("{network}/privateEndpoints/stranger"), body)
            .await
    }

    fn request(&self, alias: &str, subnet: &str) -> Value {
        let new = NewEndpoint {
            location: &self.location,
            subnet,
            target: alias,
            address: None,
            message: Some("told by underpass demo"),
        };
        new.body()
    }
}
