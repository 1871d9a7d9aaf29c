//! Configuration of the emulated cloud.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the shell fixes for the model's life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// Scheme, host and port that clients use, without a trailing slash.
    pub base_url: String,
    /// The provider's tenant: its `client` alone may act in `subscription`.
    pub provider_tenant: String,
    /// The provider's only service principal.
    pub provider_client: String,
    /// The provider's subscription.
    pub provider_subscription: String,
    /// How long an accepted operation takes; zero answers it finished.
    pub operation_delay: Duration,
}
