//! A resolver of names from a [`Lookup`].

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::AsyncWrite;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tracing::{debug, info};

use super::error::Error;
use super::lookup::Lookup;
use super::lookup_message;
use super::message::{Reply, TransferRequest, Transport};
use super::respond::Respond;
use super::{bind, tcp, udp};
use crate::addr::ListenAddr;
use crate::connections::{ConnectionLimits, Connections};
use crate::limits::MAX_DNS_CONNECTIONS;

/// A bound resolver that is ready to run. Queries wait in its sockets until it runs.
pub struct Resolver {
    udp: UdpSocket,
    tcp: TcpListener,
    local_addr: ListenAddr,
    connections: Connections,
    responder: Arc<Names>,
}

/// The names of a resolver.
struct Names(Box<dyn Lookup>);

impl Respond for Names {
    fn respond(&self, packet: &[u8], transport: Transport, _: SocketAddr) -> Reply {
        lookup_message::respond(self.0.as_ref(), packet, transport)
    }

    /// Transfers are refused, so none begins.
    async fn transfer<S: AsyncWrite + Unpin + Send>(
        &self,
        _: &mut S,
        _: TransferRequest,
        _: SocketAddr,
    ) -> io::Result<()> {
        Ok(())
    }
}

impl Resolver {
    /// Binds UDP and TCP of an address. Port 0 selects a port that is unused for both.
    ///
    /// # Errors
    /// - [`Error::Listen`]: the operating system refused the address.
    /// - [`Error::NoPortPair`]: no port was unused for both UDP and TCP.
    pub async fn bind(listen: ListenAddr, lookup: impl Lookup) -> Result<Self, Error> {
        let (udp, tcp, local_addr) = bind::pair(listen).await?;
        Ok(Self {
            udp,
            tcp,
            local_addr,
            connections: Connections::new(ConnectionLimits::of_dns(MAX_DNS_CONNECTIONS)),
            responder: Arc::new(Names(Box::new(lookup))),
        })
    }

    /// The bound address of UDP and TCP.
    pub fn local_addr(&self) -> ListenAddr {
        self.local_addr
    }

    /// Answers queries until `shutdown` becomes true or its sender is dropped, then closes both sockets.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        info!(listen.addr = %self.local_addr, "resolver started");
        tokio::select! {
            // An error means that the sender, and with it the owner of the resolver, is gone.
            _ = shutdown.wait_for(|stop| *stop) => {}
            // Neither ends by itself.
            () = udp::serve(&self.udp, self.responder.as_ref()) => {}
            () = tcp::serve(&self.tcp, &self.connections, &self.responder) => {}
        }
        debug!("resolver stopped");
    }
}
