//! Arguments of endpoints, the same for every cloud.

use std::net::Ipv4Addr;
use std::time::Duration;

use clap::Args;

use crate::cli::consent::ConsentArgs;
use crate::cli::output::OutputArgs;
use crate::cli::span::span;

/// An endpoint of the consumer that `C` selects.
#[derive(Debug, Args)]
pub(crate) struct EndpointArgs<C: Args> {
    /// Name of the endpoint
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) consumer: C,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// An endpoint to delete.
#[derive(Debug, Args)]
pub(crate) struct EndpointDeleteArgs<C: Args> {
    /// Name of the endpoint
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) consumer: C,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

/// All endpoints of the consumer that `C` selects.
#[derive(Debug, Args)]
pub(crate) struct EndpointListArgs<C: Args> {
    #[command(flatten)]
    pub(crate) consumer: C,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Options of a new endpoint, the same in every cloud.
#[derive(Debug, Args)]
pub(crate) struct AskArgs {
    /// Address of the endpoint [default: the subnet's next free address]
    #[arg(long, value_name = "IP")]
    pub(crate) address: Option<Ipv4Addr>,
    /// Wait until the endpoint exists and has its address; always done
    #[arg(long)]
    pub(crate) wait: bool,
    /// Wait until the provider has approved the connection, too
    #[arg(long)]
    pub(crate) until_approved: bool,
    /// Longest time to wait for the approval
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "5m",
        value_parser = span,
        requires = "until_approved"
    )]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
