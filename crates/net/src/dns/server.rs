//! A DNS server and the handle that publishes its zones.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tracing::{debug, error, info};
use underpass_model::zone::{Zone, ZoneChange};

use super::error::Error;
use super::responder::Responder;
use super::{answer, bind, tcp, udp};
use crate::addr::ListenAddr;
use crate::connections::{ConnectionLimits, Connections};
use crate::limits::MAX_DNS_CONNECTIONS;

/// The options of a DNS server.
#[derive(Debug, Clone)]
pub struct Options {
    /// The listen address for UDP and TCP. Port 0 selects a port that is unused for both.
    ///
    /// Use a specific IP address. An answer sent from `0.0.0.0` may leave with another source
    /// address than the queried one, and clients drop such answers.
    pub listen: ListenAddr,
    /// The domain to answer for, for instance `underpass.test`.
    pub domain: String,
}

/// A bound server that is ready to run. Queries wait in its sockets until it runs.
#[derive(Debug)]
pub struct Service {
    udp: UdpSocket,
    tcp: TcpListener,
    connections: Connections,
    local_addr: ListenAddr,
    responder: Arc<Responder>,
}

/// A handle that publishes zones. Clones are handles of the same server.
#[derive(Debug, Clone)]
pub struct Handle {
    responder: Arc<Responder>,
}

// === impl Options ===

impl Options {
    /// Binds UDP and TCP. The server starts with an empty zone of generation 0.
    ///
    /// # Errors
    /// - [`Error::Domain`]: the domain is not a valid zone name.
    /// - [`Error::Listen`]: the operating system refused the address.
    /// - [`Error::NoPortPair`]: no port was unused for both UDP and TCP.
    pub async fn bind(self) -> Result<Service, Error> {
        let zone = Zone::empty(self.domain.trim_end_matches('.'));
        let apex = answer::apex(&zone.domain).ok_or_else(|| Error::Domain {
            domain: self.domain.clone(),
        })?;
        let (udp, tcp, local_addr) = bind::pair(self.listen).await?;
        let server = match local_addr.ip() {
            IpAddr::V4(ip) if !ip.is_unspecified() => Some(ip),
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        };
        let responder = Arc::new(Responder::new(apex, server, zone));
        Ok(Service {
            udp,
            tcp,
            connections: Connections::new(ConnectionLimits::of_dns(MAX_DNS_CONNECTIONS)),
            local_addr,
            responder,
        })
    }
}

// === impl Service ===

impl Service {
    /// The bound address of UDP and TCP.
    pub const fn local_addr(&self) -> ListenAddr {
        self.local_addr
    }

    /// Creates a handle that publishes zones before and while the server runs.
    pub fn handle(&self) -> Handle {
        Handle {
            responder: Arc::clone(&self.responder),
        }
    }

    /// Answers queries until `shutdown` becomes true or its sender is dropped, then closes both
    /// sockets.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        info!(listen.addr = %self.local_addr, domain = %self.responder.apex, "DNS server started");
        tokio::select! {
            // An error means that the sender, and with it the owner of the server, is gone.
            _ = shutdown.wait_for(|stop| *stop) => {}
            () = udp::serve(&self.udp, &self.responder) => {}
            () = tcp::serve(&self.tcp, &self.connections, &self.responder) => {}
        }
        debug!(listen.addr = %self.local_addr, "DNS server stopped");
    }
}

// === impl Handle ===

impl Handle {
    /// Replaces the zone immediately and as a whole. A zone older than the current one or of another
    /// domain is ignored.
    pub fn publish(&self, zone: Zone) {
        let mut served = self.responder.zone_mut();
        if zone.domain != served.domain {
            error!(
                domain = %zone.domain, served.domain = %served.domain,
                "failed to publish a zone: it belongs to another domain than the server"
            );
            return;
        }
        // Two publishers may race: the newer generation must win in any order.
        if zone.generation >= served.generation {
            *served = zone;
        }
    }

    /// Changes names of the zone immediately and together; the cost is that of the changed names.
    ///
    /// Changes must come from one publisher, in their order. An older one than the zone is ignored.
    pub fn change(&self, change: ZoneChange) {
        let mut served = self.responder.zone_mut();
        if change.generation > served.generation {
            served.apply(change);
        }
    }

    /// The generation of the zone from which queries are currently answered.
    pub fn generation(&self) -> u64 {
        self.responder.zone().generation
    }
}
