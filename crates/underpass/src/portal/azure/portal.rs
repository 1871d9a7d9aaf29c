//! The portal and its options.

use std::sync::Arc;

use crate::azure::{Arm, Login, segment_after};
use crate::failure::Failure;
use crate::http_client::{Trust, http_client};
use crate::portal::layout::Branding;
use crate::ready::AzureReady;

/// Names and colours of the portal.
pub(super) static BRANDING: Branding = Branding {
    cloud: "Azure",
    product: "Private Link Center",
    class: "azure",
    account: "Subscription",
    api_note: "The calls use the API of Azure.",
    switch: "/switch",
};

/// Address of the emulated cloud, and the account that the portal shows first.
#[derive(Debug, Clone)]
pub(crate) struct PortalOptions {
    /// URL of the resource manager, without a trailing slash.
    pub(crate) url: String,
    /// Certificate authority to trust, PEM.
    pub(crate) ca: Vec<u8>,
    pub(crate) tenant: String,
    pub(crate) subscription: String,
    /// Subnet that is selected first, if the consumer has one.
    pub(crate) subnet: Option<String>,
    pub(crate) location: String,
}

/// The portal; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct AzurePortal {
    http: reqwest::Client,
    /// Resource manager, as the tenant of the options; it keeps its token.
    arm: Arm,
    pub(super) options: Arc<PortalOptions>,
}

impl AzurePortal {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// If the URL or the certificate authority cannot be read.
    pub(crate) fn new(options: PortalOptions) -> Result<Self, Failure> {
        let http = http_client(&options.url, Trust::Only(&options.ca))?;
        let login = Login::consumer(&options.tenant);
        Ok(Self {
            arm: Arm::new(http.clone(), &options.url, login),
            http,
            options: Arc::new(options),
        })
    }

    /// A portal that shows the prepared consumer of an `up` first.
    ///
    /// # Errors
    /// If the certificate authority cannot be read.
    pub(crate) fn of_consumer(ready: &AzureReady) -> Result<Self, Failure> {
        let ca = std::fs::read(&ready.ca)
            .map_err(|error| Failure::refused(format!("read {}: {error}", ready.ca.display())))?;
        Self::new(PortalOptions {
            url: ready.url.clone(),
            ca,
            tenant: ready.consumer_tenant.clone(),
            subscription: ready.consumer_subscription.clone(),
            subnet: Some(ready.consumer_subnet.clone()),
            location: ready.consumer_location.clone(),
        })
    }

    /// Resource manager, as a user of a tenant.
    pub(super) fn arm(&self, tenant: &str) -> Arm {
        if tenant == self.options.tenant {
            return self.arm.clone();
        }
        let login = Login::consumer(tenant);
        Arm::new(self.http.clone(), &self.options.url, login)
    }

    /// Resource group that forms propose.
    pub(super) fn group(&self) -> &str {
        let subnet = self.options.subnet.as_deref();
        let group = subnet.and_then(|subnet| segment_after(subnet, "resourceGroups"));
        group.unwrap_or("consumer")
    }
}
