//! Arguments of endpoints, the same for every cloud.

use std::net::Ipv4Addr;
use std::time::Duration;

use clap::Args;

use crate::cli::output::OutputArgs;
use crate::cli::span::span;

/// An endpoint; `C` says whose.
#[derive(Debug, Args)]
pub(crate) struct EndpointArgs<C: Args> {
    /// Name of the endpoint
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) consumer: C,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// All endpoints; `C` says whose.
#[derive(Debug, Args)]
pub(crate) struct EndpointListArgs<C: Args> {
    #[command(flatten)]
    pub(crate) consumer: C,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// How an endpoint is asked for, whatever the cloud.
#[derive(Debug, Args)]
pub(crate) struct AskArgs {
    /// The endpoint's address; the subnet's next free one by default
    #[arg(long, value_name = "IP")]
    pub(crate) address: Option<Ipv4Addr>,
    /// Wait until it is made and has its address; done in any case
    #[arg(long)]
    pub(crate) wait: bool,
    /// Wait until the provider has approved it, too
    #[arg(long)]
    pub(crate) until_approved: bool,
    /// How long to wait for the approval at most
    #[arg(long, value_name = "SPAN", default_value = "5m", value_parser = span)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
