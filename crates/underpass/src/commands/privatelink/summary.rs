//! Progress and next action of a service's link, below the service.

use super::link::{Kind, Link};
use super::progress::progress;
use crate::commands::session::Session;
use crate::compatible::service::Service;
use crate::failure::Failure;

/// Prints progress and next action of the link of a service, if it has one.
///
/// # Errors
/// A refusal of the server other than a missing link.
pub(in crate::commands) async fn print(
    session: &Session,
    service: &Service,
) -> Result<(), Failure> {
    let Some(kind) = Kind::of_cloud(&service.cloud) else {
        return Ok(());
    };
    let Some(link) = Link::of(session, kind, &service.name).conditions().await? else {
        return Ok(());
    };
    let how_far = progress(&link);
    let message = format!("private link on {}: {how_far}", kind.provider);
    session.printer.say(&message);
    if let Some(next) = &link.next_action {
        session.printer.say(&format!("hint: {next}"));
    }
    Ok(())
}
