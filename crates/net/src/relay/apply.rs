//! Makes the open listeners equal to a forwarding table.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;
use tracing::{debug, info};
use underpass_model::forwarding::{ForwardingTable, Route};

use super::counts::FlowCounts;
use super::listener::{Listener, ListenerCounters, OwnAddrs};

/// A listener of the table that could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("listen on {listen}: {}", remedy(.error.kind()))]
pub struct ListenFailure {
    /// The address that nobody listens on now.
    pub listen: SocketAddr,
    /// What the system said.
    #[source]
    pub error: io::Error,
}

fn remedy(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AddrInUse => {
            "another program holds the address; bind that one to 127.0.0.1, or choose another port"
        }
        io::ErrorKind::AddrNotAvailable => {
            "the address is not one of this machine; use an address it has"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a right this process lacks; choose a higher port"
        }
        _ => "the system refused; see the cause",
    }
}

/// The relays of one data plane. Clones are handles of the same set.
///
/// When the last handle goes, every listener closes and every flow is cut.
#[derive(Clone, Default)]
pub struct RelaySet {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Held while listeners open and close, so that tables are applied one after another.
    state: Mutex<State>,
    /// Of every open listener, readable while a table is being applied.
    counters: ArcSwap<BTreeMap<SocketAddr, ListenerCounters>>,
    /// Of every route of the table.
    own: OwnAddrs,
}

#[derive(Default)]
struct State {
    generation: u64,
    listeners: BTreeMap<SocketAddr, Listener>,
    /// Set by `shutdown`, for good.
    ended: bool,
}

impl RelaySet {
    /// A set without listeners. Tasks are spawned by [`apply`](Self::apply), which needs a
    /// tokio runtime; this does not.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the open listeners equal to `table`, and names those that could not be opened.
    ///
    /// When this returns, a listener that left the table refuses connections and its flows are
    /// cut, and so are the flows of a route whose owner changed. A route of which only the
    /// backends changed keeps its flows.
    ///
    /// A table older than the one applied is ignored. The same generation may be applied again,
    /// which retries what failed and touches nothing else; do so too when a call was dropped
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
        // Before any of them opens, so that not even the first flow can go in circles.
        self.shared
            .own
            .store(Arc::new(table.routes.keys().copied().collect()));

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

    fn open(&self, state: &mut State, routes: &BTreeMap<SocketAddr, Route>) -> Vec<ListenFailure> {
        let mut failures = Vec::new();
        for (&listen, route) in routes {
            if let Some(listener) = state.listeners.get(&listen) {
                listener.set_backends(&route.backends);
                continue;
            }
            match Listener::open(listen, route, Arc::clone(&self.shared.own)) {
                Ok(listener) => {
                    info!(listen.addr = %listen, owner = %route.owner, "relay opened");
                    state.listeners.insert(listen, listener);
                }
                Err(error) => failures.push(ListenFailure { listen, error }),
            }
        }
        failures
    }

    /// What each open listener has carried and refused.
    pub fn flows(&self) -> BTreeMap<SocketAddr, FlowCounts> {
        let counters = self.shared.counters.load();
        counters
            .iter()
            .map(|(&listen, counters)| (listen, counters.counts()))
            .collect()
    }

    /// Closes every listener and cuts every flow; tables applied later are ignored.
    pub async fn shutdown(&self) {
        self.drain(Duration::ZERO).await;
    }

    /// Closes every listener, lets flows end by themselves for `grace`, then cuts the rest.
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
