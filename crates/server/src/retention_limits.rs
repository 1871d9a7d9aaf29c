//! Limits of what is kept.

use jiff::SignedDuration;
use underpass_model::ended_connection::EndedLimits;

/// Limits within which finished things are kept. The newest stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionLimits {
    /// Events per project.
    pub events_per_project: u64,
    /// Events per service, its links and connections included, so that a consumer who makes and
    /// deletes endpoints displaces only events of the service that is offered to it.
    pub events_per_service: u64,
    /// Age of events.
    pub events_age: SignedDuration,
    /// Age of ended connections and links, and the number of ended connections per link, which is
    /// limited when one ends.
    pub ended: EndedLimits,
    /// Ended links in all. A link that its cloud still shows must be remembered, so the number is far
    /// above what is deleted while a listing lags.
    pub ended_links: usize,
    /// Age of expired and revoked tokens, from their end.
    pub tokens_age: SignedDuration,
    /// Expired and revoked tokens in all.
    pub ended_tokens: usize,
}

impl Default for RetentionLimits {
    fn default() -> Self {
        let day = SignedDuration::from_hours(24);
        Self {
            events_per_project: 100_000,
            events_per_service: 10_000,
            events_age: day * 400,
            ended: EndedLimits::default(),
            ended_links: 100_000,
            tokens_age: day * 30,
            ended_tokens: 10_000,
        }
    }
}
