//! Settings that stay the same for the life of an emulated cloud.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the shell fixes for the model's life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// The provider's project, which needs its token.
    pub provider_project: String,
    /// Its number.
    pub provider_project_number: u64,
    /// How long an accepted operation takes; zero makes the first answer say `DONE`.
    pub operation_delay: Duration,
    /// How long after a change a service attachment still lists its endpoints as before it,
    /// endpoints that came or went included; zero for not at all.
    pub status_lag: Duration,
}
