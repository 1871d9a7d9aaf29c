//! State shared by all HTTP routes of the emulated Google.

use std::sync::Arc;

use super::model::Google;
use super::token::Tokens;
use crate::emulated_network::EmulatedNetwork;
use crate::record::Record;
use crate::weather::WeatherControl;

/// State of the HTTP routes; cheap to clone.
#[derive(Clone)]
pub(super) struct HttpState {
    pub(super) network: Arc<EmulatedNetwork<Google>>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) weather: Arc<WeatherControl>,
    /// Scheme, host and port that clients use, without a trailing slash.
    pub(super) base_url: Arc<str>,
    /// The id of the provider's project.
    pub(super) project: Arc<str>,
    /// Where exchanges are recorded, if anywhere.
    pub(super) record: Option<Record>,
}

// === impl HttpState ===

impl HttpState {
    /// The email address of the provider's service account: that of its key file, or else one
    /// derived from the project's id.
    pub(super) fn email(&self) -> String {
        self.tokens.own_email()
    }
}
