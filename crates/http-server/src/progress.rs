//! State of the current request of one connection, shared by its socket, its request and its
//! answer.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use underpass_net::connections::{Connection, Ended};

use crate::limits::{BODY_BYTES_PER_SECOND, Limits};

/// State of a connection.
#[derive(Debug)]
pub(crate) struct Progress {
    limits: Limits,
    connection: std::sync::Arc<Connection>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Instant,
    /// An answer of the router may be in the buffer of the HTTP library.
    unflushed: bool,
    /// The client may still be sending a request that is refused.
    cut_short: bool,
}

/// Bytes of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadPart {
    First,
    Further,
}

/// State of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// A new connection without a byte.
    New,
    /// No byte of the next request.
    Idle,
    /// A part of a head.
    Head,
    /// The router has the request.
    Answering,
    /// The router gave the head of its answer.
    Responding,
    /// Bytes of another protocol.
    Tunnel,
}

// === impl Phase ===

impl Phase {
    /// Returns whether the router has a part in the bytes that are written.
    const fn is_in_router(self) -> bool {
        matches!(self, Self::Answering | Self::Responding)
    }
}

// === impl Progress ===

impl Progress {
    pub(crate) fn new(connection: std::sync::Arc<Connection>, limits: Limits) -> Self {
        Self {
            limits,
            connection,
            state: Mutex::new(State {
                phase: Phase::New,
                since: Instant::now(),
                unflushed: false,
                cut_short: false,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes arrived. Returns which part of a head they are; `None` if they are of something else.
    pub(crate) fn receive(&self) -> Option<HeadPart> {
        let mut state = self.state();
        match state.phase {
            Phase::New | Phase::Idle => {
                state.phase = Phase::Head;
                state.since = Instant::now();
                Some(HeadPart::First)
            }
            Phase::Head => Some(HeadPart::Further),
            Phase::Answering | Phase::Responding | Phase::Tunnel => None,
        }
    }

    /// The time until which the client must send; `None` while the router answers.
    pub(crate) fn deadline(&self) -> Option<(Phase, Instant)> {
        let state = self.state();
        let limit = match state.phase {
            Phase::New | Phase::Head => self.limits.head,
            Phase::Idle => self.limits.idle,
            Phase::Answering | Phase::Responding | Phase::Tunnel => return None,
        };
        Some((state.phase, state.since + limit))
    }

    /// A head is complete. Returns false if the request must not take effect.
    pub(crate) fn begin(&self) -> bool {
        let mut state = self.state();
        state.phase = Phase::Answering;
        state.unflushed = true;
        self.connection.answer()
    }

    /// The request is of this client of a proxy. Returns false at the limit of that client; the request
    /// must not take effect then.
    pub(crate) fn forward(&self, client: IpAddr) -> bool {
        self.connection.forward(client)
    }

    /// Returns whether only a probe is answered on this connection.
    pub(crate) fn is_reserved(&self) -> bool {
        self.connection.is_reserved()
    }

    /// The bytes are not HTTP any more; the server inside the tunnel limits their times.
    pub(crate) fn open_tunnel(&self) {
        self.state().phase = Phase::Tunnel;
    }

    /// More of the body is needed.
    pub(crate) fn await_body(&self) {
        self.connection.await_rest();
    }

    /// Some of the body arrived. Returns false if the request must not take effect.
    pub(crate) fn receive_body(&self) -> bool {
        self.connection.answer()
    }

    /// The router gave the head of its answer. The effect of the request is complete.
    pub(crate) fn respond(&self) {
        self.state().phase = Phase::Responding;
    }

    /// The client accepts no bytes. A connection whose request is being answered waits for its client
    /// from now on, unless the router still works on the request.
    pub(crate) fn stall(&self) {
        if self.state().phase == Phase::Responding {
            self.connection.await_reader();
        }
    }

    /// The client accepted bytes.
    pub(crate) fn accept(&self) {
        if self.state().phase == Phase::Responding {
            // A connection that is being closed for another one stays so.
            let _is_kept = self.connection.answer();
        }
    }

    /// The answer is in the hands of the HTTP library.
    pub(crate) fn finish(&self) {
        let mut state = self.state();
        state.phase = Phase::Idle;
        state.since = Instant::now();
        self.connection.await_request();
    }

    /// The HTTP library wrote its buffer.
    pub(crate) fn flush(&self) {
        let mut state = self.state();
        if !state.phase.is_in_router() {
            state.unflushed = false;
        }
    }

    /// Returns whether a request is being answered, or its answer written.
    pub(crate) fn has_request(&self) -> bool {
        let state = self.state();
        state.phase.is_in_router() || state.unflushed
    }

    /// Returns whether the router has no part in the bytes that are written now.
    pub(crate) fn is_between_answers(&self) -> bool {
        let state = self.state();
        !state.phase.is_in_router() && state.phase != Phase::Tunnel && !state.unflushed
    }

    /// The client may not know yet that the rest of its request is not read.
    pub(crate) fn cut_short(&self) {
        self.state().cut_short = true;
    }

    pub(crate) fn is_cut_short(&self) -> bool {
        self.state().cut_short
    }

    pub(crate) const fn write_limit(&self) -> Duration {
        self.limits.write
    }

    /// Returns the time for a body of which so many bytes arrived.
    pub(crate) fn body_limit(&self, received: u64) -> Duration {
        let earned = Duration::from_secs(received / BODY_BYTES_PER_SECOND);
        let limit = self.limits.body.saturating_add(earned);
        limit.min(self.limits.body_longest)
    }

    /// Counts the end of the connection by a limit.
    pub(crate) fn count(&self, ended: Ended) {
        self.connection.count(ended);
    }
}
