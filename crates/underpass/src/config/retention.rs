//! `[retention]`

use jiff::SignedDuration;
use serde::Deserialize;
use underpass_model::ended_connection::EndedLimits;
use underpass_server::retention_limits::RetentionLimits;

use super::value;

/// Limits within which finished things are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionConfig {
    #[serde(deserialize_with = "value::count_of_events")]
    events: u64,
    #[serde(deserialize_with = "value::count_of_events")]
    service_events: u64,
    #[serde(deserialize_with = "value::age")]
    events_for: SignedDuration,
    #[serde(deserialize_with = "value::count_per_link")]
    ended_connections: usize,
    #[serde(deserialize_with = "value::count_of_links")]
    deleted_links: usize,
    #[serde(deserialize_with = "value::age")]
    ended_for: SignedDuration,
    #[serde(deserialize_with = "value::count_of_tokens")]
    tokens: usize,
    #[serde(deserialize_with = "value::age")]
    tokens_for: SignedDuration,
}

impl RetentionConfig {
    /// Limits within which finished things are kept.
    pub(crate) const fn limits(&self) -> RetentionLimits {
        RetentionLimits {
            events_per_project: self.events,
            events_per_service: self.service_events,
            events_age: self.events_for,
            ended: EndedLimits {
                per_link: self.ended_connections,
                age: self.ended_for,
            },
            ended_links: self.deleted_links,
            tokens_age: self.tokens_for,
            ended_tokens: self.tokens,
        }
    }
}
