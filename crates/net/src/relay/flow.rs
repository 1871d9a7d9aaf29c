//! One flow: a client's connection and its connection to a backend.

use std::io;
use std::ops::{Deref, DerefMut};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tracing::debug;

use super::copy::copy;
use super::counts::FlowCounters;
use crate::limits::{KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_RETRIES};

/// One of the two sockets of a flow.
///
/// A socket that is dropped before both directions have ended is reset instead of closed, since an
/// orderly close would tell the peer that it has received everything. So a flow is cut by dropping
/// it, at any point.
pub(super) struct FlowSocket {
    stream: TcpStream,
    ended: bool,
}

impl FlowSocket {
    /// Wraps a connected socket, without Nagle's algorithm and with TCP keepalive.
    ///
    /// The flow continues if the socket rejects these options.
    pub(super) fn new(stream: TcpStream) -> Self {
        let keepalive = TcpKeepalive::new()
            .with_time(KEEPALIVE_IDLE)
            .with_interval(KEEPALIVE_INTERVAL)
            .with_retries(KEEPALIVE_RETRIES);
        let set = stream
            .set_nodelay(true)
            .and_then(|()| SockRef::from(&stream).set_tcp_keepalive(&keepalive));
        if let Err(error) = set {
            debug!(%error, "failed to set socket options of a flow");
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
            debug!(%error, "failed to reset the socket of a cut flow");
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

/// Relays bytes in both directions until both have ended.
///
/// Each direction ends separately (half-close). An error on either socket ends the flow, and a reset
/// by one peer resets the other.
pub(super) async fn relay(
    mut client: FlowSocket,
    mut backend: FlowSocket,
    counters: &FlowCounters,
) -> io::Result<()> {
    let (client_read, mut client_write) = client.split();
    let (backend_read, mut backend_write) = backend.split();
    tokio::try_join!(
        copy(&client_read, &mut backend_write, &counters.to_backend_bytes),
        copy(&backend_read, &mut client_write, &counters.to_client_bytes),
    )?;
    client.ended = true;
    backend.ended = true;
    Ok(())
}
