//! Health of backends: probes, their outcomes, and the thresholds between them.
//!
//! Probes with the same target and configuration are one probe, whichever balancers ask for it. The
//! table is not durable: after a restart every backend is probed again.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Time for which backends are probed after a request for their health.
const ASKED: SignedDuration = SignedDuration::from_mins(2);

/// A health probe of one port of a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probe {
    /// Address on this machine.
    pub target: SocketAddr,
    /// The cloud's firewall drops it.
    pub is_blocked: bool,
    /// Wrapped in TLS; the certificate is not verified.
    pub is_tls: bool,
    /// The exchange on the connection.
    pub exchange: Exchange,
    /// Time between two probes.
    pub interval: Duration,
    /// Time within which a probe must succeed.
    pub timeout: Duration,
    /// Consecutive successes after which an unhealthy backend is healthy.
    pub healthy_threshold: u32,
    /// Consecutive failures after which a healthy backend is unhealthy.
    pub unhealthy_threshold: u32,
    /// A wrong answer or a reset makes the backend unhealthy regardless of the threshold.
    pub is_strict: bool,
}

/// The exchange of a probe after the connection is established.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exchange {
    /// Bytes to send, and bytes with which the answer must begin; both may be empty.
    Bytes {
        /// Bytes to send.
        send: Vec<u8>,
        /// Beginning of the answer.
        expect: Vec<u8>,
    },
    /// A GET request that must be answered with status 200.
    Http {
        /// Value of the `Host` header.
        host: String,
        /// Path and query.
        path: String,
        /// Text that the beginning of the body must contain; may be empty.
        expect: String,
    },
}

/// The outcome of one probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The probe succeeded.
    Success,
    /// The connection was refused or reset.
    Unreachable,
    /// No answer within the timeout.
    Timeout,
    /// An answer other than the expected one.
    WrongAnswer,
}

/// The health of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Not probed yet.
    Unknown,
    /// Healthy; `is_failing` if the last probe failed.
    Up {
        /// The last probe failed, and fewer than the threshold did.
        is_failing: bool,
    },
    /// Unhealthy, by the last failure; `is_recovering` if the last probe succeeded.
    Down {
        /// The last failure.
        failure: Outcome,
        /// The last probe succeeded, and fewer than the threshold did.
        is_recovering: bool,
    },
}

/// The probes of an emulated cloud with the health of their backends.
#[derive(Debug, Clone, Default)]
pub struct HealthTable {
    entries: BTreeMap<Probe, Entry>,
    /// Until when the backends of a balancer are probed because of a request for their health.
    asked: BTreeMap<String, Timestamp>,
    /// The probes that must exist may have changed.
    is_stale: bool,
    /// A backend turned healthy or unhealthy.
    has_turned: bool,
}

#[derive(Debug, Clone)]
struct Entry {
    health: Health,
    /// Consecutive outcomes that contradict the health.
    contrary: u32,
    due: Timestamp,
    is_running: bool,
}

// === impl HealthTable ===

impl HealthTable {
    /// The health that a probe found.
    pub(crate) fn health(&self, probe: &Probe) -> Health {
        self.entries
            .get(probe)
            .map_or(Health::Unknown, |entry| entry.health)
    }

    /// Records a request for the health of a balancer's backends.
    pub(crate) fn ask(&mut self, balancer: &str, now: Timestamp) {
        self.asked.retain(|_, until| *until > now);
        let until = now.checked_add(ASKED).unwrap_or(Timestamp::MAX);
        self.is_stale |= self.asked.insert(balancer.to_owned(), until).is_none();
    }

    /// Balancers whose health was requested lately.
    pub(crate) fn asked(&self, now: Timestamp) -> BTreeSet<&str> {
        let open = self.asked.iter().filter(|(_, until)| **until > now);
        open.map(|(balancer, _)| balancer.as_str()).collect()
    }

    /// Reports whether every backend was probed.
    pub(crate) fn is_probed(&self) -> bool {
        !self.is_stale && !self.entries.values().any(|it| it.health == Health::Unknown)
    }

    /// Sets the probes that must exist. New ones are due immediately; the health of others ends.
    pub(crate) fn set_probes(&mut self, probes: BTreeSet<Probe>, now: Timestamp) {
        self.is_stale = false;
        self.entries.retain(|probe, _| probes.contains(probe));
        for probe in probes {
            self.entries.entry(probe).or_insert(Entry {
                health: Health::Unknown,
                contrary: 0,
                due: now,
                is_running: false,
            });
        }
    }

    /// Takes up to `limit` probes that are due, the earliest first.
    pub(crate) fn take_due(&mut self, limit: usize, now: Timestamp) -> Vec<Probe> {
        let mut due: Vec<(&Probe, &mut Entry)> = self
            .entries
            .iter_mut()
            .filter(|(_, entry)| !entry.is_running && entry.due <= now)
            .collect();
        due.sort_by_key(|(_, entry)| entry.due);
        due.truncate(limit);
        due.into_iter()
            .map(|(probe, entry)| {
                entry.is_running = true;
                entry.due = now.checked_add(probe.interval).unwrap_or(Timestamp::MAX);
                probe.clone()
            })
            .collect()
    }

    /// Time of the next probe that is not running.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let waiting = self.entries.values().filter(|entry| !entry.is_running);
        waiting.map(|entry| entry.due).min()
    }

    /// Records the outcome of a probe.
    ///
    /// The first outcome decides alone; afterwards the thresholds apply.
    pub(crate) fn record(&mut self, probe: &Probe, outcome: Outcome) {
        let Some(entry) = self.entries.get_mut(probe) else {
            return;
        };
        entry.is_running = false;
        let before = entry.health;
        let (health, contrary) = after(probe, before, entry.contrary, outcome);
        (entry.health, entry.contrary) = (health, contrary);
        self.has_turned |= is_up(before) != is_up(health);
    }

    /// Reports whether the probes that must exist may have changed.
    pub(crate) const fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// Reports whether a backend turned healthy or unhealthy since the last call.
    pub(crate) fn take_turned(&mut self) -> bool {
        std::mem::take(&mut self.has_turned)
    }
}

/// The health after an outcome, and the number of outcomes that contradict it.
fn after(probe: &Probe, before: Health, contrary: u32, outcome: Outcome) -> (Health, u32) {
    let up = |is_failing| Health::Up { is_failing };
    let down = |failure, is_recovering| Health::Down {
        failure,
        is_recovering,
    };
    match (before, outcome) {
        (Health::Unknown | Health::Up { .. }, Outcome::Success) => (up(false), 0),
        (Health::Up { .. }, failure) => {
            let is_final = probe.is_strict && failure != Outcome::Timeout;
            if is_final || contrary + 1 >= probe.unhealthy_threshold {
                (down(failure, false), 0)
            } else {
                (up(true), contrary + 1)
            }
        }
        (Health::Down { failure, .. }, Outcome::Success) => {
            if contrary + 1 >= probe.healthy_threshold {
                (up(false), 0)
            } else {
                (down(failure, true), contrary + 1)
            }
        }
        (Health::Unknown | Health::Down { .. }, failure) => (down(failure, false), 0),
    }
}

/// Reports whether a backend is healthy; `None` if it was not probed.
const fn is_up(health: Health) -> Option<bool> {
    match health {
        Health::Unknown => None,
        Health::Up { .. } => Some(true),
        Health::Down { .. } => Some(false),
    }
}

// === impl Health ===

impl Health {
    /// Reports whether a probe found the backend unhealthy.
    pub(crate) const fn is_down(self) -> bool {
        matches!(self, Self::Down { .. })
    }
}
