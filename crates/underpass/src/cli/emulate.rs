//! `underpass emulate …`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use ipnet::Ipv4Net;
use underpass_model::cloud::CloudName;

use super::loopback::{consumer_dns, loopback};
use super::region::{azure_region, google_region};
use super::span::span;
use super::weather::WeatherArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum EmulateCommand {
    /// Run emulated Azure: Private Link and its network resources, over HTTPS
    #[command(after_help = "\
Prints one line of JSON on stdout once it is ready; stops on SIGTERM and SIGINT.

Example:
  underpass emulate azure --state azure-data --listen 127.0.0.1:8781")]
    Azure(EmulateAzureArgs),
    /// Run emulated Google Cloud: Private Service Connect and its network resources, over HTTP
    #[command(after_help = "\
Prints one line of JSON on stdout once it is ready; stops on SIGTERM and SIGINT.

Example:
  underpass emulate google --state google-data --listen 127.0.0.1:8782 --proxy 127.0.0.1:0")]
    Google(EmulateGoogleArgs),
    /// Stand in for the machines of services, whose processes are on this machine
    #[command(after_help = "\
With real clouds, each node of a service is a virtual machine, and its operator registers its network
interface (Azure) or instance (Google). This command does so in emulated clouds: it makes one for each
node, leads it to the node's loopback address, and registers it. It needs an operator's access token;
stops on SIGTERM and SIGINT.

Example:
  underpass --data-dir /var/lib/underpass emulate machines --azure azure-data --google google-data")]
    Machines(EmulateMachinesArgs),
}

#[derive(Debug, Args)]
pub(crate) struct EmulateAzureArgs {
    /// Listen address of the cloud's API; port 0 chooses a free port and keeps it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8781")]
    pub(crate) listen: SocketAddr,
    /// Listen address of the admin routes
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) admin: SocketAddr,
    /// Listen address of an instance metadata service that gives the provider's token to every
    /// caller; omit for none
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metadata: Option<SocketAddr>,
    /// Listen address of a portal for consumers, on loopback; omit for no portal
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    pub(crate) portal: Option<SocketAddr>,
    /// Listen address, UDP and TCP, of a resolver for the private DNS zones that are linked to consumers'
    /// networks, on loopback; omit for no resolver
    #[arg(long, value_name = "ADDRESS", value_parser = consumer_dns)]
    pub(crate) consumer_dns: Option<SocketAddr>,
    /// Duration of operations
    #[arg(long, value_name = "SPAN", default_value = "1s", value_parser = span)]
    pub(crate) cloud_delay: Duration,
    /// Range of endpoint addresses that relay traffic
    #[arg(long, value_name = "CIDR", default_value = "127.64.0.0/16")]
    pub(crate) consumer_cidr: Ipv4Net,
    /// Allow a region that is newer than this version, such as azure-newregion; repeatable
    #[arg(
        long = "allow-region",
        value_name = "CLOUD",
        value_delimiter = ',',
        value_parser = azure_region
    )]
    pub(crate) further_regions: Vec<CloudName>,
    /// Host name that clients use for this machine
    #[arg(long, value_name = "HOST")]
    pub(crate) public_host: Option<String>,
    /// Create what `up` creates at its first start: a network for a consumer's endpoints, and the
    /// provider's resource group for static IP addresses
    #[arg(long)]
    pub(crate) prepared: bool,
    /// Record the exchanges with the cloud's API, without tokens, at the end of a file, one line of
    /// JSON each
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) weather: WeatherArgs,
    /// Data directory
    #[arg(long = "state", value_name = "DIR")]
    pub(crate) state: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct EmulateGoogleArgs {
    /// Listen address of the cloud's API; port 0 chooses a free port and keeps it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8782")]
    pub(crate) listen: SocketAddr,
    /// Listen address of the admin routes
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) admin: SocketAddr,
    /// Listen address of a proxy that answers for Google's host names, for unmodified clients; omit
    /// for no proxy
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) proxy: Option<SocketAddr>,
    /// Listen address of a metadata server that gives the provider's token to every caller; omit for
    /// no metadata server
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metadata: Option<SocketAddr>,
    /// Listen address of a portal for consumers, on loopback; omit for no portal
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    pub(crate) portal: Option<SocketAddr>,
    /// Duration of operations
    #[arg(long, value_name = "SPAN", default_value = "1s", value_parser = span)]
    pub(crate) cloud_delay: Duration,
    /// Time for which service attachments show old connections after a change
    #[arg(long, value_name = "SPAN", default_value = "1s", value_parser = span)]
    pub(crate) status_lag: Duration,
    /// Range of endpoint addresses that relay traffic
    #[arg(long, value_name = "CIDR", default_value = "127.64.0.0/16")]
    pub(crate) consumer_cidr: Ipv4Net,
    /// Allow a region that is newer than this version, such as google-newregion; repeatable
    #[arg(
        long = "allow-region",
        value_name = "CLOUD",
        value_delimiter = ',',
        value_parser = google_region
    )]
    pub(crate) further_regions: Vec<CloudName>,
    /// Project of the provider; every other project belongs to a consumer
    #[arg(long, value_name = "ID", default_value = "underpass-provider")]
    pub(crate) project: String,
    /// File with the provider's token, created if it does not exist [default: a file in --state]
    #[arg(long, value_name = "FILE")]
    pub(crate) provider_token_file: Option<PathBuf>,
    /// Key file of a service account that also identifies the provider
    #[arg(long, value_name = "FILE")]
    pub(crate) service_account: Option<PathBuf>,
    /// Create what `up` creates at its first start: a network for a consumer's endpoints
    #[arg(long)]
    pub(crate) prepared: bool,
    /// Record the exchanges with the cloud's API, without tokens, at the end of a file, one line of
    /// JSON each
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) weather: WeatherArgs,
    /// Data directory
    #[arg(long = "state", value_name = "DIR")]
    pub(crate) state: PathBuf,
}

#[derive(Debug, Args)]
#[group(id = "clouds", required = true, multiple = true)]
pub(crate) struct EmulateMachinesArgs {
    /// State directory of a running `emulate azure`
    #[arg(long, value_name = "DIR", group = "clouds")]
    pub(crate) azure: Option<PathBuf>,
    /// State directory of a running `emulate google`
    #[arg(long, value_name = "DIR", group = "clouds")]
    pub(crate) google: Option<PathBuf>,
}
