//! `underpass emulate …`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use ipnet::Ipv4Net;

use super::loopback::loopback;
use super::span::span;

#[derive(Debug, Subcommand)]
pub(crate) enum EmulateCommand {
    /// Azure's network slice around Private Link, over HTTPS
    #[command(after_help = "\
Prints one line of JSON on stdout once it answers; ends on SIGTERM and SIGINT.

Example:
  underpass emulate azure --state azure-data --listen 127.0.0.1:8781")]
    Azure(EmulateAzureArgs),
    /// Google's network slice around Private Service Connect, over plain HTTP
    #[command(after_help = "\
Prints one line of JSON on stdout once it answers; ends on SIGTERM and SIGINT.

Example:
  underpass emulate google --state google-data --listen 127.0.0.1:8782 --proxy 127.0.0.1:0")]
    Google(EmulateGoogleArgs),
}

#[derive(Debug, Args)]
pub(crate) struct EmulateAzureArgs {
    /// Where the cloud's API answers; port 0 picks a free one and keeps it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8781")]
    pub(crate) listen: SocketAddr,
    /// Where the admin routes answer
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) admin: SocketAddr,
    /// Where a portal for consumers answers browsers, a loopback address; none if left away
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    pub(crate) portal: Option<SocketAddr>,
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

#[derive(Debug, Args)]
pub(crate) struct EmulateGoogleArgs {
    /// Where the cloud's API answers; port 0 picks a free one and keeps it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8782")]
    pub(crate) listen: SocketAddr,
    /// Where the admin routes answer
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) admin: SocketAddr,
    /// Where a proxy answers that plays Google's own hosts, for clients whose code cannot be
    /// changed; none if left away
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) proxy: Option<SocketAddr>,
    /// Where a metadata server gives the provider's token to whoever asks; none if left away
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metadata: Option<SocketAddr>,
    /// Where a portal for consumers answers browsers, a loopback address; none if left away
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    pub(crate) portal: Option<SocketAddr>,
    /// How long operations take
    #[arg(long, value_name = "SPAN", default_value = "1s", value_parser = span)]
    pub(crate) cloud_delay: Duration,
    /// How long service attachments go on showing old connections after a change
    #[arg(long, value_name = "SPAN", default_value = "1s", value_parser = span)]
    pub(crate) status_lag: Duration,
    /// Range whose endpoints carry bytes
    #[arg(long, value_name = "CIDR", default_value = "127.64.0.0/16")]
    pub(crate) consumer_cidr: Ipv4Net,
    /// The provider's project; any other is a consumer's
    #[arg(long, value_name = "ID", default_value = "underpass-provider")]
    pub(crate) project: String,
    /// File with the token that stands for the provider, drawn if there is none; by default in
    /// --state
    #[arg(long, value_name = "FILE")]
    pub(crate) provider_token_file: Option<PathBuf>,
    /// Key file of a service account that is the provider, too
    #[arg(long, value_name = "FILE")]
    pub(crate) service_account: Option<PathBuf>,
    /// Where everything is kept
    #[arg(long = "state", value_name = "DIR")]
    pub(crate) state: PathBuf,
}
