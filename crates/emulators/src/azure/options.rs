//! What an emulated Azure is told, and what can be wrong with it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::Ipv4Net;
use tokio::net::TcpListener;

use super::model::RestoreError;
use super::token;
use crate::secret::Secret;
use crate::{authority, ids, journal, private_file, world};

/// Endpoints that carry bytes listen inside this range alone.
const LOOPBACK: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);

/// What an emulated Azure is told at its start.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the cloud's API answers, over HTTPS. Port 0 picks a free one and keeps it in the
    /// data directory, because clients remember addresses of operations.
    pub listen: SocketAddr,
    /// Where the admin routes answer, over plain HTTP; a loopback address. Port 0 picks a free one.
    pub admin_listen: SocketAddr,
    /// Everything durable is below it; no other process may use it at the same time.
    pub data_dir: PathBuf,
    /// How long an accepted operation takes; zero answers it finished.
    pub operation_delay: Duration,
    /// Endpoint addresses inside it carry bytes; a range of 127.0.0.0/8.
    pub consumer_cidr: Option<Ipv4Net>,
    /// The provider's tenant, a GUID.
    pub provider_tenant: String,
    /// The provider's only service principal.
    pub provider_client: String,
    /// Its secret.
    pub provider_secret: Secret,
    /// The provider's subscription.
    pub provider_subscription: String,
    /// The name clients use for this host, where it is not the address listened on.
    pub public_host: Option<String>,
}

/// Why an emulated Azure cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Bytes would leave this machine, or could not arrive.
    #[error("use consumer range {0}: it must lie inside 127.0.0.0/8")]
    ConsumerRange(Ipv4Net),
    /// The admin routes would be open to other machines.
    #[error("listen for the admin routes on {0}: it must be a loopback address")]
    AdminAddress(SocketAddr),
    /// The provider's tenant is not a GUID.
    #[error("use provider tenant {0:?}: it must be a GUID")]
    Tenant(String),
    /// The public host name cannot stand in a URL and a certificate.
    #[error("use public host {0:?}: it must be a DNS name or an IP address, without port")]
    PublicHost(String),
    /// A listener could not be opened.
    #[error("listen on {address}; stop what holds it, or choose another address or port")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The port kept in the data directory is not a port.
    #[error("read {}: not a port; remove the file to have a new one chosen", path.display())]
    Port {
        /// The file.
        path: PathBuf,
    },
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] private_file::Error),
    /// The state cannot be read or kept.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// The state is not one of this program.
    #[error("restore the emulated cloud from its journal")]
    Restore(#[from] RestoreError),
    /// HTTPS cannot be spoken.
    #[error(transparent)]
    Authority(#[from] authority::Error),
    /// The system gives no random bytes.
    #[error(transparent)]
    NoEntropy(#[from] ids::NoEntropy),
    /// The running cloud cannot go on; the reason is in its source.
    #[error("keep the emulated cloud running: {0}")]
    Stopped(String),
}

// === impl Options ===

impl Options {
    /// Refuses what could never work, before anything is opened or written.
    pub(super) fn checked(mut self) -> Result<Self, Error> {
        if let Some(range) = self.consumer_cidr
            && !LOOPBACK.contains(&range)
        {
            return Err(Error::ConsumerRange(range));
        }
        if !self.admin_listen.ip().is_loopback() {
            return Err(Error::AdminAddress(self.admin_listen));
        }
        let Some(tenant) = token::tenant(&self.provider_tenant) else {
            return Err(Error::Tenant(self.provider_tenant));
        };
        self.provider_tenant = tenant;
        if let Some(host) = self.public_host.take_if(|host| !is_host(host)) {
            return Err(Error::PublicHost(host));
        }
        Ok(self)
    }

    /// The names the server's certificate must be good for.
    pub(super) fn hosts(&self) -> Vec<String> {
        let mut hosts = vec![self.host()];
        if !self.listen.ip().is_unspecified() {
            hosts.push(self.listen.ip().to_string());
        }
        hosts
    }

    /// The host that clients use.
    fn host(&self) -> String {
        let address = match self.listen.ip() {
            IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            address => address,
        };
        self.public_host
            .clone()
            .unwrap_or_else(|| address.to_string())
    }

    /// The URL that clients use, given the port that was bound.
    pub(super) fn base_url(&self, port: u16) -> String {
        let host = self.host();
        match host.parse() {
            Ok(IpAddr::V6(_)) => format!("https://[{host}]:{port}"),
            Ok(IpAddr::V4(_)) | Err(_) => format!("https://{host}:{port}"),
        }
    }
}

impl From<world::Error> for Error {
    fn from(error: world::Error) -> Self {
        Self::Stopped(crate::chain::Chain(&error).to_string())
    }
}

/// Opens a listener on exactly `address`.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .await
        .map_err(|source| Error::Listen { address, source })
}

/// Opens a listener; port 0 means the port of the last time, kept in the file `memory`.
pub(super) async fn bind_remembered(
    mut address: SocketAddr,
    memory: &Path,
) -> Result<TcpListener, Error> {
    if address.port() != 0 {
        return bind(address).await;
    }
    if let Some(content) = private_file::read_private(memory)? {
        let port = std::str::from_utf8(&content)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        address.set_port(port.ok_or_else(|| Error::Port {
            path: memory.to_owned(),
        })?);
        return bind(address).await;
    }
    let listener = bind(address).await?;
    let port = listener
        .local_addr()
        .map_err(|source| Error::Listen { address, source })?
        .port();
    private_file::write_private(memory, port.to_string().as_bytes())?;
    Ok(listener)
}

/// Whether the text is an IP address or looks like a DNS name (RFC 1123 letters, digits, hyphens).
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.parse::<IpAddr>().is_ok() || (text.len() <= 253 && text.split('.').all(label))
}
