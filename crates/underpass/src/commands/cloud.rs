//! `cloud …`

mod approval;
mod azure_endpoint;
mod deletion;
mod google_endpoint;
mod no_network;

use crate::cli::cloud::CloudCommand;
use crate::cli::cloud::azure::AzureCloudCommand;
use crate::cli::cloud::google::GoogleCloudCommand;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;

pub(super) async fn run(
    command: CloudCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    match command {
        CloudCommand::Azure(AzureCloudCommand::Endpoint(command)) => {
            azure_endpoint::run(command, settings, printer).await
        }
        CloudCommand::Google(GoogleCloudCommand::Endpoint(command)) => {
            google_endpoint::run(command, settings, printer).await
        }
    }
}
