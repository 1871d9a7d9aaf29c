//! `[discovery]`

use std::time::Duration;

use serde::Deserialize;
use underpass_model::google::RejectList;

use super::value;
use crate::cli::span::Switchable;

/// Listings of the clouds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiscoveryConfig {
    /// Interval of listings.
    #[serde(deserialize_with = "value::switchable")]
    pub(crate) interval: Switchable,
    /// Time over which absence is proven.
    #[serde(deserialize_with = "value::span")]
    pub(crate) absence_window: Duration,
    /// Use of Google's reject list.
    pub(crate) google_reject: GoogleRejectConfig,
}

/// Use of the reject list of service attachments on Google.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum GoogleRejectConfig {
    /// Rejected endpoints are on no list.
    Omit,
    /// Rejected endpoints are on the reject list.
    List,
}

impl From<GoogleRejectConfig> for RejectList {
    fn from(given: GoogleRejectConfig) -> Self {
        match given {
            GoogleRejectConfig::Omit => Self::Omit,
            GoogleRejectConfig::List => Self::List,
        }
    }
}
