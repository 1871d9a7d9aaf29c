//! Google in the story: a consumer, whom nobody has to allow before it asks.

use super::resource_inventory::ResourceInventory;
use crate::consumer::Consumer;
use crate::failure::Failure;
use crate::up::wiring::Up;

/// The consumer's tools.
pub(super) struct GoogleCloud {
    /// The first project VPC.
    pub(super) vpc: String,
    /// Behind the scenes.
    pub(super) inventory: ResourceInventory,
    /// The ready consumer.
    pub(super) consumer: Consumer,
}

impl GoogleCloud {
    /// Reads the line that every script reads.
    pub(super) fn of(up: &Up) -> Result<Self, Failure> {
        let ready = up.ready();
        let missing = || Failure::ours("the ready line lacks a part the story needs");
        let google = ready.google.as_ref().ok_or_else(missing)?;
        let vpc = ready.project_vpcs.get("google-europe-west1");
        Ok(Self {
            vpc: vpc.ok_or_else(missing)?.clone(),
            inventory: ResourceInventory::new(
                up.google().admin_url(),
                up.google().admin_secret().reveal(),
                format!("projects/{}/", google.project),
            )?,
            consumer: Consumer::google(google)?,
        })
    }
}
