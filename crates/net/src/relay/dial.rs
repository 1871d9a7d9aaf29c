//! Finds the backend that takes a flow.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;

use super::counts::Refusal;
use crate::limits::{CONNECT_TIMEOUT, MAX_DIALS_PER_FLOW};

/// Connects to the first of `backends` that answers, starting with the one whose `turn` it is.
///
/// Only assigned addresses are dialled: `backends` is the route's own list, nothing else reaches
/// this function. An address in `own` is one that this relay listens on; to dial it would hand
/// the flow back to us, for ever when two routes name each other.
pub(super) async fn dial(
    backends: &[SocketAddr],
    turn: usize,
    own: &BTreeSet<SocketAddr>,
) -> Result<TcpStream, Refusal> {
    if backends.is_empty() {
        return Err(Refusal::NoBackends);
    }
    let first = turn % backends.len();
    let in_turn = backends.iter().cycle().skip(first).take(backends.len());
    let mut refusal = Refusal::OwnListener;
    for backend in in_turn
        .filter(|backend| !own.contains(backend))
        .take(MAX_DIALS_PER_FLOW)
    {
        refusal = Refusal::Unreachable;
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(backend)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => debug!(backend.addr = %backend, %error, "backend refused a flow"),
            Err(_) => debug!(backend.addr = %backend, "backend stayed silent"),
        }
    }
    Err(refusal)
}
