//! `underpass service privatelink …`

pub(crate) mod azure;
pub(crate) mod connection;
pub(crate) mod google;
pub(crate) mod link;

use clap::Subcommand;

use self::azure::AzureCommand;
use self::connection::ServiceConnectionsArgs;
use self::google::GoogleCommand;
use super::output::OutputArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum PrivatelinkCommand {
    /// List clouds in which services can be published privately
    Availability(OutputArgs),
    /// Manage Azure Private Link
    #[command(subcommand)]
    Azure(AzureCommand),
    /// Manage Google Private Service Connect
    #[command(subcommand)]
    Google(GoogleCommand),
    /// List every connection with its reason and next action
    Connections(ServiceConnectionsArgs),
}
