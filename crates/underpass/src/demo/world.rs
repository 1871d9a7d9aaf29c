//! The people of the story and their tools: the provider's API, two consumers, a resolver.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};
use underpass_model::credentials::Secret;

use super::resolve;
use crate::azure::{Arm, Endpoint, Login, NewEndpoint};
use crate::client::{Client, http_client, list, text};
use crate::failure::Failure;
use crate::private_file;
use crate::settings::Target;
use crate::up::wiring::Up;

/// Pause between looks at something that is on its way: 5 ms.
pub(super) const POLL: Duration = Duration::from_millis(5);

/// Somebody whom nobody allowed.
const STRANGER_TENANT: &str = "30000000-0000-4000-8000-000000000001";
/// The stranger's subscription.
pub(super) const STRANGER_SUBSCRIPTION: &str = "30000000-0000-4000-8000-000000000003";

/// Everything the story needs.
pub(super) struct World {
    pub(super) client: Client,
    pub(super) project: String,
    /// The first project VPC.
    pub(super) vpc: String,
    pub(super) domain: String,
    /// The ready consumer.
    pub(super) consumer: Arm,
    pub(super) consumer_subscription: String,
    /// Resource id of the consumer's subnet.
    pub(super) subnet: String,
    pub(super) location: String,
    provider_subscription: String,
    stranger: Arm,
    dns: SocketAddr,
    admin_url: String,
    admin_secret: Secret,
}

impl World {
    /// Reads the line that every script reads.
    pub(super) fn of(up: &Up) -> Result<Self, Failure> {
        let ready = up.ready();
        let missing = || Failure::ours("the ready line lacks a part the story needs");
        let azure = ready.azure.as_ref().ok_or_else(missing)?;
        let vpc = ready
            .project_vpcs
            .get("azure-westeurope")
            .ok_or_else(missing)?;
        let token = private_file::read(&ready.token_file)?.ok_or_else(missing)?;
        let token = Secret::new(token.trim().to_owned());
        let ca = std::fs::read(&azure.ca)
            .map_err(|error| Failure::caused("read emulated Azure's authority", &error))?;
        let http = http_client(&azure.url, Some(&ca))?;
        let arm = |tenant: &str| Arm::new(http.clone(), &azure.url, Login::consumer(tenant));
        let admin_secret = up.emulator().admin_secret().reveal().to_owned();
        Ok(Self {
            client: Client::new(Target {
                url: ready.api.clone(),
                token,
            })?,
            project: ready.project.clone(),
            vpc: vpc.clone(),
            domain: ready.domain.clone(),
            consumer: arm(&azure.consumer_tenant),
            consumer_subscription: azure.consumer_subscription.clone(),
            subnet: azure.consumer_subnet.clone(),
            location: azure.consumer_location.clone(),
            provider_subscription: azure.subscription.clone(),
            stranger: arm(STRANGER_TENANT),
            dns: ready.dns.parse().map_err(|_| missing())?,
            admin_url: up.emulator().admin_url(),
            admin_secret: Secret::new(admin_secret),
        })
    }

    /// The path of a service.
    pub(super) fn service<'a>(&'a self, name: &'a str) -> [&'a str; 4] {
        ["project", &self.project, "service", name]
    }

    /// The path of a service's link, and of something below it.
    pub(super) fn link<'a>(&'a self, name: &'a str, below: &[&'a str]) -> Vec<&'a str> {
        [&self.service(name)[..], &["privatelink", "azure"], below].concat()
    }

    /// The connections that the compatible API lists.
    pub(super) async fn connections(&self, service: &str) -> Result<Vec<Value>, Failure> {
        let answer = self
            .client
            .get(&self.link(service, &["connections"]))
            .await?;
        Ok(list(&answer, "connections")?.to_vec())
    }

    /// Waits until the only connection is in a state.
    pub(super) async fn wait_state(&self, service: &str, wanted: &str) -> Result<(), Failure> {
        loop {
            let connections = self.connections(service).await?;
            let Some(connection) = connections.first() else {
                return Err(Failure::refused("the connection is not listed"));
            };
            if text(connection, "state")? == wanted {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The address of a private name; none if it is not answered.
    pub(super) async fn resolve(&self, name: &str) -> Result<Option<Ipv4Addr>, Failure> {
        resolve::resolve(self.dns, name).await
    }

    /// Resource id of the consumer's endpoint for a service.
    pub(super) fn endpoint_id(&self, service: &str) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/consumer/providers/Microsoft.Network/\
             privateEndpoints/{service}",
            self.consumer_subscription
        )
    }

    /// The ready consumer asks for a connection.
    pub(super) async fn ask_for(&self, service: &str, alias: &str) -> Result<Endpoint, Failure> {
        let body = self.request(alias, &self.subnet);
        let shown = self.consumer.put(&self.endpoint_id(service), body).await?;
        Endpoint::read(&self.consumer, &shown).await
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

    /// Every resource of the provider's subscription, in lower case, by the emulator's admin route.
    pub(super) async fn provider_resources(&self) -> Result<Vec<String>, Failure> {
        let doing = "list the resources of emulated Azure";
        let http = http_client(&self.admin_url, None)?;
        let answer = http
            .get(format!("{}/resources", self.admin_url))
            .bearer_auth(self.admin_secret.expose())
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(|error| Failure::caused(doing, &error))?;
        let body: Value = answer
            .json()
            .await
            .map_err(|error| Failure::caused(doing, &error))?;
        let ours = format!("/subscriptions/{}/", self.provider_subscription);
        let ids = list(&body, "value")?
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_lowercase);
        Ok(ids.filter(|id| id.starts_with(&ours)).collect())
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
