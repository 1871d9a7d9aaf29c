//! `[discovery]`

use std::time::Duration;

use serde::Deserialize;
use underpass_model::google::RejectList;

use super::value;
use crate::cli::span::Switchable;

/// Longest interval and absence window: 30 days, in which each endpoint is found and each deletion noticed.
const MAX_SPAN: Duration = Duration::from_hours(30 * 24);

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

impl DiscoveryConfig {
    /// Problems of values that are too long: keys and messages.
    pub(super) fn problems(&self) -> Vec<(&'static str, String)> {
        let spans = [
            ("discovery.interval", self.interval.0),
            ("discovery.absence_window", Some(self.absence_window)),
        ];
        let too_long = spans
            .into_iter()
            .filter(|(_, span)| span.is_some_and(|span| span > MAX_SPAN));
        too_long
            .map(|(key, _)| (key, "must be at most 30d".to_owned()))
            .collect()
    }
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
