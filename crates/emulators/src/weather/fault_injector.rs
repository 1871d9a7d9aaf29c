//! Decides which fault a request meets.
//!
//! A pure value: requests and time in, disturbances out. Faults that last (throttling, false answers,
//! expired tokens) are periods; a request within one meets it without a draw.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::disturbance::{Disturbance, FalseRead, FalseRefusal, OperationFault, ServerError};
use super::request_facts::{Access, RequestFacts};
use super::retry_after::{Form, retry_after};
use super::settings::Weather;

/// Maximum number of remembered periods and tokens of a kind: beyond it, those that have ended are
/// forgotten.
const REMEMBERED: usize = 4096;

/// Parameters of the hash FNV-1a with 64 bits (RFC 9923).
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// Shortest period, as a share of the longest.
const SHORTEST_SHARE: f64 = 0.25;

/// The number of entries that the position of a missing one is drawn from.
const POSITIONS: usize = 64;

/// Decides which fault a request meets.
#[derive(Debug)]
pub(super) struct FaultInjector {
    weather: Weather,
    seed: u64,
    /// Number of requests by method and collection.
    requests: BTreeMap<String, u64>,
    /// Periods of throttling by scope and access.
    throttled: BTreeMap<String, (Timestamp, Form)>,
    /// Periods of false answers by target.
    false_reads: BTreeMap<String, (Timestamp, FalseRead)>,
    /// Accepted tokens; with a time, the token counts as expired until then.
    tokens: BTreeMap<u64, Option<Timestamp>>,
}

/// The kinds of faults, in the order of the draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Slow,
    Cut,
    Server,
    Throttling,
    ExpiredToken,
    Absent,
    Stale,
    Short,
    Conflict,
    Quota,
    FailedOperation,
    HangingOperation,
    Reverted,
}

impl FaultInjector {
    pub(super) const fn new(weather: Weather, seed: u64) -> Self {
        Self {
            weather,
            seed,
            requests: BTreeMap::new(),
            throttled: BTreeMap::new(),
            false_reads: BTreeMap::new(),
            tokens: BTreeMap::new(),
        }
    }

    pub(super) const fn weather(&self) -> &Weather {
        &self.weather
    }

    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the fault that a request meets. `token` identifies its access token, if that can expire.
    pub(super) fn disturb(
        &mut self,
        facts: &RequestFacts,
        token: Option<u64>,
        now: Timestamp,
    ) -> Option<Disturbance> {
        let mut rng = self.generator(facts);
        let is_known_token = token.is_some_and(|token| self.tokens.contains_key(&token));
        if let Some(token) = token {
            forget(&mut self.tokens, |until| {
                until.is_none_or(|until| until <= now)
            });
            let until = self.tokens.entry(token).or_default();
            if until.is_some_and(|until| now < until) {
                return Some(refused(FalseRefusal::TokenExpired));
            }
        }
        let scope = throttling_scope(facts);
        if let Some((until, form)) = self.throttled.get(&scope)
            && now < *until
        {
            return Some(throttled(*form, *until, now));
        }
        if let Some((until, kind)) = self.false_reads.get(&facts.target)
            && facts.access.is_read()
            && now < *until
        {
            return Some(Disturbance::False(*kind));
        }
        let kind = self.draw(facts, is_known_token, now, &mut rng)?;
        Some(self.begin(kind, facts, scope, token, now, &mut rng))
    }

    /// A generator that depends on the seed, and on the number of the request among those of its method
    /// and collection.
    fn generator(&mut self, facts: &RequestFacts) -> StdRng {
        let stream = format!("{} {}", facts.method, facts.collection);
        let mut hash = FNV_OFFSET;
        let number = self.requests.entry(stream.clone()).or_default();
        *number += 1;
        let words = [self.seed.to_le_bytes(), number.to_le_bytes()];
        for byte in words.as_flattened().iter().chain(stream.as_bytes()) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME);
        }
        StdRng::seed_from_u64(hash)
    }

    fn draw(
        &self,
        facts: &RequestFacts,
        is_known_token: bool,
        now: Timestamp,
        rng: &mut StdRng,
    ) -> Option<Kind> {
        let weather = &self.weather;
        let (access, is_write) = (facts.access, facts.access.is_write());
        let is_true_period = self
            .false_reads
            .get(&facts.target)
            .is_some_and(|(until, _)| now < later(*until, weather.true_answer_seconds));
        let is_read = access.is_read() && !is_true_period;
        let candidates = [
            (Kind::Slow, weather.slow_answer, true),
            (Kind::Cut, weather.cut_connection, true),
            (Kind::Server, weather.server_error, true),
            (Kind::Throttling, weather.throttling, true),
            (Kind::ExpiredToken, weather.expired_token, is_known_token),
            (
                Kind::Absent,
                weather.false_absence,
                is_read && access == Access::Read,
            ),
            (Kind::Stale, weather.stale_answer, is_read),
            (Kind::Short, weather.short_list, is_read),
            (
                Kind::Conflict,
                weather.conflict,
                matches!(access, Access::Change { .. }),
            ),
            (Kind::Quota, weather.quota, access == Access::Create),
            (Kind::FailedOperation, weather.failed_operation, is_write),
            (Kind::HangingOperation, weather.hanging_operation, is_write),
            (
                Kind::Reverted,
                weather.reverted_write,
                matches!(access, Access::Change { .. }),
            ),
        ];
        let mut drawn: f64 = rng.random();
        for (kind, rate, can_occur) in candidates {
            if !can_occur {
                continue;
            }
            if drawn < rate {
                return Some(kind);
            }
            drawn -= rate;
        }
        None
    }

    fn begin(
        &mut self,
        kind: Kind,
        facts: &RequestFacts,
        scope: String,
        token: Option<u64>,
        now: Timestamp,
        rng: &mut StdRng,
    ) -> Disturbance {
        let weather = &self.weather;
        let is_carried_out = rng.random_bool(weather.carried_out.clamp(0.0, 1.0));
        match kind {
            Kind::Slow => {
                let seconds = seconds(weather.slow_answer_seconds, rng);
                Disturbance::Slow(Duration::try_from_secs_f64(seconds).unwrap_or_default())
            }
            Kind::Cut => Disturbance::Cut { is_carried_out },
            Kind::Server => {
                let error = match rng.random_range(0..4_u8) {
                    0 => ServerError::Internal,
                    1 => ServerError::BadGateway,
                    2 => ServerError::Unavailable,
                    _ => ServerError::GatewayTimeout,
                };
                Disturbance::Refused {
                    refusal: FalseRefusal::Server(error),
                    is_carried_out,
                }
            }
            Kind::Throttling => {
                let until = later(now, seconds(weather.throttling_seconds, rng));
                let form = match rng.random_range(0..3_u8) {
                    0 => Form::Seconds,
                    1 => Form::Fraction,
                    _ => Form::Date,
                };
                forget(&mut self.throttled, |(until, _)| *until <= now);
                self.throttled.insert(scope, (until, form));
                throttled(form, until, now)
            }
            Kind::ExpiredToken => {
                let until = later(now, seconds(weather.expired_token_seconds, rng));
                if let Some(token) = token {
                    self.tokens.insert(token, Some(until));
                }
                refused(FalseRefusal::TokenExpired)
            }
            Kind::Absent => {
                let longest = weather.false_absence_seconds;
                self.answer_falsely(FalseRead::Absent, longest, facts, now, rng)
            }
            Kind::Stale => {
                let longest = weather.stale_answer_seconds;
                self.answer_falsely(FalseRead::Stale, longest, facts, now, rng)
            }
            Kind::Short => {
                let longest = weather.short_list_seconds;
                let position = rng.random_range(0..POSITIONS);
                self.answer_falsely(FalseRead::Short(position), longest, facts, now, rng)
            }
            Kind::Conflict => refused(match facts.access {
                Access::Change {
                    is_conditional: true,
                } if rng.random() => FalseRefusal::PreconditionFailed,
                Access::Change { .. }
                | Access::Read
                | Access::List
                | Access::Poll
                | Access::Create
                | Access::Other => FalseRefusal::Conflict,
            }),
            Kind::Quota => refused(FalseRefusal::Quota),
            Kind::FailedOperation => Disturbance::Operation(OperationFault::Fails),
            Kind::HangingOperation => {
                let longest = seconds(weather.hanging_operation_seconds, rng);
                // In range: the longest time is one hour.
                let for_seconds = SignedDuration::try_from_secs_f64(longest.ceil())
                    .ok()
                    .and_then(|it| u32::try_from(it.as_secs()).ok());
                Disturbance::Operation(OperationFault::Hangs {
                    for_seconds: for_seconds.unwrap_or(1),
                })
            }
            Kind::Reverted => Disturbance::Reverted,
        }
    }

    /// Returns the time of the oldest answer that may be given once more: an answer is no older than a
    /// period of stale answers is long.
    pub(super) fn oldest_answer(&self, now: Timestamp) -> Timestamp {
        let age = SignedDuration::try_from_secs_f64(self.weather.stale_answer_seconds);
        now.saturating_sub(age.unwrap_or_default())
            .unwrap_or(Timestamp::MIN)
    }

    fn answer_falsely(
        &mut self,
        kind: FalseRead,
        longest: f64,
        facts: &RequestFacts,
        now: Timestamp,
        rng: &mut StdRng,
    ) -> Disturbance {
        let until = later(now, seconds(longest, rng));
        let pause = self.weather.true_answer_seconds;
        forget(&mut self.false_reads, |(until, _)| {
            later(*until, pause) <= now
        });
        self.false_reads.insert(facts.target.clone(), (until, kind));
        Disturbance::False(kind)
    }
}

/// The requests that a cloud counts together: reads, writes and deletions of a subscription or project.
fn throttling_scope(facts: &RequestFacts) -> String {
    let class = match facts.method.as_str() {
        "GET" | "HEAD" => "reads",
        "DELETE" => "deletes",
        _ => "writes",
    };
    format!("{} {class}", facts.scope)
}

fn throttled(form: Form, until: Timestamp, now: Timestamp) -> Disturbance {
    refused(FalseRefusal::Throttled {
        retry_after: retry_after(form, until, now),
        form,
    })
}

const fn refused(refusal: FalseRefusal) -> Disturbance {
    Disturbance::Refused {
        refusal,
        is_carried_out: false,
    }
}

/// A duration, in seconds: at most the longest.
fn seconds(longest: f64, rng: &mut StdRng) -> f64 {
    longest * (SHORTEST_SHARE + (1.0 - SHORTEST_SHARE) * rng.random::<f64>())
}

fn later(at: Timestamp, seconds: f64) -> Timestamp {
    let pause = SignedDuration::try_from_secs_f64(seconds).unwrap_or_default();
    at.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

/// Drops entries that have ended, once there are too many.
fn forget<K: Ord, V>(entries: &mut BTreeMap<K, V>, has_ended: impl Fn(&V) -> bool) {
    if entries.len() >= REMEMBERED {
        entries.retain(|_, entry| !has_ended(entry));
    }
}
