//! `underpass cloud …`: the consumer's side.

pub(crate) mod azure;
pub(crate) mod endpoint;
pub(crate) mod google;

use clap::Subcommand;

use self::azure::AzureCloudCommand;
use self::google::GoogleCloudCommand;

#[derive(Debug, Subcommand)]
pub(crate) enum CloudCommand {
    /// Azure, emulated or real
    #[command(subcommand)]
    Azure(AzureCloudCommand),
    /// Google, emulated
    #[command(subcommand)]
    Google(GoogleCloudCommand),
}
