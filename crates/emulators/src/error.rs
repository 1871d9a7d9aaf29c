//! Errors of emulated clouds: options, data directory and operation.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use error_reporter::Report;
use ipnet::Ipv4Net;
use underpass_private_file as private_file;

use crate::change::RestoreError;
use crate::{certificate_authority, emulated_network, ids, journal};

/// An emulated cloud cannot start or has stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The consumer range is not on the loopback interface.
    #[error("invalid consumer range {0}. It must be inside 127.0.0.0/8")]
    ConsumerRange(Ipv4Net),
    /// The admin routes would be reachable from other machines.
    #[error("invalid admin address {0}. It must be a loopback address")]
    AdminAddress(SocketAddr),
    /// Azure: the provider's tenant is not a GUID.
    #[error("invalid provider tenant {0:?}. It must be a GUID")]
    Tenant(String),
    /// Azure: the public host name cannot stand in a URL and a certificate.
    #[error("invalid public host {0:?}. It must be a DNS name or an IP address, without port")]
    PublicHost(String),
    /// Google: the ID of the provider's project is not valid.
    #[error(
        "invalid provider project {0:?}. A project ID has 6 to 30 lower-case letters, digits and \
         hyphens, begins with a letter and does not end with a hyphen"
    )]
    Project(String),
    /// Google: with an empty token every caller would be the provider.
    #[error("the provider's token is empty. Use a random token")]
    EmptyToken,
    /// The metadata server would give the provider's token to other machines.
    #[error("invalid metadata server address {0}. It must be a loopback address")]
    MetadataAddress(SocketAddr),
    /// Azure: the resolver of the consumers' networks would answer other machines.
    #[error("invalid address {0} of the consumers' resolver. It must be a loopback address")]
    ConsumerDnsAddress(SocketAddr),
    /// Azure: the resolver of the consumers' networks cannot listen.
    #[error("failed to start the resolver of the consumers' networks")]
    ConsumerDns(#[source] underpass_net::dns::Error),
    /// Google: the service account's key file cannot be used. Its content is never shown.
    #[error("invalid key file of the service account: {0}")]
    ServiceAccount(&'static str),
    /// A listener could not be opened.
    #[error(
        "failed to listen on {address}. Stop the program that uses it, or choose another address or port"
    )]
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// Error of the operating system.
        #[source]
        source: io::Error,
    },
    /// The file for recorded exchanges cannot be opened.
    #[error("failed to open {} to record exchanges. Choose a file in a directory that you may write", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        #[source]
        source: io::Error,
    },
    /// The port file in the data directory is not valid.
    #[error("{} does not contain a port. Remove the file to choose a new port", path.display())]
    Port {
        /// The file.
        path: PathBuf,
    },
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] private_file::Error),
    /// The journal cannot be read or written.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// The journal contains state of another version.
    #[error("failed to restore the emulated cloud from its journal")]
    Restore(#[from] RestoreError),
    /// The certificate for HTTPS cannot be created or read.
    #[error(transparent)]
    Authority(#[from] certificate_authority::Error),
    /// The system gives no random bytes.
    #[error(transparent)]
    NoEntropy(#[from] ids::NoEntropy),
    /// The running cloud has failed, for the reason given.
    #[error("the emulated cloud has stopped: {0}")]
    Stopped(String),
}

impl From<emulated_network::Error> for Error {
    fn from(error: emulated_network::Error) -> Self {
        Self::Stopped(Report::new(&error).to_string())
    }
}
