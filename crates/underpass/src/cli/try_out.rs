//! `underpass try`

use std::net::SocketAddrV4;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::service::registration::UserArg;
use super::span::span;

#[derive(Debug, Args)]
#[command(after_help = "\
Does every step of both sides, the provider's and the consumer's, on emulated clouds, and says
each as the command a person could have typed. The last line, on stdout, is a client command that
works through the private endpoint.

Uses a running `up`; where there is none it starts one and stays until Ctrl-C. Trying again
changes nothing that is there already.

Examples:
  underpass try pg 127.0.0.1:5432
  underpass try redis 127.0.0.1:6379 --cloud google")]
pub(crate) struct TryArgs {
    /// Its type: pg, redis, mysql, grafana, …
    #[arg(value_name = "TYPE")]
    pub(crate) service_type: String,
    /// Where it listens on this machine
    #[arg(value_name = "ADDRESS:PORT")]
    pub(crate) at: SocketAddrV4,
    /// The emulated cloud it is offered in
    #[arg(long, default_value = "azure")]
    pub(crate) cloud: TryCloud,
    /// Name of the service and of the consumer's endpoint; type and port by default
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A login: NAME:@FILE with the password's file, `@-` for stdin
    #[arg(long = "user", value_name = "USER")]
    pub(crate) users: Vec<UserArg>,
    /// Whether it speaks TLS; asked of the service itself if left away
    #[arg(long)]
    pub(crate) tls: Option<Switch>,
    /// How long each step may take
    #[arg(long, value_name = "SPAN", default_value = "1m", value_parser = span)]
    pub(crate) timeout: Duration,
}

/// An emulated cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TryCloud {
    /// Azure Private Link
    Azure,
    /// Google Private Service Connect
    Google,
}

impl TryCloud {
    /// The word in paths and commands.
    pub(crate) const fn provider(self) -> &'static str {
        match self {
            Self::Azure => "azure",
            Self::Google => "google",
        }
    }
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}
