//! The control plane as one service: options in, handle out, runs until told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use underpass_store::Store;

use crate::accounts::Accounts;
use crate::app::App;
use crate::changes::{AnnouncingStore, Changes};
use crate::clock::Clock;
use crate::ids::Ids;
use crate::publish::{Publisher, ZoneSink};
use crate::reconcile::{Engine, Sweeper, Wakeup, Workers};
use crate::settings::Settings;

/// How long requests under way may take to end after a stop was asked for: 10 s; clients that
/// wait longer (a refresh may wait 20 s) see their connection closed and ask again.
const DRAIN: Duration = Duration::from_secs(10);

/// Everything the control plane is made of.
pub struct Options {
    /// Where the API listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where intent is kept.
    pub store: Arc<dyn Store>,
    /// The drivers.
    pub accounts: Accounts,
    /// Serves the private names.
    pub zone: Arc<dyn ZoneSink>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and secrets.
    pub ids: Arc<Ids>,
    /// What the operator decided; our own listener is added to the list.
    pub settings: Settings,
    /// More text for `/metrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

/// Why the control plane cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken or not ours.
    #[error("listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The store failed.
    #[error("read the store")]
    Store(#[from] underpass_store::Error),
}

/// The control plane, listening but not yet answering.
pub struct Service {
    listener: TcpListener,
    address: SocketAddr,
    app: App,
    beside: Router,
    workers: Workers,
    sweeper: Sweeper,
}

impl Options {
    /// Binds the listener and serves the names that are active already.
    ///
    /// # Errors
    /// When the address cannot be had or the store cannot be read.
    pub async fn build(self) -> Result<Service, Error> {
        let refused = |source| Error::Listen {
            address: self.listen,
            source,
        };
        let listener = TcpListener::bind(self.listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let mut settings = self.settings;
        settings.own_listeners.push(address);
        // Seconds since 1970: grows over restarts, and fits the 32 bits of a serial until 2106.
        let first_generation = u64::try_from(self.clock.now().as_second()).unwrap_or(1);
        let changes = Changes::new();
        let store: Arc<dyn Store> = Arc::new(AnnouncingStore::new(self.store, changes.clone()));
        let publisher = Publisher::new(
            Arc::clone(&store),
            self.zone,
            &settings.domain,
            first_generation,
        );
        publisher.refresh().await?;
        let publisher = Arc::new(publisher);
        let engine = Engine {
            store: Arc::clone(&store),
            accounts: self.accounts.clone(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            publisher: Arc::clone(&publisher),
        };
        let wakeup = Wakeup::new();
        let (sweeper, sweeps) =
            Sweeper::new(engine.clone(), wakeup.clone(), settings.discovery_interval);
        let owner = format!("{address}/{}", std::process::id());
        let workers = Workers::new(engine, wakeup.clone(), owner);
        let app = App {
            store,
            clock: self.clock,
            ids: self.ids,
            settings: Arc::new(settings),
            accounts: self.accounts,
            wakeup,
            sweeps,
            publisher,
            changes,
            metrics: self.metrics,
        };
        Ok(Service {
            listener,
            address,
            app,
            beside: Router::new(),
            workers,
            sweeper,
        })
    }
}

impl Service {
    /// Where the API listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The application, for seeding before it answers.
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// Serves further routes beside the API, behind the same middleware.
    #[must_use]
    pub fn with_routes(self, beside: Router) -> Self {
        Self { beside, ..self }
    }

    /// Answers and works until told to stop; then lets requests and turns under way end.
    pub async fn run(self, shutdown: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        tasks.spawn(self.workers.run(shutdown.clone()));
        tasks.spawn(self.sweeper.run(shutdown.clone()));
        let changes = self.app.changes.clone();
        let router = crate::api::router(self.app, self.beside);
        let mut asked = shutdown.clone();
        let served = axum::serve(self.listener, router).with_graceful_shutdown(async move {
            stopped(&mut asked).await;
            // Pages that wait for changes would keep their connections open.
            changes.end();
        });
        let mut overdue = shutdown;
        tokio::select! {
            ended = served => if let Err(error) = ended {
                tracing::error!(%error, "serve the API");
            },
            () = async { stopped(&mut overdue).await; tokio::time::sleep(DRAIN).await } => {
                tracing::warn!("close connections that did not end in time");
            }
        }
        while tasks.join_next().await.is_some() {}
    }
}

/// Waits until a stop is asked for, or until nobody is left to ask.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _sender_gone = shutdown.wait_for(|stop| *stop).await;
}
