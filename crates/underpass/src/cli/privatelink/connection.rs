//! Arguments of connections, the same for every cloud.

use clap::Args;

use crate::cli::consent::ConsentArgs;
use crate::cli::output::OutputArgs;
use crate::cli::span::WaitArgs;

#[derive(Debug, Args)]
pub(crate) struct ServiceConnectionsArgs {
    /// Name of the service
    pub(crate) service_name: String,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// A connection of a service.
#[derive(Debug, Args)]
pub(crate) struct ConnectionArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// Connection ID; `connection list` shows it
    #[arg(value_name = "CONNECTION_ID")]
    pub(crate) positional: Option<String>,
    /// Same as CONNECTION_ID
    #[arg(long, value_name = "CONNECTION_ID", conflicts_with = "positional")]
    pub(crate) privatelink_connection_id: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ConnectionRestoreArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ConnectionApproveArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// Same as --user-ip-address
    #[arg(value_name = "IP_ADDRESS")]
    pub(crate) address: Option<String>,
    /// Address of the endpoint in the consumer's network; required on Google, optional on Azure
    #[arg(
        long,
        visible_alias = "endpoint-ip-address",
        value_name = "IP_ADDRESS",
        conflicts_with = "address"
    )]
    pub(crate) user_ip_address: Option<String>,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ConnectionUpdateArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// Address of the endpoint in the consumer's network
    #[arg(long, visible_alias = "user-ip-address", value_name = "IP_ADDRESS")]
    pub(crate) endpoint_ip_address: String,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ConnectionRejectArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ConnectionLabelArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// Connection ID; `connection list` shows it
    pub(crate) connection_id: String,
    /// Label: up to 64 characters on one line
    #[arg(required_unless_present = "clear")]
    pub(crate) label: Option<String>,
    /// Remove the label
    #[arg(long, conflicts_with = "label")]
    pub(crate) clear: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl ConnectionApproveArgs {
    /// Returns the endpoint's address, given as argument or as flag.
    pub(crate) fn ip_address(&self) -> Option<&str> {
        self.address.as_deref().or(self.user_ip_address.as_deref())
    }
}
