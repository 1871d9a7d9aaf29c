//! Settings of an emulated cloud, fixed while it runs.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The settings of an emulated cloud.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// The id of the provider's project.
    pub provider_project: String,
    /// The number of the provider's project.
    pub provider_project_number: u64,
    /// Duration of an operation; with zero the reply to the write says `DONE`.
    pub operation_delay: Duration,
    /// Delay after which the `connectedEndpoints` of a service attachment show a change.
    pub status_lag: Duration,
    /// Regions that are accepted besides those of the list.
    #[serde(default)]
    pub further_regions: BTreeSet<String>,
}
