//! Starts, runs and stops an emulated Google.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::digest;
use tokio::net::TcpListener;
use tokio::sync::watch;
use underpass_net::FlowLimit;
use underpass_net::connections::Connections;

use super::http;
use super::http_state::HttpState;
use super::metadata;
use super::model::{Configuration, Google};
use super::options::Options;
use super::service_account::ServiceAccount;
use super::token::Tokens;
use super::{admin_credentials, admin_policy};
use crate::certificate_authority::CertificateAuthority;
use crate::clock;
use crate::connect_proxy::TunnelHosts;
use crate::data_dir::DataDir;
use crate::emulator_runtime::{AdminAccess, EmulatorRuntime};
use crate::error::Error;
use crate::listen::bind_persistent;
use crate::record::Record;
use crate::secret::Secret;
use crate::serve::{HttpServer, TlsMode};
use crate::weather::{self, Weather, WeatherControl};

/// Name of the journal's and the certificate authority's files.
const NAME: &str = "google";

/// File with the key that signs access tokens.
const TOKEN_KEY: &str = "token.key";

/// File with the port that was chosen for the API.
const PORT: &str = "port";

/// File with the port that was chosen for the proxy.
const PROXY_PORT: &str = "proxy.port";

/// File with the port that was chosen for the metadata server.
const METADATA_PORT: &str = "metadata.port";

/// Google's hosts that the proxy stands in for.
const HOSTS: [&str; 7] = [
    "compute.googleapis.com",
    "www.googleapis.com",
    "oauth2.googleapis.com",
    "sts.googleapis.com",
    "iamcredentials.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "serviceusage.googleapis.com",
];

/// An emulated Google with bound listeners and restored state; see [`Service::run`].
pub struct Service {
    handle: Handle,
    runtime: EmulatorRuntime<Google>,
    state: HttpState,
    listener: TcpListener,
    proxy: Option<(TcpListener, TlsMode)>,
    metadata: Option<TcpListener>,
}

/// The addresses of an emulated Google. Cheap to clone; outlives the service.
#[derive(Debug, Clone)]
pub struct Handle {
    inner: Arc<Addresses>,
}

#[derive(Debug)]
struct Addresses {
    address: SocketAddr,
    base_url: String,
    proxy: Option<(SocketAddr, PathBuf)>,
    metadata: Option<SocketAddr>,
    admin: AdminAccess,
    weather: Arc<WeatherControl>,
}

// === impl Options ===

impl Options {
    /// Binds the listeners and restores the state; requests are answered from [`Service::run`] on.
    ///
    /// # Errors
    /// [`Error`] for invalid options, a data directory or listener that cannot be opened, and a
    /// journal that cannot be restored.
    pub async fn build(self) -> Result<Service, Error> {
        let options = self.checked()?;
        let account = options.service_account.as_ref();
        let account = account.map(ServiceAccount::parse).transpose()?;
        let (directory, changes) = DataDir::open(&options.data_dir, NAME)?;

        let port_file = directory.file(PORT);
        let (listener, address) = bind_persistent(options.listen, &port_file).await?;
        let (proxy, proxy_address_and_ca) = match options.proxy_listen {
            None => (None, None),
            Some(listen) => {
                let (listener, address, tls, ca) = proxy(listen, &directory).await?;
                (Some((listener, tls)), Some((address, ca)))
            }
        };
        let (metadata, metadata_address) = match options.metadata_listen {
            None => (None, None),
            Some(listen) => {
                let port_file = directory.file(METADATA_PORT);
                let (listener, address) = bind_persistent(listen, &port_file).await?;
                (Some(listener), Some(address))
            }
        };

        let configuration = Configuration {
            provider_project: options.provider_project.clone(),
            provider_project_number: project_number(&options.provider_project),
            operation_delay: options.operation_delay,
            further_regions: options.further_regions.clone(),
            status_lag: options.status_lag,
        };
        let mut cloud = Google::restore(configuration, changes)?;
        if let Some(principal) = &options.principal {
            cloud.set_policy(principal.policy.clone());
        }
        let (consumers, admin) = (options.consumer_cidr, options.admin_listen);
        let mut runtime = EmulatorRuntime::build(cloud, &directory, consumers, admin).await?;

        let base_url = options.base_url(address.port());
        let api_url: Arc<str> = base_url.as_str().into();
        let key = directory.key(TOKEN_KEY)?;
        let fixed = options.provider_token;
        let weather = Arc::<WeatherControl>::default();
        let state = HttpState {
            network: runtime.network(),
            weather: Arc::clone(&weather),
            tokens: Arc::new(Tokens::new(
                &key,
                fixed,
                options.principal.map(|it| (it.email, it.token)),
                account,
                format!(
                    "provider@{}.iam.gserviceaccount.com",
                    options.provider_project
                ),
                Arc::clone(&api_url),
            )),
            base_url: api_url,
            project: options.provider_project.into(),
            record: None,
        };
        let policy = admin_policy::routes(state.clone());
        runtime.add_admin_routes(
            admin_credentials::routes(state.clone())
                .merge(policy)
                .merge(weather::routes::routes(Arc::clone(&weather))),
        );
        let inner = Arc::new(Addresses {
            address,
            base_url,
            proxy: proxy_address_and_ca,
            metadata: metadata_address,
            admin: runtime.admin(),
            weather: Arc::clone(&weather),
        });
        Ok(Service {
            handle: Handle { inner },
            runtime,
            state,
            listener,
            proxy,
            metadata,
        })
    }
}

/// Binds the proxy; returns its listener and address, its TLS mode, and the certificate that clients
/// must trust.
async fn proxy(
    listen: SocketAddr,
    directory: &DataDir,
) -> Result<(TcpListener, SocketAddr, TlsMode, PathBuf), Error> {
    let port_file = directory.file(PROXY_PORT);
    let (listener, address) = bind_persistent(listen, &port_file).await?;
    let (now, hosts) = (clock::now(), HOSTS.map(str::to_owned));
    let authority = CertificateAuthority::open(directory.path(), NAME, &hosts, now)?;
    let tls = TlsMode::Proxy(
        TunnelHosts::new(hosts.clone()),
        authority.acceptor(&hosts, now)?,
    );
    Ok((listener, address, tls, authority.certificate))
}

/// Derives a project number from a project id: twelve digits, always the same.
fn project_number(project: &str) -> u64 {
    let hash = digest::digest(&digest::SHA256, project.as_bytes());
    let bytes = hash.as_ref().iter().take(8);
    let wide = bytes.fold(0_u64, |project_number, byte| {
        project_number << 8 | u64::from(*byte)
    });
    100_000_000_000 + wide % 900_000_000_000
}

// === impl Service ===

impl Service {
    /// Returns the addresses of the service.
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
        self.state.record = Some(Record::open(path, NAME, &self.handle.inner.base_url)?);
        Ok(self)
    }

    /// Serves requests until `shutdown` becomes true or its sender is dropped.
    ///
    /// Then requests in progress complete, the flows of endpoints are closed, and the journal is
    /// closed.
    ///
    /// # Errors
    /// [`Error`] if changes can no longer be written; acknowledged changes are durable.
    pub async fn run(self, shutdown: watch::Receiver<bool>) -> Result<(), Error> {
        tracing::info!(
            url = %self.handle.inner.base_url,
            admin.addr = %self.handle.inner.admin.address,
            "emulated Google is listening"
        );
        let mut servers = vec![HttpServer {
            listener: self.listener,
            tls: TlsMode::Plain,
            router: http::routes(self.state.clone()),
            render: http::refusal_body,
        }];
        servers.extend(self.proxy.map(|(listener, tls)| HttpServer {
            listener,
            tls,
            router: http::routes(self.state.clone()),
            render: http::refusal_body,
        }));
        servers.extend(self.metadata.map(|listener| HttpServer {
            listener,
            tls: TlsMode::Plain,
            router: metadata::routes(self.state),
            render: http::refusal_body,
        }));
        self.runtime.run(servers, shutdown).await
    }
}

// === impl Handle ===

impl Handle {
    /// The bound address of the API.
    pub fn address(&self) -> SocketAddr {
        self.inner.address
    }

    /// The URL of the API and of the token endpoint, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.inner.base_url
    }

    /// The bound address of the proxy, if it is enabled.
    pub fn proxy_address(&self) -> Option<SocketAddr> {
        self.inner.proxy.as_ref().map(|(address, _)| *address)
    }

    /// The PEM file with the certificate authority that clients of the proxy must trust.
    pub fn ca_path(&self) -> Option<&Path> {
        self.inner.proxy.as_ref().map(|(_, ca)| ca.as_path())
    }

    /// The bound address of the metadata server, if it is enabled.
    pub fn metadata_address(&self) -> Option<SocketAddr> {
        self.inner.metadata
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

    /// The secret of the admin routes.
    pub fn admin_secret(&self) -> &Secret {
        &self.inner.admin.secret
    }

    /// The file with the secret of the admin routes.
    pub fn admin_secret_file(&self) -> &Path {
        self.inner.admin.secret_file()
    }
}
