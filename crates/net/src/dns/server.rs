//! A DNS server and the handle that publishes its zones.

use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{debug, error, info};
use underpass_model::serial::serial;
use underpass_model::zone::{Zone, ZoneChange};

use super::access::TransferRule;
use super::delegation::{Apex, Delegation};
use super::error::Error;
use super::notify::Secondary;
use super::responder::Responder;
use super::tsig::TsigKey;
use super::{bind, notify, tcp, udp};
use crate::addr::ListenAddr;
use crate::connections::{ConnectionLimits, Connections};
use crate::limits::MAX_DNS_CONNECTIONS;

/// The options of a DNS server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Listen addresses for UDP and TCP. Port 0 selects a port that is unused for both. An IPv6 address
    /// accepts IPv6 alone.
    ///
    /// Use specific IP addresses. An answer sent from `0.0.0.0` may leave with another source address
    /// than the queried one, and clients drop such answers.
    pub listen: Vec<ListenAddr>,
    /// The domain to answer for, for instance `underpass.test`.
    pub domain: String,
    /// Name servers and contact of the domain.
    pub delegation: Delegation,
    /// Keys of signed requests.
    pub keys: Vec<TsigKey>,
    /// Peers that may transfer the zone; empty: none.
    pub transfers: Vec<TransferRule>,
    /// Name servers that are told about changes.
    pub secondaries: Vec<Secondary>,
}

/// A bound server that is ready to run. Queries wait in its sockets until it runs.
#[derive(Debug)]
pub struct Service {
    listeners: Vec<(UdpSocket, TcpListener)>,
    local_addrs: Vec<ListenAddr>,
    connections: Connections,
    secondaries: Vec<Secondary>,
    responder: Arc<Responder>,
}

/// A handle that publishes zones. Clones are handles of the same server.
#[derive(Debug, Clone)]
pub struct Handle {
    responder: Arc<Responder>,
}

// === impl Options ===

impl Options {
    /// Options of a server without secondaries, which is itself the name server of its domain.
    pub fn new(listen: impl IntoIterator<Item = ListenAddr>, domain: &str) -> Self {
        Self {
            listen: listen.into_iter().collect(),
            domain: domain.to_owned(),
            delegation: Delegation::default(),
            keys: Vec::new(),
            transfers: Vec::new(),
            secondaries: Vec::new(),
        }
    }

    /// Binds UDP and TCP of every address. The server answers SERVFAIL until a zone is published.
    ///
    /// # Errors
    /// - [`Error::Domain`], [`Error::NameServer`] or [`Error::Contact`]: the domain or its delegation is
    ///   not valid.
    /// - [`Error::NoListener`]: no address is given.
    /// - [`Error::Listen`]: the operating system refused an address.
    /// - [`Error::NoPortPair`]: no port was unused for both UDP and TCP.
    pub async fn bind(self) -> Result<Service, Error> {
        self.delegation.check(&self.domain)?;
        let (mut listeners, mut local_addrs) = (Vec::new(), Vec::new());
        for listen in self.listen {
            let (udp, tcp, local_addr) = bind::pair(listen).await?;
            listeners.push((udp, tcp));
            local_addrs.push(local_addr);
        }
        if local_addrs.is_empty() {
            return Err(Error::NoListener);
        }
        let apex = Apex::new(&self.domain, &self.delegation, &local_addrs)?;
        let zone = Zone::empty(self.domain.trim_end_matches('.'));
        let responder = Arc::new(Responder::new(apex, self.keys, self.transfers, zone));
        Ok(Service {
            listeners,
            local_addrs,
            connections: Connections::new(ConnectionLimits::of_dns(MAX_DNS_CONNECTIONS)),
            secondaries: self.secondaries,
            responder,
        })
    }
}

// === impl Service ===

impl Service {
    /// The bound addresses of UDP and TCP, in the order of the options; at least one.
    pub fn local_addrs(&self) -> &[ListenAddr] {
        &self.local_addrs
    }

    /// Creates a handle that publishes zones before and while the server runs.
    pub fn handle(&self) -> Handle {
        Handle {
            responder: Arc::clone(&self.responder),
        }
    }

    /// Answers queries and notifies secondaries until `shutdown` becomes true or its sender is dropped, then
    /// closes all sockets.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let sources: Vec<_> = self.local_addrs.iter().map(ListenAddr::ip).collect();
        let mut tasks = JoinSet::new();
        for (udp, tcp) in self.listeners {
            let responder = Arc::clone(&self.responder);
            tasks.spawn(async move { udp::serve(&udp, responder.as_ref()).await });
            let (responder, open) = (Arc::clone(&self.responder), self.connections.clone());
            tasks.spawn(async move { tcp::serve(&tcp, &open, &responder).await });
        }
        for secondary in self.secondaries {
            let responder = Arc::clone(&self.responder);
            tasks.spawn(notify::run(secondary, responder, sources.clone()));
        }
        for addr in &self.local_addrs {
            info!(listen.addr = %addr, domain = %self.responder.apex.name, "DNS server started");
        }
        let ended = async {
            // None of the tasks ends by itself.
            while let Some(ended) = tasks.join_next().await {
                if let Err(error) = ended {
                    error!(%error, "DNS task panicked");
                    return;
                }
            }
        };
        tokio::select! {
            // An error means that the sender, and with it the owner of the server, is gone.
            _ = shutdown.wait_for(|stop| *stop) => {}
            () = ended => {}
        }
        // Sockets are closed when this returns.
        tasks.shutdown().await;
        debug!("DNS server stopped");
    }
}

// === impl Handle ===

impl Handle {
    /// Replaces the zone immediately and as a whole. A zone older than the current one or of another
    /// domain is ignored.
    pub fn publish(&self, zone: Zone) {
        let domain = self.responder.served().zone.domain.clone();
        if zone.domain != domain {
            error!(
                domain = %zone.domain, served.domain = %domain,
                "failed to publish a zone: it belongs to another domain than the server"
            );
            return;
        }
        self.responder.publish(zone);
    }

    /// Changes names of the zone immediately and together; the cost is that of the changed names.
    ///
    /// Changes must come from one publisher, in their order. An older one than the zone is ignored.
    pub fn change(&self, change: ZoneChange) {
        self.responder.change(change);
    }

    /// Counts of transfers and notifications, and the serial, in Prometheus's text format.
    pub fn metrics(&self) -> String {
        self.responder.counts.render(serial(self.generation()))
    }

    /// The address with which queries for a name are currently answered. The name is in lower case,
    /// without a trailing dot.
    pub fn address(&self, name: &str) -> Option<Ipv4Addr> {
        self.responder.served().zone.records.get(name).copied()
    }

    /// The generation of the zone from which queries are currently answered.
    pub fn generation(&self) -> u64 {
        self.responder.served().zone.generation
    }
}
