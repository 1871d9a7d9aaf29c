//! `underpass service privatelink azure …`

use clap::{Args, Subcommand};

use super::connection::{
    ConnectionApproveArgs, ConnectionLabelArgs, ConnectionRejectArgs, ConnectionRestoreArgs,
    ConnectionUpdateArgs,
};
use super::link::{LinkArgs, LinkDeleteArgs};
use crate::cli::consent::ConsentArgs;
use crate::cli::output::OutputArgs;
use crate::cli::span::WaitArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum AzureCommand {
    /// Publish a service privately
    #[command(after_help = "Example:
  underpass service privatelink azure create pg-1 --user-subscription-id SUBSCRIPTION --wait
  underpass service update pg-1 -c privatelink_access.pg=true")]
    Create(AzureCreateArgs),
    /// Replace the list of allowed subscriptions
    Update(AzureUpdateArgs),
    /// Show the link and the alias that consumers connect to
    Get(LinkArgs),
    /// Delete the link and disconnect its connections
    Delete(LinkDeleteArgs),
    /// Discover new endpoints now
    Refresh(AzureRefreshArgs),
    /// Approve, reject and label connections
    #[command(subcommand)]
    Connection(AzureConnectionCommand),
}

#[derive(Debug, Args)]
pub(crate) struct AzureCreateArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// Subscription to allow; repeatable
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
    /// Subscription to allow; same as --user-subscription-id
    #[arg(value_name = "SUBSCRIPTION_ID")]
    pub(crate) positional: Vec<String>,
    /// Subscription to allow; repeatable
    #[arg(long = "user-subscription-id", value_name = "SUBSCRIPTION_ID")]
    pub(crate) user_subscription_ids: Vec<String>,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AzureRefreshArgs {
    /// Name of the service
    pub(crate) service_name: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AzureConnectionCommand {
    /// List connections
    List(LinkArgs),
    /// Approve a connection
    #[command(after_help = "Examples:
  underpass service privatelink azure connection approve pg-1 plc35843e80510
  underpass service privatelink azure connection approve pg-1 \\
      --privatelink-connection-id plc35843e80510 --user-ip-address 127.64.0.4")]
    Approve(ConnectionApproveArgs),
    /// Set the address of the endpoint in the consumer's network
    #[command(after_help = "Example:
  underpass service privatelink azure connection update pg-1 plc35843e80510 \\
      --endpoint-ip-address 127.64.0.4")]
    Update(ConnectionUpdateArgs),
    /// Reject a connection; established flows may be disconnected
    Reject(ConnectionRejectArgs),
    /// Approve a rejected connection again
    Restore(ConnectionRestoreArgs),
    /// Set the label of a connection
    #[command(after_help = "Example:
  underpass service privatelink azure connection label pg-1 plc35843e80510 'team blue'")]
    Label(ConnectionLabelArgs),
}
