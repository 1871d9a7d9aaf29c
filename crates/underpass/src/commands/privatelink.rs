//! `service privatelink …`

mod azure;
mod azure_connection;

pub(super) use self::azure_connection::shown;

use serde_json::Value;

use super::Session;
use crate::cli::privatelink::{AzureCommand, PrivatelinkCommand};
use crate::cli::service::ServiceConnectionsArgs;
use crate::client::list;
use crate::failure::Failure;
use crate::table::Layout;

/// What is shown of a connection by our own routes.
const COLUMNS: &[&str] = &[
    "privatelink_connection_id",
    "state",
    "name",
    "user_ip_address",
    "private_endpoint_id",
    "message",
    "reason",
    "next_action",
];

pub(super) async fn run(command: PrivatelinkCommand, session: &Session) -> Result<(), Failure> {
    match command {
        PrivatelinkCommand::Availability(output) => {
            let path = ["project", &session.project, "privatelink-availability"];
            let answer = session.client.get(&path).await?;
            let rows = list(&answer, "privatelink_availability")?;
            session.printer.rows(rows, Layout::Sorted, &output)
        }
        PrivatelinkCommand::Connections(args) => connections(session, &args).await,
        PrivatelinkCommand::Azure(AzureCommand::Connection(command)) => {
            azure_connection::run(command, session).await
        }
        PrivatelinkCommand::Azure(command) => azure::run(command, session).await,
    }
}

/// Every connection of a service, the ones the compatible list hides included.
pub(super) async fn connections(
    session: &Session,
    args: &ServiceConnectionsArgs,
) -> Result<(), Failure> {
    let rows = all_connections(session, &args.service_name).await?;
    session
        .printer
        .rows(&rows, Layout::Columns(COLUMNS), &args.output)
}

/// Every connection with what is known of it.
async fn all_connections(session: &Session, service: &str) -> Result<Vec<Value>, Failure> {
    let path = [
        "underpass",
        "project",
        &session.project,
        "service",
        service,
        "privatelink",
        "azure",
        "connections",
    ];
    let answer = session.client.get(&path).await?;
    Ok(list(&answer, "connections")?.to_vec())
}
