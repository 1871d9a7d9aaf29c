//! Opening of connections.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use deadpool_postgres::{ClientWrapper, Connect};
use rustls::ClientConfig;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Error as PgError, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::limits::{CONNECT_TIMEOUT, KEEPALIVE, SESSION};
use super::options::PostgresOptions;

/// Opens connections to one database. The runtime on which it was created drives them.
#[derive(Clone)]
pub(super) struct Connector {
    config: Config,
    tls: MakeRustlsConnect,
    runtime: Handle,
}

/// An encrypted connection to a server.
type Encrypted = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

type Opened = Result<(Client, JoinHandle<()>), PgError>;

// === impl Connector ===

impl Connector {
    /// Reads the address. Must be called on the runtime that drives the connections.
    pub(super) fn new(
        options: &PostgresOptions,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let mut config: Config = verified(&options.url).parse()?;
        if let Some(password) = &options.password {
            config.password(password);
        }
        config
            .application_name("underpass")
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(KEEPALIVE)
            .keepalives_idle(KEEPALIVE)
            .keepalives_interval(KEEPALIVE)
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        // The default takes plain text where a server offers nothing else, also if a machine in between
        // says so.
        if config.get_ssl_mode() == SslMode::Prefer && !config.get_hosts().iter().all(is_local) {
            config.ssl_mode(SslMode::Require);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(options.roots.clone())
            .with_no_client_auth();
        Ok(Self {
            config,
            tls: MakeRustlsConnect::new(tls),
            runtime: Handle::current(),
        })
    }

    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    pub(super) const fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// The address without a password, for errors and logs.
    pub(super) fn address(&self) -> String {
        let hosts: Vec<_> = self
            .config
            .get_hosts()
            .iter()
            .enumerate()
            .map(|(index, host)| {
                let ports = self.config.get_ports();
                let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
                match host {
                    Host::Tcp(name) => format!("{name}:{port}"),
                    Host::Unix(path) => path.display().to_string(),
                }
            })
            .collect();
        let database = self.config.get_dbname().unwrap_or_default();
        format!("postgresql://{}/{database}", hosts.join(","))
    }

    /// Opens a connection for the writer.
    pub(super) async fn open(&self) -> Result<ClientWrapper, PgError> {
        let (client, task) = self.start().await?;
        Ok(ClientWrapper::new(client, task))
    }

    /// Opens a connection that the caller drives, on this runtime.
    pub(super) async fn raw(&self) -> Result<(Client, Connection<Socket, Encrypted>), PgError> {
        self.config.connect(self.tls.clone()).await
    }

    async fn start(&self) -> Opened {
        // On its own runtime: the socket is registered there.
        let (config, tls) = (self.config.clone(), self.tls.clone());
        let connecting = self.runtime.spawn(async move { config.connect(tls).await });
        let Ok(connected) = connecting.await else {
            // The runtime ends, and the callers with it.
            return std::future::pending().await;
        };
        let (client, connection) = connected?;
        let task = self.runtime.spawn(async move {
            if let Err(error) = connection.await {
                tracing::info!(%error, "lost a connection to the database");
            }
        });
        client.batch_execute(SESSION).await?;
        Ok((client, task))
    }
}

impl Connect for Connector {
    fn connect(&self, _: &Config) -> Pin<Box<dyn Future<Output = Opened> + Send + '_>> {
        Box::pin(self.start())
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
        }
    }
}

/// Every encrypted connection is verified, as with the two modes that the client does not know.
fn verified(url: &str) -> String {
    url.replace("sslmode=verify-full", "sslmode=require")
        .replace("sslmode=verify-ca", "sslmode=require")
}
