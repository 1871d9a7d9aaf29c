//! `service privatelink …`

mod azure;
mod condition;
mod connection;
mod google;
mod link;
mod offer;

use serde_json::Value;

use self::link::{Kind, Link};
pub(super) use self::offer::Offer;
use super::{Session, service};
use crate::cli::privatelink::PrivatelinkCommand;
use crate::cli::service::ServiceConnectionsArgs;
use crate::client::{list, text};
use crate::failure::Failure;
use crate::table::Layout;

/// What is shown of a connection by our own routes.
const COLUMNS: &[&str] = &[
    "privatelink_connection_id",
    "label",
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
        PrivatelinkCommand::Azure(command) => azure::run(command, session).await,
        PrivatelinkCommand::Google(command) => google::run(command, session).await,
    }
}

/// Every connection of a service, the ones the compatible list hides included.
pub(super) async fn connections(
    session: &Session,
    args: &ServiceConnectionsArgs,
) -> Result<(), Failure> {
    let service = &args.service_name;
    let kind = kind_of(session, service).await?;
    let rows = Link::of(session, kind, service).all_connections().await?;
    session
        .printer
        .rows(&rows, Layout::Columns(COLUMNS), &args.output)
}

/// Says how the link of a service is, if it has one, and what a person can do next.
pub(super) async fn tell_condition(session: &Session, service: &Value) -> Result<(), Failure> {
    let (name, cloud) = (text(service, "service_name")?, text(service, "cloud_name")?);
    let Some(kind) = Kind::of_cloud(cloud) else {
        return Ok(());
    };
    let Some(link) = Link::of(session, kind, name).conditions().await? else {
        return Ok(());
    };
    let progress = condition::progress(&link);
    let told = format!("private link on {}: {progress}", kind.provider);
    session.printer.say(&told);
    if let Some(next) = &link.next_action {
        session.printer.say(&format!("hint: {next}"));
    }
    Ok(())
}

/// What links of a service are like: its cloud tells.
async fn kind_of(session: &Session, name: &str) -> Result<&'static Kind, Failure> {
    let service = service::fetch(session, name).await?;
    let cloud = text(&service, "cloud_name")?;
    Kind::of_cloud(cloud).ok_or_else(|| {
        Failure::refused(format!(
            "service {name} runs in {cloud}, where nothing is offered privately"
        ))
        .hint("`service privatelink availability` lists where it can be")
    })
}
