//! Progress and next action of a service's link, below the service.

use serde_json::Value;

use super::link::{Kind, Link};
use super::progress::progress;
use crate::client::text;
use crate::commands::session::Session;
use crate::failure::Failure;

/// Says how the link of a service is, if it has one, and what a person can do next.
pub(in crate::commands) async fn tell(session: &Session, service: &Value) -> Result<(), Failure> {
    let (name, cloud) = (text(service, "service_name")?, text(service, "cloud_name")?);
    let Some(kind) = Kind::of_cloud(cloud) else {
        return Ok(());
    };
    let Some(link) = Link::of(session, kind, name).conditions().await? else {
        return Ok(());
    };
    let how_far = progress(&link);
    let told = format!("private link on {}: {how_far}", kind.provider);
    session.printer.say(&told);
    if let Some(next) = &link.next_action {
        session.printer.say(&format!("hint: {next}"));
    }
    Ok(())
}
