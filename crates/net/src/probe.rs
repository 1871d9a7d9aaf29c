//! Asks whether somebody already answers on an address.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

/// Whether a TCP connection to `addr` succeeds `within` this time.
///
/// Asked before an endpoint starts to listen: whoever answers there would be reached past any
/// approval, for instance a server bound to `0.0.0.0`, which answers on every loopback address.
/// Sends no bytes. A refusal, an unreachable network and silence all mean no.
pub async fn answers(addr: SocketAddr, within: Duration) -> bool {
    matches!(timeout(within, TcpStream::connect(addr)).await, Ok(Ok(_)))
}
