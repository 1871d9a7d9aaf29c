//! Connections that can carry flows, for commands that cut them.

use super::connection_line::line;
use super::link::{Kind, Link};
use crate::commands::session::Session;
use crate::compatible::service::Service;
use crate::failure::Failure;

/// Returns a line for each connection of a service that can carry flows.
///
/// # Errors
/// A refusal of the server other than a missing link.
pub(in crate::commands) async fn of_service(
    session: &Session,
    service: &Service,
) -> Result<Vec<String>, Failure> {
    let Some(kind) = Kind::of_cloud(&service.cloud) else {
        return Ok(Vec::new());
    };
    match Link::of(session, kind, &service.name)
        .all_connections()
        .await
    {
        Ok(connections) => Ok(connections
            .iter()
            .map(|it| &it.content)
            .filter(|it| it.can_carry_flows())
            .map(line)
            .collect()),
        Err(failure) if failure.is_missing() => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}
