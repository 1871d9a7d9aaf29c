//! Documents of services: reading one, waiting for one.

use serde_json::Value;

use crate::cli::span::WaitArgs;
use crate::client::{member, text};
use crate::commands::session::Session;
use crate::failure::Failure;
use crate::wait::{self, Progress};

/// Reads the document of a service.
pub(in crate::commands) async fn fetch(session: &Session, service: &str) -> Result<Value, Failure> {
    let answer = session
        .client
        .get(&["project", &session.project, "service", service])
        .await?;
    Ok(member(&answer, "service")?.clone())
}

pub(super) async fn wait_running(
    session: &Session,
    service: &str,
    wait: &WaitArgs,
) -> Result<Value, Failure> {
    wait::until(
        &format!("service {service}"),
        wait,
        session.printer,
        async || {
            let shown = fetch(session, service).await?;
            Ok(match text(&shown, "state")? {
                "RUNNING" => Progress::Done(shown),
                state => Progress::Pending(state.to_owned()),
            })
        },
    )
    .await
}
