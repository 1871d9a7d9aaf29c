//! `service privatelink …`

mod azure;
pub(super) mod connection;
mod connection_line;
pub(super) mod flows;
mod google;
mod link;
mod offer;
mod progress;
pub(super) mod summary;

pub(super) use self::offer::Offer;
use super::session::Session;
use crate::cli::privatelink::PrivatelinkCommand;
use crate::client::list;
use crate::failure::Failure;
use crate::table::Layout;

pub(super) async fn run(command: PrivatelinkCommand, session: &Session) -> Result<(), Failure> {
    match command {
        PrivatelinkCommand::Availability(output) => {
            let path = ["project", &session.project, "privatelink-availability"];
            let answer = session.client.get(&path).await?;
            let rows = list(&answer, "privatelink_availability")?;
            session.printer.rows(rows, Layout::Sorted, &output)
        }
        PrivatelinkCommand::Connections(args) => connection::list_all(session, &args).await,
        PrivatelinkCommand::Azure(command) => azure::run(command, session).await,
        PrivatelinkCommand::Google(command) => google::run(command, session).await,
    }
}
