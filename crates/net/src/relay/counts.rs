//! Counters of a listener.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// The reason for which a listener refused a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The route has no backends.
    NoBackends,
    /// Every dialled backend refused the connection or did not answer in time.
    Unreachable,
    /// The listener has reached its limit of flows.
    TooManyFlows,
    /// The relays of this process have reached their limit of flows.
    TooManyFlowsInAll,
    /// The backends are listeners of this relay: the flow would loop.
    OwnListener,
}

impl Refusal {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::NoBackends,
        Self::Unreachable,
        Self::TooManyFlows,
        Self::TooManyFlowsInAll,
        Self::OwnListener,
    ];

    /// The reason as a metric label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoBackends => "no_backends",
            Self::Unreachable => "unreachable",
            Self::TooManyFlows => "too_many_flows",
            Self::TooManyFlowsInAll => "too_many_flows_in_all",
            Self::OwnListener => "own_listener",
        }
    }
}

/// The counts of one listener since it was opened for its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowCounts {
    /// The owner of the flows.
    pub owner: String,
    /// Connections accepted, including refused flows.
    pub accepted: u64,
    /// Flows refused, by reason; every reason is present.
    pub refused: BTreeMap<Refusal, u64>,
    /// Bytes from clients to backends.
    pub to_backend_bytes: u64,
    /// Bytes from backends to clients.
    pub to_client_bytes: u64,
    /// Flows currently open.
    pub open: u64,
}

/// The live counters of a listener.
///
/// Loads and stores are relaxed, since no counter guards other memory.
#[derive(Debug, Default)]
pub(super) struct FlowCounters {
    accepted: AtomicU64,
    no_backends: AtomicU64,
    unreachable: AtomicU64,
    too_many_flows: AtomicU64,
    too_many_flows_in_all: AtomicU64,
    own_listener: AtomicU64,
    pub(super) to_backend_bytes: AtomicU64,
    pub(super) to_client_bytes: AtomicU64,
    open: AtomicU64,
}

impl FlowCounters {
    pub(super) fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self, reason: Refusal) {
        self.of(reason).fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a flow as open until the guard is dropped.
    pub(super) fn open(&self) -> OpenFlow<'_> {
        self.open.fetch_add(1, Ordering::Relaxed);
        OpenFlow(&self.open)
    }

    pub(super) fn snapshot(&self, owner: &str) -> FlowCounts {
        FlowCounts {
            owner: owner.to_owned(),
            accepted: self.accepted.load(Ordering::Relaxed),
            refused: Refusal::ALL
                .into_iter()
                .map(|reason| (reason, self.of(reason).load(Ordering::Relaxed)))
                .collect(),
            to_backend_bytes: self.to_backend_bytes.load(Ordering::Relaxed),
            to_client_bytes: self.to_client_bytes.load(Ordering::Relaxed),
            open: self.open.load(Ordering::Relaxed),
        }
    }

    fn of(&self, reason: Refusal) -> &AtomicU64 {
        match reason {
            Refusal::NoBackends => &self.no_backends,
            Refusal::Unreachable => &self.unreachable,
            Refusal::TooManyFlows => &self.too_many_flows,
            Refusal::TooManyFlowsInAll => &self.too_many_flows_in_all,
            Refusal::OwnListener => &self.own_listener,
        }
    }
}

/// A guard that counts one open flow.
pub(super) struct OpenFlow<'a>(&'a AtomicU64);

impl Drop for OpenFlow<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
