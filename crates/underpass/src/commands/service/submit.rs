//! Submission of a change of a service, after a confirmation if it cuts something.

use serde_json::{Map, Value};

use super::document::fetch;
use super::effects::Effects;
use super::registration::Registration;
use super::unregistered;
use crate::cli::consent::ConsentArgs;
use crate::commands::privatelink::flows;
use crate::commands::session::Session;
use crate::compatible::service::Service;
use crate::document::Document;
use crate::failure::Failure;

/// Error code of a list that was made from outdated nodes.
const NODES_CHANGED: &str = "nodes_changed";

/// Attempts if nodes change concurrently, as those of a new service do when they get their cloud
/// resources: 3.
const ATTEMPTS: usize = 3;

/// Sends the change of a service: `options` and the registration, which is based on `service`.
///
/// # Errors
/// A missing confirmation, or a refusal of the server.
pub(super) async fn send(
    session: &Session,
    mut service: Document<Service>,
    options: &Map<String, Value>,
    registration: &Registration,
    consent: ConsentArgs,
) -> Result<(), Failure> {
    let name = service.content.name.clone();
    let path = ["project", &session.project, "service", &name];
    let mut agreed = None;
    for attempt in 1.. {
        let mut body = options.clone();
        body.extend(registration.body(&service)?);
        let effects = Effects::new(&service.content, &body);
        if agreed.as_ref() != Some(&effects) {
            confirm(session, &service.content, &effects, consent).await?;
            agreed = Some(effects);
        }
        let answer = session.client.put(&path, Value::Object(body)).await;
        match answer {
            Err(failure) if failure.has_code(NODES_CHANGED) && attempt < ATTEMPTS => {
                service = fetch(session, &name).await?;
            }
            sent => {
                let options = options.get("user_config").and_then(Value::as_object);
                return sent.map(|answer| unregistered::warn(session.printer, &answer, options));
            }
        }
    }
    Ok(())
}

/// Shows the effects of a change, and asks if it replaces nodes or components, or closes a component
/// that connections use.
async fn confirm(
    session: &Session,
    service: &Service,
    effects: &Effects,
    consent: ConsentArgs,
) -> Result<(), Failure> {
    let printer = session.printer;
    for line in &effects.lines {
        printer.say(line);
    }
    if !effects.replaces && !effects.closes {
        return Ok(());
    }
    let cut = flows::of_service(session, service).await?;
    if !cut.is_empty() {
        printer.say("This cuts flows of these connections:");
        for line in &cut {
            printer.say(line);
        }
    } else if !effects.replaces {
        return Ok(());
    }
    printer.confirm(&format!("Change service {}", service.name), consent)
}
