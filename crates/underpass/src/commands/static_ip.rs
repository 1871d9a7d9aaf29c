//! `static-ip create|list|get|associate|dissociate|delete`

use serde_json::{Value, json};
use underpass_api_types::static_ip::{StaticIpDetails, StaticIpPage};

use super::conditions::{is_table, say_conditions};
use super::session::Session;
use crate::cli::output::OutputArgs;
use crate::cli::span::WaitArgs;
use crate::cli::static_ip::StaticIpCommand;
use crate::compatible::static_ip::{StaticIp, StaticIpList};
use crate::document::{Document, raw_rows};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::Layout;
use crate::wait::{self, Progress};

/// Columns of one address.
const COLUMNS: &[&str] = &[
    "static_ip_address_id",
    "ip_address",
    "state",
    "cloud_name",
    "service_name",
];

/// Addresses of a page: 200, the most that the API answers.
const PAGE: &str = "200";

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
            printer.rows(&raw_rows(answer.static_ips), Layout::Sorted, &output)?;
            say_problems(&session, &output).await
        }
        StaticIpCommand::Get(args) => get(&session, &args.id, &args.output).await,
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

/// Prints an address with its name in the cloud.
async fn get(session: &Session, id: &str, output: &OutputArgs) -> Result<(), Failure> {
    let path = ["underpass", "project", &session.project, "static-ips", id];
    let found: Document<StaticIpDetails> = session.client.read(&path).await?;
    let mut raw = found.raw;
    let members = raw.get_mut("static_ip").map(Value::take);
    if let (Some(all), Some(Value::Object(members))) = (raw.as_object_mut(), members) {
        all.remove("static_ip");
        all.extend(members);
    }
    let layout = Layout::Detailed(COLUMNS, &["azure.*"]);
    session.printer.row(&raw, layout, output)?;
    if is_table(output) {
        let subject = format!("Static IP {id}");
        say_conditions(session.printer, &subject, &found.content.conditions);
    }
    Ok(())
}

/// Prints the conditions of addresses that are no mere progress, below a table.
async fn say_problems(session: &Session, output: &OutputArgs) -> Result<(), Failure> {
    if !is_table(output) {
        return Ok(());
    }
    let path = ["underpass", "project", &session.project, "static-ips"];
    let mut query = vec![("limit", PAGE.to_owned())];
    loop {
        let page: StaticIpPage = match session.client.read_with(&path, &query).await {
            Ok(page) => page,
            // A server of the compatible API alone.
            Err(failure) if failure.is_missing() => return Ok(()),
            Err(failure) => return Err(failure),
        };
        for row in page.static_ips {
            let subject = format!("Static IP {}", row.static_ip.static_ip_address_id);
            say_conditions(session.printer, &subject, &row.conditions);
        }
        let Some(after) = page.next_after else {
            return Ok(());
        };
        query.truncate(1);
        query.push(("after", after));
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
