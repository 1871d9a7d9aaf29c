//! Carries one accepted connection to a backend and back.

use std::io;
use std::ops::{Deref, DerefMut};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tracing::debug;

use super::counts::FlowCounters;
use super::pump::pump;
use crate::limits::{KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_RETRIES};

/// One end of a flow.
///
/// A leg that is dropped before both directions ended is reset rather than closed: an orderly
/// end would tell the peer that it has seen everything. So cutting a flow is dropping it, at
/// whatever point it is.
pub(super) struct FlowSocket {
    stream: TcpStream,
    ended: bool,
}

impl FlowSocket {
    /// Takes over a connected socket: small writes leave at once, a vanished peer is noticed.
    ///
    /// A socket that takes neither option still carries bytes, so that is no reason to refuse.
    pub(super) fn new(stream: TcpStream) -> Self {
        let keepalive = TcpKeepalive::new()
            .with_time(KEEPALIVE_IDLE)
            .with_interval(KEEPALIVE_INTERVAL)
            .with_retries(KEEPALIVE_RETRIES);
        let set = stream
            .set_nodelay(true)
            .and_then(|()| SockRef::from(&stream).set_tcp_keepalive(&keepalive));
        if let Err(error) = set {
            debug!(%error, "a flow runs without socket options");
        }
        Self {
            stream,
            ended: false,
        }
    }
}

impl Drop for FlowSocket {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if let Err(error) = self.stream.set_zero_linger() {
            debug!(%error, "a cut flow ends without a reset");
        }
    }
}

impl Deref for FlowSocket {
    type Target = TcpStream;

    fn deref(&self) -> &TcpStream {
        &self.stream
    }
}

impl DerefMut for FlowSocket {
    fn deref_mut(&mut self) -> &mut TcpStream {
        &mut self.stream
    }
}

/// Moves bytes both ways until both sides have said that they are done.
///
/// Each direction ends by itself (half-close). An error on either leg ends the flow, and the
/// reset that one side sent or suffered is passed on to the other.
pub(super) async fn relay(
    mut client: FlowSocket,
    mut backend: FlowSocket,
    counters: &FlowCounters,
) -> io::Result<()> {
    let (client_read, mut client_write) = client.split();
    let (backend_read, mut backend_write) = backend.split();
    tokio::try_join!(
        pump(&client_read, &mut backend_write, &counters.to_backend_bytes),
        pump(&backend_read, &mut client_write, &counters.to_client_bytes),
    )?;
    client.ended = true;
    backend.ended = true;
    Ok(())
}
