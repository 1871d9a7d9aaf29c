//! Counts of zone transfers and notifications, as metrics.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// The reason why a transfer, or the signature of a request, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    /// The signature does not match the key.
    Signature,
    /// The key is unknown.
    Key,
    /// The clocks differ.
    Time,
    /// The signature is shortened.
    Truncation,
    /// The signature is malformed.
    Malformed,
    /// The question is about another zone.
    Zone,
    /// No rule allows the peer.
    NotAllowed,
    /// A whole zone was requested over UDP.
    Udp,
    /// Too many transfers are in progress.
    Limit,
    /// The zone is not complete.
    Incomplete,
}

/// The outcome of one notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notified {
    Accepted,
    Refused,
    Unanswered,
}

/// A kind of transfer that was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Served {
    Whole,
    Difference,
    Unchanged,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub(super) struct Counts {
    served: [AtomicU64; Served::ALL.len()],
    refused: [AtomicU64; Refusal::ALL.len()],
    failed: AtomicU64,
    notified: [AtomicU64; Notified::ALL.len()],
}

// === impl Refusal ===

impl Refusal {
    /// Every reason.
    pub(super) const ALL: [Self; 10] = [
        Self::Signature,
        Self::Key,
        Self::Time,
        Self::Truncation,
        Self::Malformed,
        Self::Zone,
        Self::NotAllowed,
        Self::Udp,
        Self::Limit,
        Self::Incomplete,
    ];

    /// The label of the metric.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Key => "key",
            Self::Time => "time",
            Self::Truncation => "truncation",
            Self::Malformed => "malformed",
            Self::Zone => "zone",
            Self::NotAllowed => "not_allowed",
            Self::Udp => "udp",
            Self::Limit => "limit",
            Self::Incomplete => "incomplete",
        }
    }

    /// The reason in the log.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Signature => "the signature does not match the key",
            Self::Key => "the key, or its algorithm, is not configured",
            Self::Time => "the clocks differ by more than 300 s",
            Self::Truncation => "the signature is shortened",
            Self::Malformed => "the signature is malformed",
            Self::Zone => "the question is not about this zone",
            Self::NotAllowed => "no entry of dns.transfer allows this address and key",
            Self::Udp => "a whole zone is transferred over TCP",
            Self::Limit => "too many transfers are in progress",
            Self::Incomplete => "the zone is not complete: a stored document was not read",
        }
    }
}

// === impl Notified ===

impl Notified {
    const ALL: [Self; 3] = [Self::Accepted, Self::Refused, Self::Unanswered];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
        }
    }
}

// === impl Served ===

impl Served {
    const ALL: [Self; 3] = [Self::Whole, Self::Difference, Self::Unchanged];

    /// The kind in the log.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Whole => "AXFR",
            Self::Difference => "IXFR",
            Self::Unchanged => "unchanged",
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "axfr",
            Self::Difference => "ixfr",
            Self::Unchanged => "unchanged",
        }
    }
}

// === impl Counts ===

impl Counts {
    pub(super) fn serve(&self, kind: Served) {
        add(&self.served, &Served::ALL, &kind);
    }

    pub(super) fn refuse(&self, reason: Refusal) {
        add(&self.refused, &Refusal::ALL, &reason);
    }

    /// Counts a transfer whose client went away, or was too slow.
    pub(super) fn fail(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn notify(&self, outcome: Notified) {
        add(&self.notified, &Notified::ALL, &outcome);
    }

    /// The counts in Prometheus's text format, with the serial that is served.
    pub(super) fn render(&self, serial: u32) -> String {
        const SERIAL: &str = "underpass_dns_zone_serial";
        const SERVED: &str = "underpass_dns_transfers_total";
        const REFUSED: &str = "underpass_dns_transfers_refused_total";
        const FAILED: &str = "underpass_dns_transfers_failed_total";
        const NOTIFIED: &str = "underpass_dns_notifications_total";
        let mut text = format!(
            "# HELP {SERIAL} Serial of the zone that is served.\n# TYPE {SERIAL} gauge\n{SERIAL} {serial}\n"
        );
        let mut table = |name, help, label, rows: Vec<(&str, &AtomicU64)>| {
            // Writing to a string cannot fail.
            let _ok = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
            for (value, count) in rows {
                let count = count.load(Ordering::Relaxed);
                let _ok = writeln!(text, "{name}{{{label}=\"{value}\"}} {count}");
            }
        };
        let served = Served::ALL.map(Served::as_str).into_iter();
        let served = served.zip(&self.served).collect();
        table(SERVED, "Zone transfers to secondaries.", "kind", served);
        let refused = Refusal::ALL.map(Refusal::as_str).into_iter();
        let refused = refused.zip(&self.refused).collect();
        let help = "Zone transfers and signatures that were refused.";
        table(REFUSED, help, "reason", refused);
        let notified = Notified::ALL.map(Notified::as_str).into_iter();
        let notified = notified.zip(&self.notified).collect();
        let help = "Notifications of secondaries, each attempt.";
        table(NOTIFIED, help, "answer", notified);
        let failed = self.failed.load(Ordering::Relaxed);
        text + &format!(
            "# HELP {FAILED} Zone transfers that the secondary did not accept to their end.\n\
             # TYPE {FAILED} counter\n{FAILED} {failed}\n"
        )
    }
}

fn add<T: PartialEq>(counts: &[AtomicU64], all: &[T], one: &T) {
    let at = all.iter().position(|known| *known == *one);
    if let Some(count) = at.and_then(|at| counts.get(at)) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}
