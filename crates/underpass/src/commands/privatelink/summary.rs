//! Progress and next action of a service's link, below the service.

use serde_json::Value;

use super::link::{Kind, Link};
use super::progress::progress;
use crate::client::text;
use crate::commands::session::Session;
use crate::failure::Failure;

/// Prints progress and next action of the link of a service, if it has one.
pub(in crate::commands) async fn print(session: &Session, service: &Value) -> Result<(), Failure> {
    let (name, cloud) = (text(service, "service_name")?, text(service, "cloud_name")?);
    let Some(kind) = Kind::of_cloud(cloud) else {
        return Ok(());
    };
    let Some(link) = Link::of(session, kind, name).conditions().await? else {
        return Ok(());
    };
    let how_far = progress(&link);
    let line = format!("private link on {}: {how_far}", kind.provider);
    session.printer.say(&line);
    if let Some(next) = &link.next_action {
        session.printer.say(&format!("hint: {next}"));
    }
    Ok(())
}
