//! Takes one port number for UDP and TCP.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, UdpSocket};

use super::Error;
use crate::limits::PORT_PAIR_ATTEMPTS;

/// Binds UDP, then TCP to the same number. With port 0, a number that turns out to be taken for
/// TCP is given up for another.
pub(super) async fn pair(
    listen: SocketAddr,
) -> Result<(UdpSocket, TcpListener, SocketAddr), Error> {
    let refused = |transport| {
        move |source| Error::Listen {
            listen,
            transport,
            source,
        }
    };
    for _ in 0..PORT_PAIR_ATTEMPTS {
        let udp = UdpSocket::bind(listen).await.map_err(refused("UDP"))?;
        let local_addr = udp.local_addr().map_err(refused("UDP"))?;
        match TcpListener::bind(local_addr).await {
            Ok(tcp) => return Ok((udp, tcp, local_addr)),
            Err(error) if listen.port() == 0 && error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(refused("TCP")(error)),
        }
    }
    Err(Error::NoPortPair { ip: listen.ip() })
}
