//! Runs an emulated cloud: its world, the faces people see of it, and the order of its end.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use ipnet::Ipv4Net;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cloud::Cloud;
use crate::data_dir::DataDir;
use crate::emulated_network::EmulatedNetwork;
use crate::endpoints::{EndpointRelay, endpoints};
use crate::error::Error;
use crate::journal::Journal;
use crate::listen::bind;
use crate::secret::Secret;
use crate::serve::{TlsMode, asked_to_stop, serve};
use crate::{admin, ids};

/// The admin routes' secret, as text.
const ADMIN_SECRET: &str = "admin.secret";

/// A cloud with its journal, its endpoints and its admin routes, ready to run.
pub(crate) struct EmulatorRuntime<C> {
    network: Arc<EmulatedNetwork<C>>,
    journal: Arc<Journal>,
    relay: EndpointRelay,
    admin_listener: TcpListener,
    admin: AdminDoor,
}

/// Where the admin routes are, and what opens them.
#[derive(Debug, Clone)]
pub(crate) struct AdminDoor {
    pub(crate) address: SocketAddr,
    pub(crate) secret: Secret,
    pub(crate) secret_file: PathBuf,
}

/// Routes on a listener, and how clients come in.
pub(crate) struct Face {
    pub(crate) listener: TcpListener,
    pub(crate) tls: TlsMode,
    pub(crate) router: Router,
}

// === impl EmulatorRuntime ===

impl<C: Cloud> EmulatorRuntime<C> {
    /// Puts a restored cloud to work; endpoint addresses inside `consumers` carry bytes.
    pub(crate) async fn build(
        cloud: C,
        directory: &DataDir,
        consumers: Option<Ipv4Net>,
        admin_listen: SocketAddr,
    ) -> Result<Self, Error> {
        let (admin_listener, address) = bind(admin_listen).await?;
        let admin = AdminDoor {
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
        })
    }

    /// The cloud, for its faces.
    pub(crate) fn network(&self) -> Arc<EmulatedNetwork<C>> {
        Arc::clone(&self.network)
    }

    /// Where the admin routes are.
    pub(crate) fn admin(&self) -> AdminDoor {
        self.admin.clone()
    }

    /// Shows `faces` until `shutdown` turns true or its sender is gone.
    ///
    /// Then requests in progress finish, the endpoints' flows are cut and the journal is closed.
    pub(crate) async fn run(
        self,
        faces: Vec<Face>,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), Error> {
        let Self {
            network,
            journal,
            relay,
            admin_listener,
            admin,
        } = self;
        // The faces stop first: what they answer must still be carried out.
        let (stop_faces, faces_stop) = watch::channel(false);
        let (stop_network, network_stop) = watch::channel(false);

        let mut inside = JoinSet::new();
        inside.spawn(relay.run(network_stop.clone()));
        let mut shown = JoinSet::new();
        let routes = admin::routes(Arc::clone(&network), admin.secret);
        shown.spawn(serve(
            admin_listener,
            TlsMode::Plain,
            routes,
            faces_stop.clone(),
        ));
        for face in faces {
            let stop = faces_stop.clone();
            shown.spawn(serve(face.listener, face.tls, face.router, stop));
        }

        let ended = tokio::select! {
            () = asked_to_stop(&mut shutdown) => Ok(()),
            broken = network.tick(network_stop) => broken.map_err(Error::from),
            failure = journal.failed() => Err(Error::from(failure)),
        };
        // Receivers that are gone have stopped already.
        let _ = stop_faces.send(true);
        shown.join_all().await;
        let _ = stop_network.send(true);
        inside.join_all().await;
        ended
    }
}

// === impl AdminDoor ===

impl AdminDoor {
    /// The URL of the admin routes, without a trailing slash.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The file that holds the secret.
    pub(crate) fn secret_file(&self) -> &Path {
        &self.secret_file
    }
}
