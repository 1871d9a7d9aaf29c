//! The portal and its options.

use std::sync::Arc;

use crate::failure::Failure;
use crate::google::Compute;
use crate::http_client::{Trust, http_client};
use crate::portal::layout::Branding;
use crate::ready::GoogleReady;

/// Names and colours of the portal.
pub(super) static BRANDING: Branding = Branding {
    cloud: "Google",
    product: "Private Service Connect",
    class: "google",
    account: "Project",
    api_note: "The calls use the API of Google.",
    switch: "/switch",
};

/// Address of the emulated cloud, and the project that the portal shows first.
#[derive(Debug, Clone)]
pub(crate) struct PortalOptions {
    /// URL of the API, without a trailing slash.
    pub(crate) url: String,
    pub(crate) project: String,
    /// Subnet that is selected first, if the consumer has one.
    pub(crate) subnet: Option<String>,
    pub(crate) region: String,
}

/// The portal; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct GooglePortal {
    /// Anonymous, like every consumer in the emulated cloud.
    pub(super) compute: Compute,
    pub(super) options: Arc<PortalOptions>,
}

impl GooglePortal {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// If the URL cannot be read.
    pub(crate) fn new(options: PortalOptions) -> Result<Self, Failure> {
        let http = http_client(&options.url, Trust::System)?;
        Ok(Self {
            compute: Compute::new(http, &options.url, None),
            options: Arc::new(options),
        })
    }

    /// A portal that shows the prepared consumer of an `up` first.
    ///
    /// # Errors
    /// If the URL cannot be read.
    pub(crate) fn of_consumer(ready: &GoogleReady) -> Result<Self, Failure> {
        Self::new(PortalOptions {
            url: ready.url.clone(),
            project: ready.consumer_project.clone(),
            subnet: Some(ready.consumer_subnet.clone()),
            region: ready.region.clone(),
        })
    }
}
