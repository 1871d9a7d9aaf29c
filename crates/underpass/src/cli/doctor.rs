//! `underpass doctor`

use std::net::SocketAddr;
use std::str::FromStr;

use clap::{Args, ValueEnum};

/// Text after the options.
pub(crate) const HELP: &str = "\
The control plane checks its half now: it lists the cloud, has the health of the backends read, and
compares approval, endpoint and zone. With a running `up`, or with --from-here, this program checks
what only a client sees: resolver, route, open ports, certificate. Run that on a machine in the
consumer's network. A hop that was not checked is said so, with the reason.

Without PLC the connection that needs an action most is checked.

Examples:
  underpass doctor pg-1
  underpass doctor pg-1 plc35843e80510 --component pgbouncer
  underpass doctor pg-1 --from-here            on a machine of the consumer
  underpass doctor pg-1 --json                 hops, the first broken one and its command

Exit codes: 0 no hop is broken, 1 a hop is broken, 2 usage error, 3 internal error.";

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// Connection to check
    #[arg(value_name = "PLC")]
    pub(crate) connection: Option<String>,
    /// Cloud of the private link; default: that of the service
    #[arg(long, value_enum)]
    pub(crate) cloud: Option<DoctorCloud>,
    /// Check only this component; default: all open ones
    #[arg(long, value_name = "COMPONENT")]
    pub(crate) component: Option<String>,
    /// Check resolver, route, ports and certificate from this machine, too; default with an `up` here
    #[arg(long)]
    pub(crate) from_here: bool,
    /// Ask this name server, or `system`; default: that of a running `up`, else the system's
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) dns: Option<Resolver>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Cloud of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorCloud {
    /// Azure Private Link
    Azure,
    /// Google Private Service Connect
    Google,
}

/// Resolver of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolver {
    /// The one that other programs of this machine use.
    System,
    /// A name server.
    Server(SocketAddr),
}

impl DoctorCloud {
    /// Returns the word in paths and commands.
    pub(crate) const fn provider(self) -> &'static str {
        match self {
            Self::Azure => "azure",
            Self::Google => "google",
        }
    }
}

impl FromStr for Resolver {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        /// Port of name servers (RFC 1035).
        const PORT: u16 = 53;
        if text == "system" {
            return Ok(Self::System);
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Server(address));
        }
        let ip = text.parse().map_err(|_| {
            "expected `system`, an address as 10.0.0.2, or one with a port as 127.0.0.1:8753"
                .to_owned()
        })?;
        Ok(Self::Server(SocketAddr::new(ip, PORT)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_is_the_system_or_a_name_server() {
        assert_eq!("system".parse(), Ok(Resolver::System));
        for (text, address) in [
            ("10.0.0.2", "10.0.0.2:53"),
            ("127.0.0.1:8753", "127.0.0.1:8753"),
            ("::1", "[::1]:53"),
        ] {
            let server = Resolver::Server(address.parse().unwrap());
            assert_eq!(text.parse(), Ok(server));
        }
        assert!("dns.example".parse::<Resolver>().is_err());
    }
}
