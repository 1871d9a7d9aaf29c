//! `underpass try`

use std::net::SocketAddrV4;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::service::registration::UserArg;
use super::span::span;

#[derive(Debug, Args)]
#[command(after_help = "\
Performs every step of the provider and of the consumer on emulated clouds, and prints each as the
equivalent command. The last line, on stdout, is a client command that works through the private
endpoint.

Uses a running `up`. If none is running, starts one and keeps it running until Ctrl-C. A repeated
run changes nothing that exists already.

Examples:
  underpass try pg 127.0.0.1:5432
  underpass try redis 127.0.0.1:6379 --cloud google")]
pub(crate) struct TryArgs {
    /// Service type: pg, redis, mysql, grafana, …
    #[arg(value_name = "TYPE")]
    pub(crate) service_type: String,
    /// Listen address of the service on this machine
    #[arg(value_name = "ADDRESS:PORT")]
    pub(crate) at: SocketAddrV4,
    /// Emulated cloud to publish it in
    #[arg(long, default_value = "azure")]
    pub(crate) cloud: TryCloud,
    /// Name of the service and of the consumer's endpoint [default: TYPE-PORT]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// User: NAME:@FILE with the password's file, `@-` for stdin
    #[arg(long = "user", value_name = "USER")]
    pub(crate) users: Vec<UserArg>,
    /// TLS of the service [default: detected by a connection to the service]
    #[arg(long)]
    pub(crate) tls: Option<Switch>,
    /// Longest time for each step
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
    /// Returns the word in paths and commands.
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
    /// Switched on.
    On,
    /// Switched off.
    Off,
}
