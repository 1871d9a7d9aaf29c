//! An open listener: accepts flows and owns their tasks.

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

use super::counts::{FlowCounters, FlowCounts, Refusal};
use super::dial::dial;
use super::flow::{FlowSocket, relay};
use super::flow_limit::FlowLimit;
use crate::addr::{BackendAddr, ClientAddr, ListenAddr};
use crate::forwarding::Route;
use crate::limits::{ACCEPT_PAUSE, LISTEN_BACKLOG, MAX_FLOWS_PER_LISTENER};

/// The addresses of every listener of a relay, shared by its listeners.
pub(super) type ListenAddrs = Arc<ArcSwap<BTreeSet<ListenAddr>>>;

/// A listener that accepts until it is closed or dropped.
pub(super) struct Listener {
    state: Arc<ListenerState>,
    /// Sends the grace period for established flows. Dropping it with the listener means none.
    close: oneshot::Sender<Duration>,
    /// The accepting task, in a set because a set aborts its tasks when dropped.
    task: JoinSet<()>,
}

/// The state shared by a listener and its accepting task.
struct ListenerState {
    listen: ListenAddr,
    owner: String,
    backends: ArcSwap<Vec<BackendAddr>>,
    counters: FlowCounters,
    own: ListenAddrs,
    limit: FlowLimit,
}

/// The counters of a listener, readable after it was closed.
#[derive(Clone)]
pub(super) struct ListenerCounters(Arc<ListenerState>);

impl ListenerCounters {
    pub(super) fn counts(&self) -> FlowCounts {
        self.0.counters.snapshot(&self.0.owner)
    }
}

/// A closing listener.
pub(super) struct Closing {
    task: JoinSet<()>,
}

impl Closing {
    /// Waits until the listener is closed and its flows are gone.
    pub(super) async fn closed(mut self) {
        while let Some(ended) = self.task.join_next().await {
            report(ended);
        }
    }
}

impl Listener {
    /// Binds `listen` and starts to accept. Must be called within a tokio runtime.
    pub(super) fn open(
        listen: ListenAddr,
        route: &Route,
        own: ListenAddrs,
        limit: FlowLimit,
    ) -> io::Result<Self> {
        let socket = bind(listen)?;
        let state = Arc::new(ListenerState {
            listen,
            owner: route.owner.clone(),
            backends: ArcSwap::from_pointee(route.backends.clone()),
            counters: FlowCounters::default(),
            own,
            limit,
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

    /// Replaces the backends of new flows. Established flows continue with theirs.
    pub(super) fn set_backends(&self, backends: &[BackendAddr]) {
        if self.state.backends.load().as_slice() != backends {
            self.state.backends.store(Arc::new(backends.to_vec()));
        }
    }

    /// Stops accepting, waits up to `grace` for flows to end, then cuts them.
    pub(super) fn close(self, grace: Duration) -> Closing {
        // An error means that the task has already ended.
        let _ = self.close.send(grace);
        Closing { task: self.task }
    }
}

fn bind(listen: ListenAddr) -> io::Result<TcpListener> {
    if listen.port() == 0 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a route needs a port other than 0",
        ));
    }
    let addr = listen.socket_addr();
    let socket = match addr {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Closing flows of an earlier listener must not block the address. Two listeners on one address
    // remain impossible.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(LISTEN_BACKLOG)
}

/// Accepts flows until the listener closes, then ends them.
async fn accept(
    socket: TcpListener,
    state: Arc<ListenerState>,
    mut closing: oneshot::Receiver<Duration>,
) {
    let mut flows = JoinSet::new();
    let mut flow_number: usize = 0;
    let mut is_starved = false;
    let grace = loop {
        tokio::select! {
            grace = &mut closing => break grace.unwrap_or(Duration::ZERO),
            Some(ended) = flows.join_next() => report(ended),
            accepted = socket.accept() => match accepted {
                Ok((client, peer)) => {
                    let peer = ClientAddr::from(peer);
                    is_starved = false;
                    let client = FlowSocket::new(client);
                    state.counters.accepted();
                    let span = debug_span!(
                        "flow", listen.addr = %state.listen, owner = %state.owner, peer.addr = %peer
                    );
                    if flows.len() >= MAX_FLOWS_PER_LISTENER {
                        state.refuse(Refusal::TooManyFlows, &span);
                    } else if let Some(permit) = state.limit.admit() {
                        let flow = run(client, Arc::clone(&state), flow_number);
                        let flow = async move {
                            flow.await;
                            drop(permit);
                        };
                        flows.spawn(flow.instrument(span));
                        flow_number = flow_number.wrapping_add(1);
                    } else {
                        state.refuse(Refusal::TooManyFlowsInAll, &span);
                    }
                }
                Err(error) if is_caused_by_client(&error) => {
                    debug!(%error, "client disconnected before it was accepted");
                }
                Err(error) => {
                    // Logged once per episode: the error repeats until descriptors or memory are freed.
                    if !is_starved {
                        warn!(
                            listen.addr = %state.listen, %error,
                            "failed to accept flows. If the limit of open files is reached, raise it"
                        );
                    }
                    is_starved = true;
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
            debug!(listen.addr = %state.listen, flows = flows.len(), "flows are cut at the end of the grace period");
        }
    }
    flows.shutdown().await;
}

/// Relays one client to a backend until the flow ends.
async fn run(client: FlowSocket, state: Arc<ListenerState>, flow_number: usize) {
    let _open = state.counters.open();
    let backends = state.backends.load_full();
    let own = state.own.load_full();
    match dial(&backends, flow_number, &own).await {
        Ok(backend) => match relay(client, FlowSocket::new(backend), &state.counters).await {
            Ok(()) => debug!("flow ended"),
            Err(error) => debug!(%error, "flow failed"),
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

/// Returns whether accept(2) failed because of the connection and not because of this process.
fn is_caused_by_client(error: &io::Error) -> bool {
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
        error!(%error, "relay task panicked; its flows are cut");
    }
}
