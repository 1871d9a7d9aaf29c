//! Options of an emulated Azure.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::Ipv4Net;

use super::model::RoleAssignments;
use super::tenant;
use crate::error::Error;
use crate::listen;
use crate::secret::Secret;

/// Options of an emulated Azure.
#[derive(Debug, Clone)]
pub struct Options {
    /// Listen address of the cloud's API, over HTTPS. Port 0 chooses a free port and stores it in the
    /// data directory, because clients store URLs of operations.
    pub listen: SocketAddr,
    /// Listen address of the admin routes, over plain HTTP; a loopback address. Port 0 as for `listen`.
    pub admin_listen: SocketAddr,
    /// Listen address of the instance metadata service, which issues the provider's token to local
    /// processes; a loopback address; `None` disables it. Port 0 as for `listen`.
    pub metadata_listen: Option<SocketAddr>,
    /// Listen address, UDP and TCP, of the resolver of the consumers' networks; a loopback address; `None`
    /// disables it. Port 0 chooses a free port.
    pub consumer_dns: Option<SocketAddr>,
    /// Directory of all durable data; no other process may use it at the same time.
    pub data_dir: PathBuf,
    /// Duration of a long-running operation; with zero, writes are answered as finished.
    pub operation_delay: Duration,
    /// Regions that are accepted besides those of the list, by the provider's own names.
    pub further_regions: BTreeSet<String>,
    /// Range of the endpoint addresses that carry bytes, inside 127.0.0.0/8.
    pub consumer_cidr: Option<Ipv4Net>,
    /// The provider's tenant, a GUID.
    pub provider_tenant: String,
    /// Client ID of the provider's only service principal.
    pub provider_client: String,
    /// Client secret of that service principal.
    pub provider_secret: Secret,
    /// The provider's subscription.
    pub provider_subscription: String,
    /// Host name that clients use, if it is not the listen address.
    pub public_host: Option<String>,
    /// A further application of the provider's tenant, until admin routes replace the credentials and
    /// the assignments.
    pub application: Option<Application>,
}

/// An application that has exactly the actions of its roles.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its client ID.
    pub client_id: String,
    /// Its client secret.
    pub secret: Secret,
    /// The assignments in effect, its own among them.
    pub assignments: RoleAssignments,
}

// === impl Options ===

impl Options {
    /// Checks the options before anything is opened or written.
    pub(super) fn checked(mut self) -> Result<Self, Error> {
        listen::check(self.consumer_cidr, self.admin_listen)?;
        listen::check_metadata(self.metadata_listen)?;
        listen::check_consumer_dns(self.consumer_dns)?;
        let Some(tenant) = tenant::parse(&self.provider_tenant) else {
            return Err(Error::Tenant(self.provider_tenant));
        };
        self.provider_tenant = tenant;
        if let Some(host) = self.public_host.take_if(|host| !is_host(host)) {
            return Err(Error::PublicHost(host));
        }
        Ok(self)
    }

    /// Names that the server certificate must cover.
    pub(super) fn hosts(&self) -> Vec<String> {
        let mut hosts = vec![self.host()];
        if !self.listen.ip().is_unspecified() {
            hosts.push(self.listen.ip().to_string());
        }
        hosts
    }

    /// The host that clients use.
    fn host(&self) -> String {
        self.public_host
            .clone()
            .unwrap_or_else(|| listen::reachable(self.listen.ip()).to_string())
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

/// Reports whether the text is an IP address or a DNS name (RFC 1123: letters, digits, hyphens).
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.parse::<IpAddr>().is_ok() || (text.len() <= 253 && text.split('.').all(label))
}
