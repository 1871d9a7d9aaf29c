//! `underpass cloud …`: the consumer's side.

pub(crate) mod azure;
pub(crate) mod endpoint;
pub(crate) mod google;

use clap::Subcommand;

use self::azure::AzureCloudCommand;
use self::google::GoogleCloudCommand;

#[derive(Debug, Subcommand)]
pub(crate) enum CloudCommand {
    /// Manage endpoints in Azure, emulated or real
    #[command(subcommand)]
    Azure(AzureCloudCommand),
    /// Manage endpoints in emulated Google Cloud
    #[command(subcommand)]
    Google(GoogleCloudCommand),
}
