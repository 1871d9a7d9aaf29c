//! Documents of services: reading one, waiting for one.

use crate::cli::span::WaitArgs;
use crate::commands::session::Session;
use crate::compatible::service::{Service, ServiceAnswer};
use crate::document::Document;
use crate::failure::Failure;
use crate::wait::{self, Progress};

/// Reads the document of a service.
///
/// # Errors
/// A missing service, or another refusal of the server.
pub(in crate::commands) async fn fetch(
    session: &Session,
    service: &str,
) -> Result<Document<Service>, Failure> {
    let path = ["project", &session.project, "service", service];
    let answer: ServiceAnswer = session.client.read(&path).await?;
    Ok(answer.service)
}

/// Waits until a service is running.
///
/// # Errors
/// A missing service, another refusal of the server, or the end of the time limit.
pub(super) async fn wait_running(
    session: &Session,
    service: &str,
    wait: &WaitArgs,
) -> Result<Document<Service>, Failure> {
    wait::until(
        &format!("service {service}"),
        wait,
        session.printer,
        async || {
            let shown = fetch(session, service).await?;
            Ok(if shown.content.state == "RUNNING" {
                Progress::Done(shown)
            } else {
                Progress::Pending(shown.content.state)
            })
        },
    )
    .await
}
