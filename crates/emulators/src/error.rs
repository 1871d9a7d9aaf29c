//! What can be wrong with an emulated cloud's options, its data directory and its running.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use error_reporter::Report;
use ipnet::Ipv4Net;

use crate::change::RestoreError;
use crate::{certificate_authority, emulated_network, ids, journal, private_file};

/// Why an emulated cloud cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Bytes would leave this machine, or could not arrive.
    #[error("use consumer range {0}: it must lie inside 127.0.0.0/8")]
    ConsumerRange(Ipv4Net),
    /// The admin routes would be open to other machines.
    #[error("listen for the admin routes on {0}: it must be a loopback address")]
    AdminAddress(SocketAddr),
    /// Azure: the provider's tenant is not a GUID.
    #[error("use provider tenant {0:?}: it must be a GUID")]
    Tenant(String),
    /// Azure: the public host name cannot stand in a URL and a certificate.
    #[error("use public host {0:?}: it must be a DNS name or an IP address, without port")]
    PublicHost(String),
    /// Google: the provider's project has an impossible id.
    #[error(
        "use provider project {0:?}: an id has 6 to 30 lower-case letters, digits and hyphens, \
         begins with a letter and does not end with a hyphen"
    )]
    Project(String),
    /// Google: an empty token would make everybody the provider.
    #[error("use the provider's token: it is empty; give one that nobody can guess")]
    EmptyToken,
    /// Google: the metadata server would give the provider's token to other machines.
    #[error("listen for the metadata server on {0}: it must be a loopback address")]
    MetadataAddress(SocketAddr),
    /// Google: the service account's key file cannot be used. Its content is never shown.
    #[error("use the service account's key file: {0}")]
    ServiceAccount(&'static str),
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
    Authority(#[from] certificate_authority::Error),
    /// The system gives no random bytes.
    #[error(transparent)]
    NoEntropy(#[from] ids::NoEntropy),
    /// The running cloud cannot go on; the reason is in its source.
    #[error("keep the emulated cloud running: {0}")]
    Stopped(String),
}

impl From<emulated_network::Error> for Error {
    fn from(error: emulated_network::Error) -> Self {
        Self::Stopped(Report::new(&error).to_string())
    }
}
