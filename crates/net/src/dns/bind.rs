//! Binding UDP and TCP to one port.

use std::io;

use tokio::net::{TcpListener, UdpSocket};

use super::error::Error;
use crate::addr::ListenAddr;
use crate::limits::PORT_PAIR_ATTEMPTS;

/// Binds UDP, then TCP to the same port. With port 0, a port that is in use for TCP is released and
/// another one tried.
pub(super) async fn pair(
    listen: ListenAddr,
) -> Result<(UdpSocket, TcpListener, ListenAddr), Error> {
    let refused = |transport| {
        move |source| Error::Listen {
            listen,
            transport,
            source,
        }
    };
    for _ in 0..PORT_PAIR_ATTEMPTS {
        let udp = UdpSocket::bind(listen.socket_addr())
            .await
            .map_err(refused("UDP"))?;
        let local_addr = udp.local_addr().map_err(refused("UDP"))?;
        match TcpListener::bind(local_addr).await {
            Ok(tcp) => return Ok((udp, tcp, local_addr.into())),
            Err(error) if listen.port() == 0 && error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(refused("TCP")(error)),
        }
    }
    Err(Error::NoPortPair { ip: listen.ip() })
}
