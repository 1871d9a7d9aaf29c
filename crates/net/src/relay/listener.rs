//! One open listener: accepts, and owns the flows it accepted.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::{Instrument, Span, debug, debug_span, error, warn};
use underpass_model::forwarding::Route;

use super::counts::{FlowCounters, FlowCounts, Refusal};
use super::dial::dial;
use super::flow::{FlowSocket, relay};
use crate::limits::{ACCEPT_PAUSE, LISTEN_BACKLOG, MAX_FLOWS_PER_LISTENER};

/// The addresses that a relay listens on, shared with each of its listeners.
pub(super) type OwnAddrs = Arc<ArcSwap<BTreeSet<SocketAddr>>>;

/// A listener that accepts until it is closed or dropped.
pub(super) struct Listener {
    state: Arc<ListenerState>,
    /// Carries how long established flows may still take. Dropped with the listener, which
    /// closes at once.
    close: oneshot::Sender<Duration>,
    /// One task in a set, since a set ends its tasks when it is dropped.
    task: JoinSet<()>,
}

/// What the accepting task and the holder of a listener share.
struct ListenerState {
    listen: SocketAddr,
    owner: String,
    backends: ArcSwap<Vec<SocketAddr>>,
    counters: FlowCounters,
    own: OwnAddrs,
}

/// The counters of a listener, readable after it was closed.
#[derive(Clone)]
pub(super) struct ListenerCounters(Arc<ListenerState>);

impl ListenerCounters {
    pub(super) fn counts(&self) -> FlowCounts {
        self.0.counters.snapshot(&self.0.owner)
    }
}

/// A listener that was told to close; its flows are gone once this is awaited.
pub(super) struct Closing {
    task: JoinSet<()>,
}

impl Closing {
    pub(super) async fn closed(mut self) {
        while let Some(ended) = self.task.join_next().await {
            report(ended);
        }
    }
}

impl Listener {
    /// Binds `listen` and starts to accept. Must be called inside a runtime.
    pub(super) fn open(listen: SocketAddr, route: &Route, own: OwnAddrs) -> io::Result<Self> {
        let socket = bind(listen)?;
        let state = Arc::new(ListenerState {
            listen,
            owner: route.owner.clone(),
            backends: ArcSwap::from_pointee(route.backends.clone()),
            counters: FlowCounters::default(),
            own,
        });
        let (close, closing) = oneshot::channel();
        let mut task = JoinSet::new();
        task.spawn(accept(socket, Arc::clone(&state), closing));
        Ok(Self { state, close, task })
    }

    pub(super) fn owner(&self) -> &str {
        &self.state.owner
    }

    pub(super) fn counters(&self) -> ListenerCounters {
        ListenerCounters(Arc::clone(&self.state))
    }

    /// Leads new flows to `backends`; established ones stay where they are.
    pub(super) fn set_backends(&self, backends: &[SocketAddr]) {
        if self.state.backends.load().as_slice() != backends {
            self.state.backends.store(Arc::new(backends.to_vec()));
        }
    }

    /// Stops accepting, lets flows end by themselves for `grace`, then cuts them.
    pub(super) fn close(self, grace: Duration) -> Closing {
        // An error means that the task has ended already, which is what is wanted.
        let _ = self.close.send(grace);
        Closing { task: self.task }
    }
}

fn bind(listen: SocketAddr) -> io::Result<TcpListener> {
    if listen.port() == 0 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a route names its port, not 0",
        ));
    }
    let socket = match listen {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Flows of an earlier listener that are still closing must not keep us from the address.
    // Two listeners on one address remain impossible.
    socket.set_reuseaddr(true)?;
    socket.bind(listen)?;
    socket.listen(LISTEN_BACKLOG)
}

/// Accepts until told to close, then ends every flow.
async fn accept(
    socket: TcpListener,
    state: Arc<ListenerState>,
    mut closing: oneshot::Receiver<Duration>,
) {
    let mut flows = JoinSet::new();
    let mut turn: usize = 0;
    let mut starved = false;
    let grace = loop {
        tokio::select! {
            grace = &mut closing => break grace.unwrap_or(Duration::ZERO),
            Some(ended) = flows.join_next() => report(ended),
            accepted = socket.accept() => match accepted {
                Ok((client, peer)) => {
                    starved = false;
                    let client = FlowSocket::new(client);
                    state.counters.accepted();
                    let span = debug_span!(
                        "flow", listen.addr = %state.listen, owner = %state.owner, peer.addr = %peer
                    );
                    if flows.len() >= MAX_FLOWS_PER_LISTENER {
                        state.refuse(Refusal::TooManyFlows, &span);
                    } else {
                        flows.spawn(run(client, Arc::clone(&state), turn).instrument(span));
                        turn = turn.wrapping_add(1);
                    }
                }
                Err(error) if is_of_the_peer(&error) => {
                    debug!(%error, "a client left before it was accepted");
                }
                Err(error) => {
                    // Once per episode: it repeats with every pause until something is freed.
                    if !starved {
                        warn!(
                            listen.addr = %state.listen, %error,
                            "accept a flow; raise the limit of open files if it is reached"
                        );
                    }
                    starved = true;
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    };
    drop(socket);
    if !grace.is_zero() {
        let drained = async {
            while let Some(ended) = flows.join_next().await {
                report(ended);
            }
        };
        if timeout(grace, drained).await.is_err() {
            debug!(listen.addr = %state.listen, flows = flows.len(), "flows outlived the drain");
        }
    }
    flows.shutdown().await;
}

/// Takes one client to a backend and stays until both are done.
async fn run(client: FlowSocket, state: Arc<ListenerState>, turn: usize) {
    let _open = state.counters.open();
    let backends = state.backends.load_full();
    let own = state.own.load_full();
    match dial(&backends, turn, &own).await {
        Ok(backend) => match relay(client, FlowSocket::new(backend), &state.counters).await {
            Ok(()) => debug!("flow ended"),
            Err(error) => debug!(%error, "flow broke off"),
        },
        Err(reason) => state.refuse(reason, &Span::current()),
    }
}

impl ListenerState {
    fn refuse(&self, reason: Refusal, span: &Span) {
        self.counters.refused(reason);
        debug!(parent: span, reason = reason.label(), "flow refused");
    }
}

/// Whether an accept failed because of the one connection it was about (accept(2)), not of us.
fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        error!(%error, "a relay task panicked; its flows are cut");
    }
}
