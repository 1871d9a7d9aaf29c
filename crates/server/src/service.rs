//! Control plane as one service: binds its listener, and runs until shutdown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use underpass_http_server::{Server, TlsIdentity};
use underpass_net::connections::Connections;
use underpass_store::{BackupSource, News, Store};

use crate::accounts::Accounts;
use crate::api::refusal_body;
use crate::app::App;
use crate::audit::audit;
use crate::backend_health::BackendHealth;
use crate::change_slots::ChangeSlots;
use crate::changes::{AnnouncingStore, Changes};
use crate::clock::Clock;
use crate::health_reads::HealthReads;
use crate::ids::Ids;
use crate::in_progress::InProgress;
use crate::other_replicas;
use crate::publish::{NotifyingStore, Publisher, ZoneSink};
use crate::readiness::Readiness;
use crate::reconcile::HealthReader;
use crate::reconcile::{
    AccountShares, ComparedAccounts, Engine, LinkIndex, Sweeper, Wakeup, Workers,
};
use crate::request_rates::RequestRates;
use crate::reservations;
use crate::retention::Retention;
use crate::runtime::BackgroundRuntime;
use crate::settings::Settings;
use crate::whole_reads::WholeReads;
use crate::yielding_store::YieldingStore;

/// Time limit for active requests after shutdown begins: 10 s. Longer requests (a refresh takes up
/// to 20 s) are cut off.
const DRAIN: Duration = Duration::from_secs(10);

/// Paths that are answered when all connections are being answered.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Components and options of the control plane.
pub struct Options {
    /// API listen address; port 0 selects a free port.
    pub listen: SocketAddr,
    /// Store of the desired state.
    pub store: Arc<dyn Store>,
    /// Backups of the store.
    pub backups: Arc<dyn BackupSource>,
    /// Cloud accounts with their drivers.
    pub accounts: Accounts,
    /// Receiver of zones.
    pub zone: Arc<dyn ZoneSink>,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Source of IDs and secrets.
    pub ids: Arc<Ids>,
    /// Settings of the installation; the API's listener is added to the reserved ones.
    pub settings: Settings,
    /// Connections of all HTTP listeners of the process.
    pub connections: Connections,
    /// Additional text for `/metrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Runtime of the work in the background.
    pub background: BackgroundRuntime,
}

/// Failure to start the control plane.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The listen address is in use or not local.
    #[error("listen on {address}")]
    Listen {
        /// Listen address.
        address: SocketAddr,
        /// Error of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// The system starts no thread.
    #[error("start threads")]
    Threads(#[source] std::io::Error),
    /// The store failed.
    #[error("read the store")]
    Store(#[from] underpass_store::Error),
}

/// Control plane that listens but does not answer yet.
pub struct Service {
    listener: TcpListener,
    connections: Connections,
    address: SocketAddr,
    app: App,
    beside: Router,
    tls: Option<TlsIdentity>,
    proxies: Option<Vec<IpNet>>,
    drain_delay: Duration,
    workers: Workers,
    sweeper: Sweeper,
    reader: HealthReader,
    publisher: Publisher,
    retention: Retention,
    news: Option<News>,
    background: BackgroundRuntime,
}

impl Options {
    /// Binds the listener and publishes the zone.
    ///
    /// # Errors
    /// If the address cannot be bound or the store cannot be read.
    pub async fn build(self) -> Result<Service, Error> {
        let refused = |source| Error::Listen {
            address: self.listen,
            source,
        };
        let listener = TcpListener::bind(self.listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let mut settings = self.settings;
        settings.own_listeners.push(address);
        let changes = Changes::new();
        let news = self.store.news();
        reservations::complete(&*self.store).await?;
        let (mut publisher, names) = Publisher::new(
            Arc::new(YieldingStore::new(Arc::clone(&self.store))),
            self.zone,
            &settings.domain,
            Arc::clone(&self.clock),
        );
        publisher.follow().await?;
        let store = NotifyingStore::new(self.store, names.clone());
        let store = AnnouncingStore::new(Arc::new(store), changes.clone());
        let store: Arc<dyn Store> = Arc::new(store);
        let wakeup = Wakeup::new();
        let shares = AccountShares::new(wakeup.clone());
        let engine = Engine {
            store: Arc::clone(&store),
            accounts: self.accounts.clone(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            absence: settings.absence,
            limits: settings.limits.clone(),
            proof_key: settings.proof_key.clone(),
            compared: ComparedAccounts::default(),
            shares: shares.clone(),
            links: LinkIndex::default(),
            reject_list: settings.reject_list,
        };
        let (sweeper, sweeps) =
            Sweeper::new(engine.clone(), wakeup.clone(), settings.discovery_interval);
        let owner = format!("{address}/{}", std::process::id());
        let health = BackendHealth::default();
        let reader = HealthReader {
            engine: engine.clone(),
            health: health.clone(),
            reads: HealthReads::default(),
            changes: changes.clone(),
        };
        let workers = Workers::new(engine, wakeup.clone(), owner);
        let rates = RequestRates::default();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let retention = Retention::new(
            Arc::clone(&store),
            Arc::clone(&self.clock),
            settings.limits.clone(),
            rates.clone(),
        );
        let app = App {
            store,
            backups: self.backups,
            clock: self.clock,
            ids: self.ids,
            settings: Arc::new(settings),
            accounts: self.accounts,
            wakeup,
            shares,
            health,
            sweeps,
            names,
            rates,
            in_progress: InProgress::on(self.connections.counts().limit),
            slots: ChangeSlots::new(news.is_some(), processors),
            whole_reads: WholeReads::start().map_err(Error::Threads)?,
            changes,
            readiness: Readiness::default(),
            metrics: self.metrics,
        };
        Ok(Service {
            listener,
            connections: self.connections,
            address,
            app,
            beside: Router::new(),
            tls: None,
            proxies: None,
            drain_delay: Duration::ZERO,
            workers,
            sweeper,
            reader,
            publisher,
            retention,
            news,
            background: self.background,
        })
    }
}

impl Service {
    /// Returns the API listen address.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Returns the application, to create its initial contents before it answers.
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// Adds routes beside the API, behind the same middleware.
    #[must_use]
    pub fn with_routes(self, beside: Router) -> Self {
        Self { beside, ..self }
    }

    /// Answers with TLS.
    #[must_use]
    pub fn with_tls(self, identity: TlsIdentity) -> Self {
        let tls = Some(identity);
        Self { tls, ..self }
    }

    /// Accepts connections of loopback and of trusted proxies in these ranges alone; limits per address
    /// count the clients that they report.
    #[must_use]
    pub fn with_proxies(self, ranges: Vec<IpNet>) -> Self {
        let proxies = Some(ranges);
        Self { proxies, ..self }
    }

    /// Reads the health of backends within these budgets; otherwise within the default ones.
    #[must_use]
    pub fn with_health_reads(mut self, reads: HealthReads) -> Self {
        self.reader.reads = reads;
        self
    }

    /// Answers for a time after the request to stop, while it is no longer ready.
    #[must_use]
    pub fn with_drain_delay(self, drain_delay: Duration) -> Self {
        Self {
            drain_delay,
            ..self
        }
    }

    /// Answers requests and runs the workers until shutdown; then completes active requests and
    /// passes.
    pub async fn run(self, mut asked: watch::Receiver<bool>) {
        let (stop, shutdown) = watch::channel(false);
        let mut tasks = JoinSet::new();
        // A request that removes a name is answered once DNS does not have it any more.
        tasks.spawn(self.publisher.run(shutdown.clone()));
        let background = self.background.handle();
        if let Some(news) = self.news {
            let (names, wakeup) = (self.app.names.clone(), self.app.wakeup.clone());
            tasks.spawn(other_replicas::follow(
                news,
                names,
                wakeup,
                shutdown.clone(),
            ));
        }
        tasks.spawn_on(self.workers.run(shutdown.clone()), background);
        tasks.spawn_on(self.sweeper.run(shutdown.clone()), background);
        tasks.spawn_on(self.reader.run(shutdown.clone()), background);
        tasks.spawn_on(self.retention.run(shutdown.clone()), background);
        let audit = audit(Arc::clone(&self.app.store), shutdown.clone());
        tasks.spawn_on(audit, background);
        let changes = self.app.changes.clone();
        let readiness = self.app.readiness.clone();
        let router = crate::api::router(self.app, self.beside);
        let mut http = Server::new(self.connections, refusal_body, DRAIN).with_probes(&PROBES);
        if let Some(ranges) = self.proxies {
            http = http.with_proxies(ranges);
        }
        let served = async {
            match self.tls {
                Some(identity) => {
                    http.serve_tls(self.listener, router, identity, shutdown)
                        .await
                }
                None => http.serve(self.listener, router, shutdown).await,
            }
        };
        let drain_delay = self.drain_delay;
        let ended = async {
            stopped(&mut asked).await;
            readiness.end();
            tokio::time::sleep(drain_delay).await;
            // Fails only without receivers, when all tasks have ended.
            let _ = stop.send(true);
            // Pages that wait for changes keep their connections open.
            changes.end();
        };
        let (cut, ()) = tokio::join!(served, ended);
        if cut > 0 {
            tracing::warn!(
                count = cut,
                "requests failed to complete before shutdown; closing their connections"
            );
        }
        while tasks.join_next().await.is_some() {}
    }
}

/// Waits for shutdown, or until its sender is dropped.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender was dropped, which is a shutdown as well.
    let _sender_gone = shutdown.wait_for(|stop| *stop).await;
}
