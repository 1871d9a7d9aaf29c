//! Google in the story: a consumer, whom nobody has to allow before it asks.

use super::backstage::Backstage;
use super::side::Asked;
use crate::client::http_client;
use crate::failure::Failure;
use crate::google::{Compute, Endpoint, NewEndpoint};
use crate::up::wiring::Up;

/// The consumer's tools.
pub(super) struct GoogleSide {
    /// The first project VPC.
    pub(super) vpc: String,
    /// Behind the scenes.
    pub(super) backstage: Backstage,
    /// The ready consumer.
    consumer: Compute,
    project: String,
    network: String,
    subnet: String,
    region: String,
}

impl GoogleSide {
    /// Reads the line that every script reads.
    pub(super) fn of(up: &Up) -> Result<Self, Failure> {
        let ready = up.ready();
        let missing = || Failure::ours("the ready line lacks a part the story needs");
        let google = ready.google.as_ref().ok_or_else(missing)?;
        let vpc = ready.project_vpcs.get("google-europe-west1");
        Ok(Self {
            vpc: vpc.ok_or_else(missing)?.clone(),
            backstage: Backstage::new(
                up.google().admin_url(),
                up.google().admin_secret().reveal(),
                format!("projects/{}/", google.project),
            )?,
            consumer: Compute::new(http_client(&google.url, None)?, &google.url, None),
            project: google.consumer_project.clone(),
            network: google.consumer_network.clone(),
            subnet: google.consumer_subnet.clone(),
            region: google.region.clone(),
        })
    }

    /// Path of the consumer's endpoint for a service.
    fn endpoint_id(&self, service: &str) -> String {
        format!(
            "projects/{}/regions/{}/forwardingRules/{service}",
            self.project, self.region
        )
    }

    /// The ready consumer asks for a connection.
    pub(super) async fn ask_for(&self, service: &str, attachment: &str) -> Result<Asked, Failure> {
        let new = NewEndpoint {
            name: service,
            project: &self.project,
            region: &self.region,
            network: &self.network,
            subnet: &self.subnet,
            target: attachment,
            address: None,
            message: Some("told by underpass demo"),
        };
        let endpoint = new.make(&self.consumer).await?;
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
        Endpoint::delete(&self.consumer, &self.endpoint_id(service)).await
    }
}
