//! The listeners of a data plane, kept equal to a forwarding table.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;
use tracing::{debug, info};

use super::counts::FlowCounts;
use super::flow_limit::FlowLimit;
use super::listen_failure::ListenFailure;
use super::listener::{ListenAddrs, Listener, ListenerCounters};
use crate::addr::ListenAddr;
use crate::forwarding::{ForwardingTable, Route};

/// The relays of one data plane. Clones are handles of the same set.
///
/// When the last handle is dropped, every listener closes and every flow is cut.
#[derive(Clone, Default)]
pub struct RelaySet {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Locked while listeners open and close, so that tables are applied one after another.
    state: Mutex<State>,
    /// The counters of every open listener, readable while a table is being applied.
    counters: ArcSwap<BTreeMap<ListenAddr, ListenerCounters>>,
    /// The address of every listener of the table.
    own: ListenAddrs,
    /// The limit of flows, which other sets may share.
    limit: FlowLimit,
}

#[derive(Default)]
struct State {
    generation: u64,
    listeners: BTreeMap<ListenAddr, Listener>,
    /// Set permanently by `shutdown` and `drain`.
    ended: bool,
}

impl RelaySet {
    /// Creates a set without listeners. Unlike [`apply`](Self::apply), which spawns tasks, this
    /// needs no tokio runtime.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a set without listeners whose flows count among those of `limit`.
    pub fn with_limit(limit: FlowLimit) -> Self {
        let shared = Shared {
            limit,
            ..Shared::default()
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Makes the open listeners equal to `table` and returns those that could not be opened.
    ///
    /// On return, listeners that left the table refuse connections and their flows are cut, as are
    /// the flows of routes with a new owner. Routes with new backends only keep their flows.
    ///
    /// A table older than the applied one is ignored. Applying the same generation again retries
    /// the listeners that failed and affects no others. Apply it again also if a call was dropped
    /// before it returned.
    pub async fn apply(&self, table: ForwardingTable) -> Vec<ListenFailure> {
        let mut state = self.shared.state.lock().await;
        if state.ended || table.generation < state.generation {
            debug!(
                generation = table.generation,
                applied = state.generation,
                ended = state.ended,
                "forwarding table ignored"
            );
            return Vec::new();
        }
        state.generation = table.generation;
        // Before any listener opens, so that even the first flow cannot loop.
        let own = table.routes.keys().copied().collect();
        self.shared.own.store(Arc::new(own));

        let leaving: Vec<_> = state
            .listeners
            .extract_if(.., |listen, listener| {
                table
                    .routes
                    .get(listen)
                    .is_none_or(|route| route.owner != listener.owner())
            })
            .map(|(_, listener)| listener.close(Duration::ZERO))
            .collect();
        for closing in leaving {
            closing.closed().await;
        }

        let failures = self.open(&mut state, &table.routes);
        self.shared.publish(&state);
        failures
    }

    fn open(&self, state: &mut State, routes: &BTreeMap<ListenAddr, Route>) -> Vec<ListenFailure> {
        let mut failures = Vec::new();
        for (&listen, route) in routes {
            if let Some(listener) = state.listeners.get(&listen) {
                listener.set_backends(&route.backends);
                continue;
            }
            let (own, limit) = (Arc::clone(&self.shared.own), self.shared.limit.clone());
            match Listener::open(listen, route, own, limit) {
                Ok(listener) => {
                    info!(listen.addr = %listen, owner = %route.owner, "relay listener opened");
                    state.listeners.insert(listen, listener);
                }
                Err(error) => failures.push(ListenFailure { listen, error }),
            }
        }
        failures
    }

    /// The counts of each open listener.
    pub fn flows(&self) -> BTreeMap<ListenAddr, FlowCounts> {
        let counters = self.shared.counters.load();
        counters
            .iter()
            .map(|(&listen, counters)| (listen, counters.counts()))
            .collect()
    }

    /// Closes every listener and cuts every flow. Tables applied later are ignored.
    pub async fn shutdown(&self) {
        self.drain(Duration::ZERO).await;
    }

    /// Closes every listener, waits up to `grace` for flows to end, then cuts the rest.
    /// Tables applied later are ignored.
    pub async fn drain(&self, grace: Duration) {
        let mut state = self.shared.state.lock().await;
        state.ended = true;
        let leaving: Vec<_> = std::mem::take(&mut state.listeners)
            .into_values()
            .map(|listener| listener.close(grace))
            .collect();
        for closing in leaving {
            closing.closed().await;
        }
        self.shared.publish(&state);
    }
}

impl Shared {
    fn publish(&self, state: &State) {
        let counters = state
            .listeners
            .iter()
            .map(|(&listen, listener)| (listen, listener.counters()));
        self.counters.store(Arc::new(counters.collect()));
    }
}
