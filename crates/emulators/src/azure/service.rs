//! Start, operation and shutdown of an emulated Azure.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use underpass_net::FlowLimit;
use underpass_net::connections::Connections;
use underpass_net::dns::Resolver;

use super::consumer_dns::ConsumerZones;
use super::http;
use super::http_state::HttpState;
use super::model::{Azure, Caller, Configuration};
use super::options::Options;
use super::token::Tokens;
use super::{admin_credentials, admin_roles, metadata};
use crate::certificate_authority::CertificateAuthority;
use crate::clock;
use crate::data_dir::DataDir;
use crate::emulator_runtime::{AdminAccess, EmulatorRuntime};
use crate::error::Error;
use crate::listen::bind_persistent;
use crate::record::Record;
use crate::secret::Secret;
use crate::serve::{HttpServer, TlsMode};
use crate::weather::{self, Weather, WeatherControl};

/// Prefix of the files of the journal and of the certificate authority.
const NAME: &str = "azure";

/// File with the key that signs access tokens.
const TOKEN_KEY: &str = "token.key";

/// File with the port chosen at the first start.
const PORT: &str = "port";

/// File with the port chosen for the instance metadata service.
const METADATA_PORT: &str = "metadata.port";

/// An emulated Azure whose listeners are bound and whose state is restored; see [`Service::run`].
pub struct Service {
    handle: Handle,
    runtime: EmulatorRuntime<Azure>,
    http_state: HttpState,
    listener: TcpListener,
    tls: TlsAcceptor,
    metadata: Option<TcpListener>,
    resolver: Option<Resolver>,
}

/// Addresses and files of an emulated Azure. Cheap to clone; outlives the service.
#[derive(Debug, Clone)]
pub struct Handle {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    address: SocketAddr,
    base_url: String,
    ca: PathBuf,
    metadata: Option<SocketAddr>,
    consumer_dns: Option<SocketAddr>,
    admin: AdminAccess,
    weather: Arc<WeatherControl>,
}

// === impl Options ===

impl Options {
    /// Binds the listeners and restores the state; requests are answered from [`Service::run`] on.
    ///
    /// # Errors
    /// When an option is not valid, an address cannot be bound, the data directory is in use or
    /// cannot be read, or the certificate cannot be created.
    pub async fn build(self) -> Result<Service, Error> {
        let options = self.checked()?;
        let (directory, changes) = DataDir::open(&options.data_dir, NAME)?;
        let port_file = directory.file(PORT);
        let (listener, address) = bind_persistent(options.listen, &port_file).await?;

        let (metadata, metadata_address) = match options.metadata_listen {
            None => (None, None),
            Some(listen) => {
                let port_file = directory.file(METADATA_PORT);
                let (listener, address) = bind_persistent(listen, &port_file).await?;
                (Some(listener), Some(address))
            }
        };
        let now = clock::now();
        let hosts = options.hosts();
        let authority = CertificateAuthority::open(directory.path(), NAME, &hosts, now)?;
        let tls = authority.acceptor(&hosts, now)?;
        let key = directory.key(TOKEN_KEY)?;

        let base_url = options.base_url(address.port());
        let configuration = Configuration {
            base_url: base_url.clone(),
            provider_tenant: options.provider_tenant.clone(),
            provider_client: options.provider_client.clone(),
            provider_subscription: options.provider_subscription.clone(),
            operation_delay: options.operation_delay,
            further_regions: options.further_regions.clone(),
        };
        let mut cloud = Azure::restore(configuration, changes)?;
        if let Some(application) = &options.application {
            cloud.assign_roles(application.assignments.clone());
        }
        let (consumers, admin) = (options.consumer_cidr, options.admin_listen);
        let mut runtime = EmulatorRuntime::build(cloud, &directory, consumers, admin).await?;

        let resolver = match options.consumer_dns {
            None => None,
            Some(listen) => {
                let network = runtime.network();
                let bound = Resolver::bind(listen.into(), ConsumerZones { network }).await;
                Some(bound.map_err(Error::ConsumerDns)?)
            }
        };

        let provider = Caller {
            tenant: options.provider_tenant,
            client: options.provider_client,
        };
        let weather = Arc::<WeatherControl>::default();
        let http_state = HttpState {
            network: runtime.network(),
            weather: Arc::clone(&weather),
            tokens: Arc::new(Tokens::new(
                &key,
                provider,
                options.provider_secret,
                base_url.as_str().into(),
            )),
            base_url: base_url.as_str().into(),
            record: None,
        };
        if let Some(it) = options.application {
            let credentials = &http_state.tokens.credentials;
            credentials.add_application(it.client_id, it.secret);
        }
        let roles = admin_roles::routes(http_state.clone());
        runtime.add_admin_routes(
            admin_credentials::routes(http_state.clone())
                .merge(roles)
                .merge(weather::routes::routes(Arc::clone(&weather))),
        );
        let inner = Arc::new(Inner {
            address,
            base_url,
            ca: authority.certificate,
            metadata: metadata_address,
            consumer_dns: resolver.as_ref().map(|it| it.local_addr().socket_addr()),
            admin: runtime.admin(),
            weather: Arc::clone(&weather),
        });
        let handle = Handle { inner };
        Ok(Service {
            handle,
            runtime,
            http_state,
            listener,
            tls,
            metadata,
            resolver,
        })
    }
}

// === impl Service ===

impl Service {
    /// Addresses and files of the service.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Counts connections of clients among `connections`, which other listeners share; otherwise the
    /// emulator has limits of its own.
    #[must_use]
    pub fn with_connections(mut self, connections: Connections) -> Self {
        self.runtime.share(connections);
        self
    }

    /// Counts flows through endpoints among those of `limit`, which other clouds share; otherwise the
    /// cloud has a limit of its own.
    #[must_use]
    pub fn with_flow_limit(mut self, limit: FlowLimit) -> Self {
        self.runtime.share_flows(limit);
        self
    }

    /// Records the exchanges with the cloud's API at the end of a file, one line of JSON each: method,
    /// path, query, both bodies, status and headers. Tokens are not in it.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn with_record(mut self, path: &Path) -> Result<Self, Error> {
        self.http_state.record = Some(Record::open(path, NAME, &self.handle.inner.base_url)?);
        Ok(self)
    }

    /// Answers requests until `shutdown` turns true or its sender is dropped.
    ///
    /// Then requests in progress finish, the endpoints' flows are cut and the journal is closed.
    ///
    /// # Errors
    /// When changes cannot be stored any more; changes that were answered are durable.
    pub async fn run(self, shutdown: watch::Receiver<bool>) -> Result<(), Error> {
        tracing::info!(
            url = %self.handle.inner.base_url,
            admin.addr = %self.handle.inner.admin.address,
            "emulated Azure is ready"
        );
        let mut servers = vec![HttpServer {
            listener: self.listener,
            tls: TlsMode::Tls(self.tls),
            router: http::routes(self.http_state.clone()),
            render: http::refusal_body,
        }];
        servers.extend(self.metadata.map(|listener| HttpServer {
            listener,
            tls: TlsMode::Plain,
            router: metadata::routes(self.http_state),
            render: http::refusal_body,
        }));
        let resolver = self.resolver;
        let stop = shutdown.clone();
        let resolving = async move {
            if let Some(resolver) = resolver {
                Box::pin(resolver.run(stop)).await;
            }
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            ended = self.runtime.run(servers, shutdown) => ended,
            never = resolving => match never {},
        }
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

    /// The PEM file with the certificate of the authority that clients must trust.
    pub fn ca_path(&self) -> &Path {
        &self.inner.ca
    }

    /// The bound address of the instance metadata service, if it is enabled.
    pub fn metadata_address(&self) -> Option<SocketAddr> {
        self.inner.metadata
    }

    /// The bound address of the resolver of the consumers' networks, if it is enabled.
    pub fn consumer_dns_address(&self) -> Option<SocketAddr> {
        self.inner.consumer_dns
    }

    /// Begins another weather with a seed. A service begins with calm weather.
    pub fn begin_weather(&self, weather: Weather, seed: u64) {
        self.inner.weather.begin(weather, seed);
    }

    /// The bound address of the admin routes.
    pub fn admin_address(&self) -> SocketAddr {
        self.inner.admin.address
    }

    /// The URL of the admin routes, without a trailing slash.
    pub fn admin_url(&self) -> String {
        self.inner.admin.url()
    }

    /// The admin routes' secret.
    pub fn admin_secret(&self) -> &Secret {
        &self.inner.admin.secret
    }

    /// The file that holds the admin routes' secret.
    pub fn admin_secret_file(&self) -> &Path {
        self.inner.admin.secret_file()
    }
}
