//! Authoritative DNS for the private names, over UDP and TCP.
//!
//! A query is answered from one immutable [`Zone`] value, picked up by one atomic load, so no
//! answer mixes two zones and publishing never waits for a query.
//! `answer` decides what to say, `message` reads and writes the packets; both are pure.
//! `udp` and `tcp` only move bytes.
//!
//! It answers for its own domain and refuses everything else: no recursion, no transfers, no
//! updates. Answers are never much longer than their queries, so it is no use as an amplifier.

mod answer;
mod bind;
mod message;
mod tcp;
mod udp;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use arc_swap::ArcSwap;
use hickory_proto::rr::Name;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tracing::{debug, error, info};
use underpass_model::zone::Zone;

/// What a DNS server is built from.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address for UDP and TCP. Port 0 picks one that is free for both.
    ///
    /// Give a specific address: an answer sent from `0.0.0.0` may leave with another source
    /// address than the one asked, and clients drop such answers.
    pub listen: SocketAddr,
    /// The domain to answer for, for instance `underpass.test`.
    pub domain: String,
}

/// Why a DNS server could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The domain is not a name that a zone can have.
    #[error(
        "serve the domain {domain:?}: it must be a host name of at most 200 characters, \
         labels of letters, digits and hyphens; for instance underpass.test"
    )]
    Domain {
        /// The domain as it was given.
        domain: String,
    },
    /// The system refused the address.
    #[error("listen for DNS over {transport} on {listen}; choose a free address and port")]
    Listen {
        /// The address asked for.
        listen: SocketAddr,
        /// `UDP` or `TCP`.
        transport: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// No port number was free for UDP and TCP alike.
    #[error("find a port on {ip} that is free for UDP and TCP; name one")]
    NoPortPair {
        /// The address it must be on.
        ip: IpAddr,
    },
}

/// A bound server, ready to run. Queries wait in its sockets until then.
#[derive(Debug)]
pub struct Service {
    udp: UdpSocket,
    tcp: TcpListener,
    local_addr: SocketAddr,
    shared: Arc<Shared>,
}

/// Gives a server its zones. Clones serve the same server.
#[derive(Debug, Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    apex: Name,
    /// What `ns.<domain>` answers: the address we listen on, if it is one.
    server: Option<Ipv4Addr>,
    zone: ArcSwap<Zone>,
}

impl Options {
    /// Binds UDP and TCP. The server begins with a zone without names, generation 0.
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
        let shared = Arc::new(Shared {
            apex,
            server,
            zone: ArcSwap::from_pointee(zone),
        });
        Ok(Service {
            udp,
            tcp,
            local_addr,
            shared,
        })
    }
}

impl Service {
    /// The address that was bound, for UDP and TCP alike.
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// A handle to publish zones with, before and while the server runs.
    pub fn handle(&self) -> Handle {
        Handle {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Answers until `shutdown` becomes true or its sender goes; then closes both sockets.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        info!(listen.addr = %self.local_addr, domain = %self.shared.apex, "DNS serves");
        tokio::select! {
            // An error means that the sender is gone, and with it whoever wanted answers.
            _ = shutdown.wait_for(|stop| *stop) => {}
            () = udp::serve(&self.udp, &self.shared) => {}
            () = tcp::serve(&self.tcp, &self.shared) => {}
        }
        debug!(listen.addr = %self.local_addr, "DNS stopped");
    }
}

impl Handle {
    /// Replaces the zone, at once and whole. A zone older than the one served is ignored, and so
    /// is one of another domain.
    pub fn publish(&self, zone: Zone) {
        let served = self.zone();
        if zone.domain != served.domain {
            error!(
                domain = %zone.domain, served.domain = %served.domain,
                "zone of another domain ignored; publish the zone that this server was bound for"
            );
            return;
        }
        let zone = Arc::new(zone);
        // Two publishers may race: the newer generation must win in any order.
        self.shared.zone.rcu(|served| {
            Arc::clone(if zone.generation < served.generation {
                served
            } else {
                &zone
            })
        });
    }

    /// The zone that queries are answered from now.
    pub fn zone(&self) -> Arc<Zone> {
        self.shared.zone.load_full()
    }
}

impl Shared {
    fn respond(&self, request: &[u8], transport: message::Transport) -> Option<Vec<u8>> {
        let zone = self.zone.load();
        let authority = answer::Authority {
            zone: &zone,
            apex: &self.apex,
            server: self.server,
        };
        message::respond(&authority, request, transport)
    }
}
