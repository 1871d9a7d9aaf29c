//! TCP probes.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

/// Returns whether a TCP connection to `addr` succeeds `within` this time.
///
/// Callers probe an endpoint's address before they listen on it. A server that already answers
/// there would be reachable without approval, for instance one bound to `0.0.0.0`, which answers on
/// every loopback address. The probe sends no bytes. A refusal, an unreachable network and a
/// timeout all return false.
pub async fn answers(addr: SocketAddr, within: Duration) -> bool {
    matches!(timeout(within, TcpStream::connect(addr)).await, Ok(Ok(_)))
}
