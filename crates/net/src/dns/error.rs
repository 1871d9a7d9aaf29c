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
    /// A name server cannot be one.
    #[error("serve a zone with the name server {name:?}: {reason}")]
    NameServer {
        /// The requested name server.
        name: String,
        /// The rule that refuses it.
        reason: &'static str,
    },
    /// The contact is not a mail address.
    #[error(
        "serve a zone with the contact {contact:?}: it must be a mail address, for instance \
         hostmaster@example.com"
    )]
    Contact {
        /// The requested contact.
        contact: String,
    },
    /// The name of a key is not a domain name.
    #[error(
        "use the TSIG key {name:?}: its name must be a host name, for instance key1.example.com"
    )]
    KeyName {
        /// The requested name.
        name: String,
    },
    /// There is no address to listen on.
    #[error("listen for DNS: no address is given")]
    NoListener,
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
