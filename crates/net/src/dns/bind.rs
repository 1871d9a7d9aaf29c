//! Binding UDP and TCP to one port.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};

use super::error::Error;
use crate::addr::ListenAddr;
use crate::limits::{LISTEN_BACKLOG, PORT_PAIR_ATTEMPTS};

/// Binds UDP, then TCP to the same port. With port 0, a port that is in use for TCP is released and
/// another one tried.
#[expect(
    clippy::unused_async,
    reason = "sockets belong to the runtime of the caller"
)]
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
        let udp = udp(listen.socket_addr()).map_err(refused("UDP"))?;
        let local_addr = udp.local_addr().map_err(refused("UDP"))?;
        match tcp(local_addr) {
            Ok(tcp) => return Ok((udp, tcp, local_addr.into())),
            Err(error) if listen.port() == 0 && error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(refused("TCP")(error)),
        }
    }
    Err(Error::NoPortPair { ip: listen.ip() })
}

fn udp(addr: SocketAddr) -> io::Result<UdpSocket> {
    let socket = socket(addr, Type::DGRAM, Protocol::UDP)?;
    socket.bind(&addr.into())?;
    UdpSocket::from_std(socket.into())
}

fn tcp(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket(addr, Type::STREAM, Protocol::TCP)?;
    // As tokio does, for a restart while connections of the former process are in TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.bind(&addr.into())?;
    socket.listen(LISTEN_BACKLOG.cast_signed())?;
    TcpListener::from_std(socket.into())
}

fn socket(addr: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), kind, Some(protocol))?;
    if addr.is_ipv6() {
        // Beside a listener on the unspecified IPv4 address, and so that peers have their own addresses.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}
