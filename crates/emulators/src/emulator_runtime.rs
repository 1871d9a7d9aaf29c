//! Starts an emulated cloud, serves it, and shuts it down in order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use ipnet::Ipv4Net;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use underpass_net::FlowLimit;
use underpass_net::connections::{ConnectionLimits, Connections};

use crate::cloud_model::CloudModel;
use crate::data_dir::DataDir;
use crate::emulated_network::EmulatedNetwork;
use crate::endpoints::{EndpointRelay, endpoints};
use crate::error::Error;
use crate::journal::Journal;
use crate::listen::bind_persistent;
use crate::secret::Secret;
use crate::serve::{HttpServer, TlsMode};
use crate::shutdown::shutdown_requested;
use crate::{admin, ids};

/// File that holds the admin routes' secret, as text.
const ADMIN_SECRET: &str = "admin.secret";

/// File with the port chosen for the admin routes.
const ADMIN_PORT: &str = "admin.port";

/// A cloud with its journal, its endpoints and its admin routes, ready to run.
pub(crate) struct EmulatorRuntime<C> {
    network: Arc<EmulatedNetwork<C>>,
    journal: Arc<Journal>,
    relay: EndpointRelay,
    admin_listener: TcpListener,
    admin: AdminAccess,
    connections: Connections,
    /// The admin routes of this cloud alone.
    admin_routes: Router,
}

/// Address and secret of the admin routes.
#[derive(Debug, Clone)]
pub(crate) struct AdminAccess {
    pub(crate) address: SocketAddr,
    pub(crate) secret: Secret,
    pub(crate) secret_file: PathBuf,
}

// === impl EmulatorRuntime ===

impl<C: CloudModel> EmulatorRuntime<C> {
    /// Starts a restored cloud; endpoint addresses inside `consumers` carry bytes.
    ///
    /// # Errors
    /// When the admin listener cannot be bound, the secret cannot be read or created, or the
    /// journal cannot keep the first snapshot.
    pub(crate) async fn build(
        cloud: C,
        directory: &DataDir,
        consumers: Option<Ipv4Net>,
        admin_listen: SocketAddr,
    ) -> Result<Self, Error> {
        let port_file = directory.file(ADMIN_PORT);
        let (admin_listener, address) = bind_persistent(admin_listen, &port_file).await?;
        let admin = AdminAccess {
            address,
            secret: directory.secret(ADMIN_SECRET)?,
            secret_file: directory.file(ADMIN_SECRET),
        };
        let journal = Arc::clone(&directory.journal);
        let (endpoints, relay) = endpoints(Arc::clone(&journal), consumers);
        let network =
            EmulatedNetwork::new(cloud, ids::generator()?, Arc::clone(&journal), endpoints)?;
        Ok(Self {
            network: Arc::new(network),
            journal,
            relay,
            admin_listener,
            admin,
            connections: Connections::new(ConnectionLimits::of_http()),
            admin_routes: Router::new(),
        })
    }

    /// The running cloud, for its HTTP routes.
    pub(crate) fn network(&self) -> Arc<EmulatedNetwork<C>> {
        Arc::clone(&self.network)
    }

    /// Address and secret of the admin routes.
    pub(crate) fn admin(&self) -> AdminAccess {
        self.admin.clone()
    }

    /// Adds admin routes of this cloud alone.
    pub(crate) fn add_admin_routes(&mut self, routes: Router) {
        self.admin_routes = routes;
    }

    /// Counts connections of clients among `connections`.
    pub(crate) fn share(&mut self, connections: Connections) {
        self.connections = connections;
    }

    /// Counts flows through endpoints among those of `limit`.
    pub(crate) fn share_flows(&mut self, limit: FlowLimit) {
        self.relay.share(limit);
    }

    /// Serves until `shutdown` turns true or its sender is dropped.
    ///
    /// Then requests in progress finish, the endpoints' flows are cut and the journal is closed.
    ///
    /// # Errors
    /// When the journal or the model fails while the cloud runs.
    pub(crate) async fn run(
        self,
        servers: Vec<HttpServer>,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), Error> {
        let Self {
            network,
            journal,
            relay,
            admin_listener,
            admin,
            connections,
            admin_routes,
        } = self;
        // The servers stop first: the changes they have answered must still reach the listeners.
        let (stop_servers, servers_stop) = watch::channel(false);
        let (stop_network, network_stop) = watch::channel(false);

        let mut inside = JoinSet::new();
        inside.spawn(relay.run(network_stop.clone()));
        let mut serving = JoinSet::new();
        let routes = admin::routes(Arc::clone(&network), admin.secret, admin_routes);
        let admin_server = HttpServer {
            listener: admin_listener,
            tls: TlsMode::Plain,
            router: routes,
            render: admin::refusal_body,
        };
        for server in servers.into_iter().chain([admin_server]) {
            serving.spawn(server.run(connections.clone(), servers_stop.clone()));
        }

        let ended = tokio::select! {
            () = shutdown_requested(&mut shutdown) => Ok(()),
            broken = network.tick(network_stop.clone()) => broken.map_err(Error::from),
            broken = network.run_probes(network_stop) => broken.map_err(Error::from),
            failure = journal.failed() => Err(Error::from(failure)),
        };
        // A dropped receiver belongs to a task that has stopped already.
        let _ = stop_servers.send(true);
        serving.join_all().await;
        let _ = stop_network.send(true);
        inside.join_all().await;
        ended
    }
}

// === impl AdminAccess ===

impl AdminAccess {
    /// The URL of the admin routes, without a trailing slash.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// File that holds the secret.
    pub(crate) fn secret_file(&self) -> &Path {
        &self.secret_file
    }
}
