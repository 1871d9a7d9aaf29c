//! `underpass emulate …`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use ipnet::Ipv4Net;

use super::span::span;

#[derive(Debug, Subcommand)]
pub(crate) enum EmulateCommand {
    /// Azure's network slice around Private Link, over HTTPS
    #[command(after_help = "\
Prints one line of JSON on stdout once it answers; ends on SIGTERM and SIGINT.

Example:
  underpass emulate azure --state azure-data --listen 127.0.0.1:8781")]
    Azure(EmulateAzureArgs),
}

#[derive(Debug, Args)]
pub(crate) struct EmulateAzureArgs {
    /// Where the cloud's API answers; port 0 picks a free one and keeps it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8781")]
    pub(crate) listen: SocketAddr,
    /// Where the admin routes answer
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) admin: SocketAddr,
    /// How long operations take
    #[arg(long, value_name = "SPAN", default_value = "1s", value_parser = span)]
    pub(crate) cloud_delay: Duration,
    /// Range whose endpoints carry bytes
    #[arg(long, value_name = "CIDR", default_value = "127.64.0.0/16")]
    pub(crate) consumer_cidr: Ipv4Net,
    /// The name clients use for this host
    #[arg(long, value_name = "HOST")]
    pub(crate) public_host: Option<String>,
    /// Where everything is kept
    #[arg(long = "state", value_name = "DIR")]
    pub(crate) state: PathBuf,
}
