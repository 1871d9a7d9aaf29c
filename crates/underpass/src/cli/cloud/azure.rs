//! `underpass cloud azure …`

use clap::{Args, Subcommand};

use super::endpoint::{AskArgs, EndpointArgs, EndpointListArgs};

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
    Show(EndpointArgs<ConsumerArgs>),
    /// List endpoints
    List(EndpointListArgs<ConsumerArgs>),
    /// Remove an endpoint
    Delete(EndpointArgs<ConsumerArgs>),
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
    /// What the provider reads, at most 140 characters
    #[arg(long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}
