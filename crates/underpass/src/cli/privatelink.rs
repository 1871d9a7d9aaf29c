//! `underpass service privatelink …`

use clap::{Args, Subcommand};

use super::output::OutputArgs;
use super::service::ServiceConnectionsArgs;
use super::span::WaitArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum PrivatelinkCommand {
    /// List clouds where services can be offered privately
    Availability(OutputArgs),
    /// Azure Private Link
    #[command(subcommand)]
    Azure(AzureCommand),
    /// List every connection with its reason and what to do next
    Connections(ServiceConnectionsArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AzureCommand {
    /// Offer a service privately
    #[command(after_help = "Example:
  underpass service privatelink azure create pg-1 --user-subscription-id SUBSCRIPTION --wait
  underpass service update pg-1 -c privatelink_access.pg=true")]
    Create(AzureCreateArgs),
    /// Replace the list of subscriptions that may connect
    Update(AzureUpdateArgs),
    /// Show the link; its alias is what consumers need
    Get(AzureArgs),
    /// Remove the link and cut its connections
    Delete(AzureDeleteArgs),
    /// Look for new endpoints now
    Refresh(AzureRefreshArgs),
    /// Decide who may connect
    #[command(subcommand)]
    Connection(AzureConnectionCommand),
}

#[derive(Debug, Args)]
pub(crate) struct AzureCreateArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// A subscription that may connect; repeatable
    #[arg(long = "user-subscription-id", value_name = "SUBSCRIPTION_ID")]
    pub(crate) user_subscription_ids: Vec<String>,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AzureUpdateArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// A subscription that may connect; the same as --user-subscription-id
    #[arg(value_name = "SUBSCRIPTION_ID")]
    pub(crate) positional: Vec<String>,
    /// A subscription that may connect; repeatable
    #[arg(long = "user-subscription-id", value_name = "SUBSCRIPTION_ID")]
    pub(crate) user_subscription_ids: Vec<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AzureArgs {
    /// Name of the service
    pub(crate) service_name: String,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AzureRefreshArgs {
    /// Name of the service
    pub(crate) service_name: String,
}

#[derive(Debug, Args)]
pub(crate) struct AzureDeleteArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// Do not ask
    #[arg(long, visible_alias = "force")]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AzureConnectionCommand {
    /// List connections
    List(AzureArgs),
    /// Approve a connection
    #[command(after_help = "Example:
  underpass service privatelink azure connection approve pg-1 plc35843e80510")]
    Approve(AzureApproveArgs),
    /// Give the address of the endpoint in the consumer's network
    #[command(after_help = "Example:
  underpass service privatelink azure connection update pg-1 plc35843e80510 \\
      --endpoint-ip-address 127.64.0.4")]
    Update(AzureConnectionUpdateArgs),
    /// Reject a connection; established flows may be cut
    Reject(AzureRejectArgs),
    /// Let a rejected connection back in, approved
    Restore(AzureConnectionArgs),
}

/// A connection of a service.
#[derive(Debug, Args)]
pub(crate) struct ConnectionArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// The connection; see `connection list`
    #[arg(value_name = "CONNECTION_ID")]
    pub(crate) positional: Option<String>,
    /// The same as CONNECTION_ID
    #[arg(long, value_name = "CONNECTION_ID", conflicts_with = "positional")]
    pub(crate) privatelink_connection_id: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AzureConnectionArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AzureApproveArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// Set the endpoint's address as well, in one go
    #[arg(long, visible_alias = "user-ip-address", value_name = "IP_ADDRESS")]
    pub(crate) endpoint_ip_address: Option<String>,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AzureConnectionUpdateArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// The endpoint's address in the consumer's network
    #[arg(long, visible_alias = "user-ip-address", value_name = "IP_ADDRESS")]
    pub(crate) endpoint_ip_address: String,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AzureRejectArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// Do not ask
    #[arg(long, visible_alias = "force")]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
