//! `underpass cloud …`: the consumer's side.

pub(crate) mod azure;
pub(crate) mod google;

use std::net::Ipv4Addr;
use std::time::Duration;

use clap::{Args, Subcommand};

use self::azure::AzureCloudCommand;
use self::google::GoogleCloudCommand;
use super::output::OutputArgs;
use super::span::span;

#[derive(Debug, Subcommand)]
pub(crate) enum CloudCommand {
    /// Azure, emulated or real
    #[command(subcommand)]
    Azure(AzureCloudCommand),
    /// Google, emulated
    #[command(subcommand)]
    Google(GoogleCloudCommand),
}

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
