//! `underpass cloud azure …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::endpoint::{AskArgs, EndpointArgs, EndpointDeleteArgs, EndpointListArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum AzureCloudCommand {
    /// Manage private endpoints
    #[command(subcommand)]
    Endpoint(EndpointCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum EndpointCommand {
    /// Create an endpoint, which requests a connection to a service
    #[command(after_help = "Example:
  underpass cloud azure endpoint create my-endpoint --message 'team blue' \\
      --target \"$(underpass service privatelink azure get pg-1 --format '{azure_service_alias}')\"")]
    Create(EndpointCreateArgs),
    /// Show an endpoint and its address
    Show(EndpointArgs<ConsumerArgs>),
    /// List endpoints
    List(EndpointListArgs<ConsumerArgs>),
    /// Delete an endpoint
    Delete(EndpointDeleteArgs<ConsumerArgs>),
}

/// Consumer of the endpoints; by default the prepared consumer of a running `up`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ConsumerArgs {
    /// State directory of a running `emulate azure` [default: the emulated cloud of a running `up`]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Subscription of the consumer
    #[arg(long, value_name = "ID")]
    pub(crate) subscription: Option<String>,
    /// Tenant of the consumer
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<String>,
    /// Resource group of the consumer
    #[arg(long, value_name = "NAME")]
    pub(crate) resource_group: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EndpointCreateArgs {
    /// Name of the endpoint
    pub(crate) name: String,
    /// Alias or resource ID of the published service
    #[arg(long, value_name = "ALIAS|ID")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) consumer: ConsumerArgs,
    /// Resource ID of the endpoint's subnet
    #[arg(long, value_name = "ID")]
    pub(crate) subnet: Option<String>,
    /// Request message to the provider, at most 140 characters
    #[arg(long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}
