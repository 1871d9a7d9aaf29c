//! Counts of connections, as metrics.

use std::fmt::Write as _;

/// The reason why a connection was refused, or ended before its client ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// Refused: all connections of the limit in all are being answered.
    Total,
    /// Refused: all connections of the limit per address are being answered.
    Address,
    /// Closed for a new connection.
    Evicted,
    /// The head of a request took too long.
    Head,
    /// The body of a request took too long.
    Body,
    /// No request for too long.
    Idle,
    /// The client did not accept an answer for too long.
    Write,
}

/// The counts of connections at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionCounts {
    /// Open connections.
    pub open: usize,
    /// The limit in all.
    pub limit: usize,
    pub(super) ended: [u64; Ended::ALL.len()],
}

// === impl Ended ===

impl Ended {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Total,
        Self::Address,
        Self::Evicted,
        Self::Head,
        Self::Body,
        Self::Idle,
        Self::Write,
    ];

    /// The label of the metric.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Total => "limit",
            Self::Address => "address_limit",
            Self::Evicted => "evicted",
            Self::Head => "head_timeout",
            Self::Body => "body_timeout",
            Self::Idle => "idle_timeout",
            Self::Write => "write_timeout",
        }
    }
}

// === impl ConnectionCounts ===

impl ConnectionCounts {
    /// The number of connections that ended for a reason.
    pub fn ended(&self, reason: Ended) -> u64 {
        let at = Ended::ALL.iter().position(|known| *known == reason);
        at.and_then(|at| self.ended.get(at)).copied().unwrap_or(0)
    }

    pub(super) fn add(&mut self, reason: Ended) {
        let at = Ended::ALL.iter().position(|known| *known == reason);
        if let Some(count) = at.and_then(|at| self.ended.get_mut(at)) {
            *count += 1;
        }
    }

    /// The counts of HTTP listeners in Prometheus's text format.
    pub fn render_http(&self) -> String {
        const OPEN: &str = "underpass_http_connections";
        const LIMIT: &str = "underpass_http_connections_limit";
        const ENDED: &str = "underpass_http_connections_ended_total";
        let mut text = format!(
            "# HELP {OPEN} Open connections of all HTTP listeners.\n# TYPE {OPEN} gauge\n{OPEN} {}\n\
             # HELP {LIMIT} Most connections that are open together.\n# TYPE {LIMIT} gauge\n{LIMIT} {}\n\
             # HELP {ENDED} Connections that a limit refused or ended.\n# TYPE {ENDED} counter\n",
            self.open, self.limit
        );
        for reason in Ended::ALL {
            let count = self.ended(reason);
            // Writing to a string cannot fail.
            let _ok = writeln!(text, "{ENDED}{{reason=\"{}\"}} {count}", reason.as_str());
        }
        text
    }
}
