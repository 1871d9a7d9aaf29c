//! Limits within which finished things are kept, for `underpass up`.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use underpass_model::ended_connection::EndedLimits;
use underpass_server::retention_limits::RetentionLimits;

use super::number::number;
use super::span::span;

/// Largest number of things that are kept: 1,000,000,000.
const LARGEST: u32 = 1_000_000_000;

/// Largest number of ended connections that are kept per link: 10,000. Each pass of a link reads them.
const LARGEST_PER_LINK: usize = 10_000;

/// Smallest number of deleted links that are kept: 1,000. A listing that is older than a deletion would
/// otherwise put its account on hold.
const SMALLEST_LINKS: usize = 1_000;

/// Shortest time for which things are kept: 1 day. A deleted link that its cloud still shows is noted
/// again after half of it, by a full sweep.
const SHORTEST: Duration = Duration::from_hours(24);

/// Longest time for which things are kept: 36,500 days.
const LONGEST: Duration = Duration::from_hours(24 * 36_500);

#[derive(Debug, Clone, Args)]
pub(crate) struct RetentionArgs {
    /// Most events kept per project
    #[arg(
        long = "keep-events",
        value_name = "NUMBER",
        default_value_t = RetentionLimits::default().events_per_project,
        value_parser = count_of_events,
        env = "UNDERPASS_UP_KEEP_EVENTS"
    )]
    events: u64,
    /// Most events kept per service, with its links and connections
    #[arg(
        long = "keep-service-events",
        value_name = "NUMBER",
        default_value_t = RetentionLimits::default().events_per_service,
        value_parser = count_of_events,
        env = "UNDERPASS_UP_KEEP_SERVICE_EVENTS"
    )]
    service_events: u64,
    /// Age until which events are kept, at least 1d
    #[arg(
        long = "keep-events-for",
        value_name = "SPAN",
        default_value = "400d",
        value_parser = age,
        env = "UNDERPASS_UP_KEEP_EVENTS_FOR"
    )]
    events_for: SignedDuration,
    /// Most ended connections kept per link
    #[arg(
        long = "keep-ended-connections",
        value_name = "NUMBER",
        default_value_t = RetentionLimits::default().ended.per_link,
        value_parser = count_per_link,
        env = "UNDERPASS_UP_KEEP_ENDED_CONNECTIONS"
    )]
    ended_connections: usize,
    /// Most deleted links kept, at least 1000
    #[arg(
        long = "keep-deleted-links",
        value_name = "NUMBER",
        default_value_t = RetentionLimits::default().ended_links,
        value_parser = count_of_links,
        env = "UNDERPASS_UP_KEEP_DELETED_LINKS"
    )]
    deleted_links: usize,
    /// Age until which ended connections and deleted links are kept, at least 1d
    #[arg(
        long = "keep-ended-for",
        value_name = "SPAN",
        default_value = "30d",
        value_parser = age,
        env = "UNDERPASS_UP_KEEP_ENDED_FOR"
    )]
    ended_for: SignedDuration,
    /// Most expired and revoked access tokens kept
    #[arg(
        long = "keep-tokens",
        value_name = "NUMBER",
        default_value_t = RetentionLimits::default().ended_tokens,
        value_parser = count_of_tokens,
        env = "UNDERPASS_UP_KEEP_TOKENS"
    )]
    tokens: usize,
    /// Time from their end for which expired and revoked access tokens are kept, at least 1d
    #[arg(
        long = "keep-tokens-for",
        value_name = "SPAN",
        default_value = "30d",
        value_parser = age,
        env = "UNDERPASS_UP_KEEP_TOKENS_FOR"
    )]
    tokens_for: SignedDuration,
}

impl RetentionArgs {
    /// Limits within which finished things are kept.
    pub(crate) fn limits(&self) -> RetentionLimits {
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

impl Default for RetentionArgs {
    fn default() -> Self {
        let limits = RetentionLimits::default();
        Self {
            events: limits.events_per_project,
            service_events: limits.events_per_service,
            events_for: limits.events_age,
            ended_connections: limits.ended.per_link,
            deleted_links: limits.ended_links,
            ended_for: limits.ended.age,
            tokens: limits.ended_tokens,
            tokens_for: limits.tokens_age,
        }
    }
}

pub(crate) fn count_of_events(text: &str) -> Result<u64, String> {
    within(text, 1..=LARGEST.into())
}

pub(crate) fn count_of_tokens(text: &str) -> Result<usize, String> {
    within(text, 1..=LARGEST as usize)
}

pub(crate) fn count_of_links(text: &str) -> Result<usize, String> {
    within(text, SMALLEST_LINKS..=LARGEST as usize)
}

pub(crate) fn count_per_link(text: &str) -> Result<usize, String> {
    within(text, 1..=LARGEST_PER_LINK)
}

/// Parses a whole number within a range.
///
/// # Errors
/// Any other text, or a number outside the range.
fn within<T>(text: &str, range: RangeInclusive<T>) -> Result<T, String>
where
    T: Display + FromStr + PartialOrd,
{
    let given = number(text)?;
    if range.contains(&given) {
        return Ok(given);
    }
    let (smallest, largest) = range.into_inner();
    Err(format!("must be from {smallest} to {largest}"))
}

/// Parses an age until which things are kept.
///
/// # Errors
/// The failures of [`span`], and a duration that is too short or too long.
pub(crate) fn age(text: &str) -> Result<SignedDuration, String> {
    let age = span(text)?;
    if !(SHORTEST..=LONGEST).contains(&age) {
        return Err("must be from 1d to 36500d".to_owned());
    }
    SignedDuration::try_from(age).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        retention: RetentionArgs,
    }

    #[test]
    fn the_defaults_are_those_of_the_control_plane() {
        let parsed = Flags::try_parse_from(["up"]).unwrap().retention;
        assert_eq!(parsed.limits(), RetentionLimits::default());
        let default = RetentionArgs::default();
        assert_eq!(default.limits(), RetentionLimits::default());
    }

    #[test]
    fn numbers_and_ages_have_bounds() {
        assert_eq!(count_of_events("1"), Ok(1));
        assert!(count_of_events("0").is_err() && count_of_events("1000000001").is_err());
        assert!(count_per_link("10000").is_ok() && count_per_link("10001").is_err());
        assert!(count_of_links("1000").is_ok() && count_of_links("999").is_err());
        assert!(count_of_tokens("1").is_ok() && count_of_tokens("").is_err());
        assert_eq!(age("1d"), Ok(SignedDuration::from_hours(24)));
        for bad in ["23h", "36501d", "", "5"] {
            assert!(age(bad).is_err(), "{bad}");
        }
    }
}
