//! Errors of starting a DNS server.

use std::io;
use std::net::IpAddr;

use crate::addr::ListenAddr;

/// An error of starting a DNS server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The domain is not a valid zone name.
    #[error(
        "serve the domain {domain:?}: it must be a host name of at most 200 characters, with \
         labels of letters, digits and hyphens; for instance underpass.test"
    )]
    Domain {
        /// The requested domain.
        domain: String,
    },
    /// The operating system refused the address.
    #[error("listen for DNS over {transport} on {listen}. Choose an unused address and port")]
    Listen {
        /// The requested address.
        listen: ListenAddr,
        /// `UDP` or `TCP`.
        transport: &'static str,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
    /// No port was unused for both UDP and TCP.
    #[error("find a port on {ip} that is unused for UDP and TCP. Choose a port")]
    NoPortPair {
        /// The requested IP address.
        ip: IpAddr,
    },
}
