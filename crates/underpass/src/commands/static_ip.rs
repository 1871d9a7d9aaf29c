//! `static-ip create|list|associate|dissociate|delete`

use serde_json::json;

use super::session::Session;
use crate::cli::span::WaitArgs;
use crate::cli::static_ip::StaticIpCommand;
use crate::compatible::static_ip::{StaticIp, StaticIpList};
use crate::document::{Document, raw_rows};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::Layout;
use crate::wait::{self, Progress};

pub(super) async fn run(
    command: StaticIpCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let session = Session::open(settings, printer)?;
    let base = ["project", &session.project, "static-ips"];
    match command {
        StaticIpCommand::Create(args) => {
            let mut address = create(&session, &args.cloud).await?;
            if args.wait.wait {
                let id = address.content.id.clone();
                address = wait_created(&session, &id, &args.wait).await?;
            }
            printer.row(&address.raw, Layout::Sorted, &args.output)
        }
        StaticIpCommand::List(output) => {
            let answer: StaticIpList = session.client.read(&base).await?;
            printer.rows(&raw_rows(answer.static_ips), Layout::Sorted, &output)
        }
        StaticIpCommand::Associate(args) => associate(&session, &args.id, &args.service).await,
        StaticIpCommand::Dissociate(args) => dissociate(&session, &args.id).await,
        StaticIpCommand::Delete(args) => {
            let answer: StaticIpList = session.client.read(&base).await?;
            if !answer.static_ips.iter().any(|it| it.content.id == args.id) {
                return Err(
                    Failure::missing(format!("static IP {} does not exist", args.id))
                        .hint("list the addresses with `underpass static-ip list`"),
                );
            }
            if !args.consent.yes {
                printer.say(&format!(
                    "This releases static IP {}. Its address cannot be restored.",
                    args.id
                ));
            }
            printer.confirm(&format!("Delete static IP {}", args.id), args.consent)?;
            delete(&session, &args.id).await
        }
    }
}

/// Creates an address.
///
/// # Errors
/// A refusal of the server.
pub(super) async fn create(session: &Session, cloud: &str) -> Result<Document<StaticIp>, Failure> {
    let path = ["project", &session.project, "static-ips"];
    session
        .client
        .post_for(&path, json!({ "cloud_name": cloud }))
        .await
}

/// Associates an address with a service.
///
/// # Errors
/// A refusal of the server.
pub(super) async fn associate(session: &Session, id: &str, service: &str) -> Result<(), Failure> {
    let project = session.project.as_str();
    let path = ["project", project, "static-ips", id, "association"];
    let body = json!({ "service_name": service });
    session.client.post(&path, body).await.map(drop)
}

/// Ends the association of an address with its service.
///
/// # Errors
/// A refusal of the server.
pub(super) async fn dissociate(session: &Session, id: &str) -> Result<(), Failure> {
    let project = session.project.as_str();
    let path = ["project", project, "static-ips", id, "association"];
    session.client.delete(&path).await.map(drop)
}

/// Returns the IDs of the addresses that are associated with a service.
///
/// # Errors
/// A refusal of the server.
pub(super) async fn of_service(session: &Session, service: &str) -> Result<Vec<String>, Failure> {
    let path = ["project", &session.project, "static-ips"];
    let answer: StaticIpList = session.client.read(&path).await?;
    let associated = answer.static_ips.into_iter().map(|it| it.content);
    let associated = associated.filter(|it| it.service_name.as_deref() == Some(service));
    Ok(associated.map(|it| it.id).collect())
}

/// Deletes an address.
///
/// # Errors
/// A refusal of the server.
pub(super) async fn delete(session: &Session, id: &str) -> Result<(), Failure> {
    let path = ["project", &session.project, "static-ips", id];
    session.client.delete(&path).await?;
    Ok(())
}

async fn wait_created(
    session: &Session,
    id: &str,
    wait: &WaitArgs,
) -> Result<Document<StaticIp>, Failure> {
    wait::until(
        &format!("static IP {id}"),
        wait,
        session.printer,
        async || {
            let path = ["project", &session.project, "static-ips"];
            let answer: StaticIpList = session.client.read(&path).await?;
            let mut addresses = answer.static_ips.into_iter();
            let found = addresses.find(|it| it.content.id == id);
            let found =
                found.ok_or_else(|| Failure::missing(format!("static IP {id} does not exist")))?;
            Ok(match found.content.state.as_str() {
                "creating" => Progress::Pending("creating".to_owned()),
                _ => Progress::Done(found),
            })
        },
    )
    .await
}
