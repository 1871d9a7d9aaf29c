//! Starts an emulated Azure, runs it, and ends it in order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::http::{self, Face};
use super::model::{Azure, Caller, Change, Configuration};
use super::options::{Error, Options, bind, bind_remembered};
use super::token::Tokens;
use crate::admin;
use crate::authority::Authority;
use crate::endpoints::{Carrier, endpoints};
use crate::journal::Journal;
use crate::private_file;
use crate::secret::Secret;
use crate::serve::{asked_to_stop, serve};
use crate::world::World;
use crate::{clock, ids};

/// Names the files of the journal and of the authority.
const NAME: &str = "azure";

/// Signs access tokens.
const TOKEN_KEY: &str = "token.key";

/// The admin routes' secret, as text.
const ADMIN_SECRET: &str = "admin.secret";

/// The port chosen when none was given.
const PORT: &str = "port";

/// An emulated Azure whose listeners are bound and whose state is restored; see [`Service::run`].
pub struct Service {
    handle: Handle,
    face: Face,
    journal: Arc<Journal>,
    carrier: Carrier,
    listener: TcpListener,
    tls: TlsAcceptor,
    admin_listener: TcpListener,
}

/// Where an emulated Azure answers. Cheap to clone; outlives the service.
#[derive(Debug, Clone)]
pub struct Handle {
    inner: Arc<Places>,
}

#[derive(Debug)]
struct Places {
    address: SocketAddr,
    base_url: String,
    ca: PathBuf,
    admin_address: SocketAddr,
    admin_secret: Secret,
    admin_secret_file: PathBuf,
}

// === impl Options ===

impl Options {
    /// Binds the listeners and restores the state; nothing answers before [`Service::run`].
    pub async fn build(self) -> Result<Service, Error> {
        let options = self.checked()?;
        let directory = options.data_dir.as_path();
        private_file::create_dir(directory)?;
        // First of all, so that a second process changes nothing.
        let (journal, changes) = Journal::open::<Change>(directory, NAME)?;
        let journal = Arc::new(journal);

        let listener = bind_remembered(options.listen, &directory.join(PORT)).await?;
        let address = local(&listener, options.listen)?;
        let admin_listener = bind(options.admin_listen).await?;
        let admin_address = local(&admin_listener, options.admin_listen)?;

        let now = clock::now();
        let hosts = options.hosts();
        let authority = Authority::open(directory, NAME, &hosts, now)?;
        let tls = authority.acceptor(&hosts, now)?;
        let key = kept(&directory.join(TOKEN_KEY), || {
            Ok(ids::secret_bytes()?.to_vec())
        })?;
        let admin_secret_file = directory.join(ADMIN_SECRET);
        let admin_secret = kept(&admin_secret_file, || {
            Ok(ids::secret()?.reveal().as_bytes().to_vec())
        })?;
        let admin_secret = Secret::new(String::from_utf8_lossy(&admin_secret).trim());

        let base_url = options.base_url(address.port());
        let configuration = Configuration {
            base_url: base_url.clone(),
            provider_tenant: options.provider_tenant.clone(),
            provider_client: options.provider_client.clone(),
            provider_subscription: options.provider_subscription.clone(),
            operation_delay: options.operation_delay,
        };
        let cloud = Azure::restore(configuration, changes)?;
        let (endpoints, carrier) = endpoints(Arc::clone(&journal), options.consumer_cidr);
        let world = World::new(cloud, ids::generator()?, Arc::clone(&journal), endpoints)?;

        let provider = Caller {
            tenant: options.provider_tenant,
            client: options.provider_client,
        };
        let face = Face {
            world: Arc::new(world),
            tokens: Arc::new(Tokens::new(&key, provider, options.provider_secret)),
            base_url: base_url.as_str().into(),
        };
        let inner = Arc::new(Places {
            address,
            base_url,
            ca: authority.certificate,
            admin_address,
            admin_secret,
            admin_secret_file,
        });
        let handle = Handle { inner };
        Ok(Service {
            handle,
            face,
            journal,
            carrier,
            listener,
            tls,
            admin_listener,
        })
    }
}

// === impl Service ===

impl Service {
    /// Where it answers, once it runs.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Answers until `shutdown` turns true or its sender is gone.
    ///
    /// Then requests in progress finish, the endpoints' flows are cut and the journal is closed.
    ///
    /// # Errors
    /// When changes cannot be kept any more; what was answered before is safe.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) -> Result<(), Error> {
        let Self {
            handle,
            face,
            journal,
            carrier,
            listener,
            tls,
            admin_listener,
        } = self;
        let world = Arc::clone(&face.world);
        // The faces stop first: what they answer must still be carried out.
        let (stop_faces, faces_stop) = watch::channel(false);
        let (stop_world, world_stop) = watch::channel(false);

        let mut inside = JoinSet::new();
        inside.spawn(carrier.run(world_stop.clone()));
        let mut faces = JoinSet::new();
        let admin = admin::routes(Arc::clone(&world), handle.inner.admin_secret.clone());
        faces.spawn(serve(admin_listener, None, admin, faces_stop.clone()));
        faces.spawn(serve(listener, Some(tls), http::routes(face), faces_stop));
        tracing::info!(
            url = %handle.inner.base_url,
            admin.addr = %handle.inner.admin_address,
            "emulated Azure answers"
        );

        let ended = tokio::select! {
            () = asked_to_stop(&mut shutdown) => Ok(()),
            broken = world.tick(world_stop) => broken.map_err(Error::from),
            failure = journal.failed() => Err(Error::from(failure)),
        };
        // Receivers that are gone have stopped already.
        let _ = stop_faces.send(true);
        faces.join_all().await;
        let _ = stop_world.send(true);
        inside.join_all().await;
        ended
    }
}

// === impl Handle ===

impl Handle {
    /// The bound address of the cloud's API.
    pub fn address(&self) -> SocketAddr {
        self.inner.address
    }

    /// The URL of the cloud's API and of its sign-in authority, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.inner.base_url
    }

    /// The PEM file with the certificate authority that clients must trust.
    pub fn ca_path(&self) -> &Path {
        &self.inner.ca
    }

    /// The bound address of the admin routes.
    pub fn admin_address(&self) -> SocketAddr {
        self.inner.admin_address
    }

    /// The URL of the admin routes, without a trailing slash.
    pub fn admin_url(&self) -> String {
        format!("http://{}", self.inner.admin_address)
    }

    /// The admin routes' secret.
    pub fn admin_secret(&self) -> &Secret {
        &self.inner.admin_secret
    }

    /// The file that holds the admin routes' secret.
    pub fn admin_secret_file(&self) -> &Path {
        &self.inner.admin_secret_file
    }
}

fn local(listener: &TcpListener, address: SocketAddr) -> Result<SocketAddr, Error> {
    listener
        .local_addr()
        .map_err(|source| Error::Listen { address, source })
}

/// The content of a private file, made by `make` the first time.
fn kept(path: &Path, make: impl FnOnce() -> Result<Vec<u8>, Error>) -> Result<Vec<u8>, Error> {
    if let Some(content) = private_file::read_private(path)? {
        return Ok(content);
    }
    let content = make()?;
    private_file::write_private(path, &content)?;
    Ok(content)
}
