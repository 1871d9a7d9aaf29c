//! Configuration of the emulated cloud.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings that are fixed while the emulator runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// Scheme, host and port that clients use, without a trailing slash.
    pub base_url: String,
    /// The provider's Entra tenant, a GUID.
    pub provider_tenant: String,
    /// Client ID of the provider's only service principal; it alone may use the provider's
    /// subscription.
    pub provider_client: String,
    /// The provider's subscription.
    pub provider_subscription: String,
    /// Duration of a long-running operation; with zero, writes are answered as finished.
    pub operation_delay: Duration,
    /// Regions that are accepted besides those of the list.
    #[serde(default)]
    pub further_regions: BTreeSet<String>,
}
