//! `underpass service privatelink google …`

use clap::{Args, Subcommand};

use super::connection::{
    ConnectionApproveArgs, ConnectionLabelArgs, ConnectionRejectArgs, ConnectionRestoreArgs,
    ConnectionUpdateArgs,
};
use super::link::{LinkArgs, LinkDeleteArgs};
use crate::cli::output::OutputArgs;
use crate::cli::span::WaitArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum GoogleCommand {
    /// Publish a service privately
    #[command(after_help = "Example:
  underpass service privatelink google create web-1 --wait
  underpass service update web-1 -c privatelink_access.grafana=true")]
    Create(GoogleCreateArgs),
    /// Show the link and the service attachment that consumers connect to
    Get(LinkArgs),
    /// Delete the link and disconnect its connections
    Delete(LinkDeleteArgs),
    /// Discover new endpoints now
    Refresh(LinkArgs),
    /// Approve, reject and label connections
    #[command(subcommand)]
    Connection(GoogleConnectionCommand),
}

#[derive(Debug, Args)]
pub(crate) struct GoogleCreateArgs {
    /// Name of the service
    pub(crate) service_name: String,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct GoogleConnectionListArgs {
    #[command(flatten)]
    pub(crate) link: LinkArgs,
    /// Show only the connection with this number, which the consumer reads at the endpoint
    #[arg(long, value_name = "ID")]
    pub(crate) psc_connection_id: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GoogleConnectionCommand {
    /// List connections
    #[command(after_help = "Example:
  underpass service privatelink google connection list web-1 --psc-connection-id 7209150543740931 \\
      --format '{privatelink_connection_id}'")]
    List(GoogleConnectionListArgs),
    /// Approve a connection and set its address, which Google does not report
    #[command(after_help = "Examples:
  underpass service privatelink google connection approve web-1 \\
      --privatelink-connection-id plc35843e80510 --user-ip-address 127.64.192.2
  underpass service privatelink google connection approve web-1 plc35843e80510 127.64.192.2")]
    Approve(ConnectionApproveArgs),
    /// Change the address of the endpoint in the consumer's network
    #[command(after_help = "Example:
  underpass service privatelink google connection update web-1 plc35843e80510 \\
      --user-ip-address 127.64.192.2")]
    Update(ConnectionUpdateArgs),
    /// Reject a connection; established flows may be disconnected
    Reject(ConnectionRejectArgs),
    /// Approve a rejected connection again
    Restore(ConnectionRestoreArgs),
    /// Set the label of a connection
    #[command(after_help = "Example:
  underpass service privatelink google connection label web-1 plc35843e80510 'team blue'")]
    Label(ConnectionLabelArgs),
}
