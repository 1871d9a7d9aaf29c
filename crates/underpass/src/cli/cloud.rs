//! `underpass cloud …`: the consumer's side.

use std::net::Ipv4Addr;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::output::OutputArgs;
use super::span::span;

#[derive(Debug, Subcommand)]
pub(crate) enum CloudCommand {
    /// Azure, emulated or real
    #[command(subcommand)]
    Azure(AzureCloudCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AzureCloudCommand {
    /// Private endpoints
    #[command(subcommand)]
    Endpoint(EndpointCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum EndpointCommand {
    /// Ask for a connection to a service
    #[command(after_help = "Example:
  underpass cloud azure endpoint create my-endpoint --message 'team blue' \\
      --target \"$(underpass service privatelink azure get pg-1 --format '{azure_service_alias}')\"")]
    Create(EndpointCreateArgs),
    /// Show an endpoint and its address
    Show(EndpointArgs),
    /// List endpoints
    List(EndpointListArgs),
    /// Remove an endpoint
    Delete(EndpointArgs),
}

/// Whose endpoints; the ready consumer of a running `up` by default.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ConsumerArgs {
    /// The consumer's subscription
    #[arg(long, value_name = "ID")]
    pub(crate) subscription: Option<String>,
    /// The consumer's tenant
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<String>,
    /// The consumer's resource group
    #[arg(long, value_name = "NAME")]
    pub(crate) resource_group: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EndpointCreateArgs {
    /// Name of the endpoint
    pub(crate) name: String,
    /// Alias or resource id of the published service
    #[arg(long, value_name = "ALIAS|ID")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) consumer: ConsumerArgs,
    /// Resource id of the subnet the endpoint lives in
    #[arg(long, value_name = "ID")]
    pub(crate) subnet: Option<String>,
    /// The endpoint's address; the subnet's next free one by default
    #[arg(long, value_name = "IP")]
    pub(crate) address: Option<Ipv4Addr>,
    /// What the provider reads, at most 140 characters
    #[arg(long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
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

#[derive(Debug, Args)]
pub(crate) struct EndpointArgs {
    /// Name of the endpoint
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) consumer: ConsumerArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EndpointListArgs {
    #[command(flatten)]
    pub(crate) consumer: ConsumerArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
