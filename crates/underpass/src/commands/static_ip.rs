//! `static-ip create|list|associate|dissociate|delete`

use serde_json::{Value, json};

use super::session::Session;
use crate::cli::span::WaitArgs;
use crate::cli::static_ip::StaticIpCommand;
use crate::client::{list, text};
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
                let id = text(&address, "static_ip_address_id")?.to_owned();
                address = wait_created(&session, &id, &args.wait).await?;
            }
            printer.row(&address, Layout::Sorted, &args.output)
        }
        StaticIpCommand::List(output) => {
            let answer = session.client.get(&base).await?;
            printer.rows(list(&answer, "static_ips")?, Layout::Sorted, &output)
        }
        StaticIpCommand::Associate(args) => {
            let path = [
                "project",
                &session.project,
                "static-ips",
                &args.id,
                "association",
            ];
            session
                .client
                .post(&path, json!({ "service_name": args.service }))
                .await?;
            Ok(())
        }
        StaticIpCommand::Dissociate(args) => {
            let path = [
                "project",
                &session.project,
                "static-ips",
                &args.id,
                "association",
            ];
            session.client.delete(&path).await?;
            Ok(())
        }
        StaticIpCommand::Delete(args) => delete(&session, &args.id).await,
    }
}

/// Creates an address.
pub(super) async fn create(session: &Session, cloud: &str) -> Result<Value, Failure> {
    let path = ["project", &session.project, "static-ips"];
    session
        .client
        .post(&path, json!({ "cloud_name": cloud }))
        .await
}

/// Deletes an address.
pub(super) async fn delete(session: &Session, id: &str) -> Result<(), Failure> {
    let path = ["project", &session.project, "static-ips", id];
    session.client.delete(&path).await?;
    Ok(())
}

async fn wait_created(session: &Session, id: &str, wait: &WaitArgs) -> Result<Value, Failure> {
    wait::until(
        &format!("static IP {id}"),
        wait,
        session.printer,
        async || {
            let path = ["project", &session.project, "static-ips"];
            let answer = session.client.get(&path).await?;
            let found = list(&answer, "static_ips")?
                .iter()
                .find(|address| {
                    address.get("static_ip_address_id").and_then(Value::as_str) == Some(id)
                })
                .ok_or_else(|| Failure::missing(format!("static IP {id} does not exist")))?;
            Ok(match text(found, "state")? {
                "creating" => Progress::Pending("creating".to_owned()),
                _ => Progress::Done(found.clone()),
            })
        },
    )
    .await
}
