//! Google in the demo: a consumer, which may request a connection without being allowed first.

use super::resource_inventory::ResourceInventory;
use crate::consumer::Consumer;
use crate::failure::Failure;
use crate::up::wiring::Up;

/// Access of the consumer to emulated Google.
pub(super) struct GoogleCloud {
    /// ID of the first project VPC.
    pub(super) vpc: String,
    /// Resources of the provider in the emulator.
    pub(super) inventory: ResourceInventory,
    /// The default consumer.
    pub(super) consumer: Consumer,
}

impl GoogleCloud {
    /// Access by the ready line of an `up`.
    ///
    /// # Errors
    /// If the ready line is incomplete or an HTTP client cannot be set up.
    pub(super) fn of(up: &Up) -> Result<Self, Failure> {
        let ready = up.ready();
        let missing = || Failure::ours("the ready line lacks a member that the demo needs");
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
