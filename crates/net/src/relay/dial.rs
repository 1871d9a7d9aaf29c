//! Connecting a flow to a backend.

use std::collections::BTreeSet;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;

use super::counts::Refusal;
use crate::addr::{BackendAddr, ListenAddr};
use crate::limits::{CONNECT_TIMEOUT, MAX_DIALS_PER_FLOW};

/// Connects to the first backend that answers.
///
/// The first candidate rotates with `flow_number` (round robin).
///
/// `backends` is the list of the flow's route, so no other address is dialled. `own` contains the
/// addresses on which this relay listens. They are skipped, since a flow between two routes that
/// name each other would loop for ever.
pub(super) async fn dial(
    backends: &[BackendAddr],
    flow_number: usize,
    own: &BTreeSet<ListenAddr>,
) -> Result<TcpStream, Refusal> {
    if backends.is_empty() {
        return Err(Refusal::NoBackends);
    }
    let first = flow_number % backends.len();
    let in_order = backends.iter().cycle().skip(first).take(backends.len());
    let mut refusal = Refusal::OwnListener;
    for backend in in_order
        .filter(|backend| !own.contains(&ListenAddr::from(backend.socket_addr())))
        .take(MAX_DIALS_PER_FLOW)
    {
        refusal = Refusal::Unreachable;
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(backend.socket_addr())).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => {
                debug!(backend.addr = %backend, %error, "backend refused the connection");
            }
            Err(_) => debug!(backend.addr = %backend, "backend did not answer in time"),
        }
    }
    Err(refusal)
}
