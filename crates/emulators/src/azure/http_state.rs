//! State shared by all HTTP routes of the emulated Azure.

use std::sync::Arc;

use super::model;
use super::token::Tokens;
use crate::emulated_network::EmulatedNetwork;
use crate::record::Record;
use crate::weather::WeatherControl;

/// State of the HTTP routes; cheap to clone.
#[derive(Clone)]
pub(super) struct HttpState {
    pub(super) network: Arc<EmulatedNetwork<model::Azure>>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) weather: Arc<WeatherControl>,
    /// Scheme, host and port that clients use, without a trailing slash.
    pub(super) base_url: Arc<str>,
    /// Where exchanges are recorded, if anywhere.
    pub(super) record: Option<Record>,
}
