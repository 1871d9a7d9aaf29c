//! `service privatelink azure connection …`

use serde_json::{Value, json};

use super::COLUMNS;
use super::azure::path;
use crate::cli::privatelink::{
    AzureApproveArgs, AzureConnectionArgs, AzureConnectionCommand, AzureConnectionUpdateArgs,
    AzureRejectArgs, ConnectionArgs,
};
use crate::cli::span::WaitArgs;
use crate::client::{list, text};
use crate::commands::Session;
use crate::failure::Failure;
use crate::table::Layout;
use crate::wait::{self, Look};

pub(super) async fn run(command: AzureConnectionCommand, session: &Session) -> Result<(), Failure> {
    match command {
        AzureConnectionCommand::List(args) => {
            let rows = shown(session, &args.service_name).await?;
            let columns = &[
                "privatelink_connection_id",
                "private_endpoint_id",
                "state",
                "user_ip_address",
            ];
            session
                .printer
                .rows(&rows, Layout::Columns(columns), &args.output)
        }
        AzureConnectionCommand::Approve(args) => approve(session, &args).await,
        AzureConnectionCommand::Update(args) => update(session, &args).await,
        AzureConnectionCommand::Reject(args) => reject(session, &args).await,
        AzureConnectionCommand::Restore(args) => restore(session, &args).await,
    }
}

/// The connections in the compatible API's list.
pub(in crate::commands) async fn shown(
    session: &Session,
    service: &str,
) -> Result<Vec<Value>, Failure> {
    let path = [&path(session, service)[..], &["connections"]].concat();
    let answer = session.client.get(&path).await?;
    Ok(list(&answer, "connections")?.to_vec())
}

/// The connection that was named, or the only one there is.
async fn chosen(session: &Session, args: &ConnectionArgs) -> Result<String, Failure> {
    if let Some(id) = args
        .positional
        .as_ref()
        .or(args.privatelink_connection_id.as_ref())
    {
        return Ok(id.clone());
    }
    let connections = shown(session, &args.service_name).await?;
    let choices: Result<Vec<String>, Failure> = connections
        .iter()
        .map(|connection| {
            let id = text(connection, "privatelink_connection_id")?;
            Ok(format!("{id} ({})", text(connection, "state")?))
        })
        .collect();
    let choices = choices?;
    let hint = if choices.is_empty() {
        "there is none yet; `service privatelink azure refresh` looks for new endpoints".to_owned()
    } else {
        format!("there are {}", choices.join(", "))
    };
    Err(Failure::usage("no connection named").hint(hint))
}

async fn approve(session: &Session, args: &AzureApproveArgs) -> Result<(), Failure> {
    let service = &args.connection.service_name;
    let id = chosen(session, &args.connection).await?;
    let base = path(session, service);
    let at = [&base[..], &["connections", &id, "approve"]].concat();
    let mut connection = session.client.post(&at, json!({})).await?;
    let mut enough: &[&str] = &["connected", "active"];
    if let Some(address) = &args.endpoint_ip_address {
        let at = [&base[..], &["connections", &id]].concat();
        connection = session
            .client
            .put(&at, json!({ "user_ip_address": address }))
            .await?;
        enough = &["active"];
    }
    if args.wait.wait {
        connection = wait_for(session, service, &id, enough, &args.wait).await?;
    }
    session
        .printer
        .rows(&[connection], Layout::Sorted, &args.output)
}

async fn update(session: &Session, args: &AzureConnectionUpdateArgs) -> Result<(), Failure> {
    let service = &args.connection.service_name;
    let id = chosen(session, &args.connection).await?;
    let at = [&path(session, service)[..], &["connections", &id]].concat();
    let body = json!({ "user_ip_address": args.endpoint_ip_address });
    let mut connection = session.client.put(&at, body).await?;
    if args.wait.wait {
        connection = wait_for(session, service, &id, &["active"], &args.wait).await?;
    }
    session
        .printer
        .rows(&[connection], Layout::Sorted, &args.output)
}

async fn reject(session: &Session, args: &AzureRejectArgs) -> Result<(), Failure> {
    let service = &args.connection.service_name;
    let id = chosen(session, &args.connection).await?;
    if !args.yes {
        session.printer.say(&format!(
            "This rejects connection {id} of {service}: its private name is gone at once and no \
             new flow is let in. Whether established flows are cut is the cloud's behaviour."
        ));
    }
    session.printer.confirm(&format!("Reject {id}"), args.yes)?;
    let connection = decide(session, service, &id, "reject").await?;
    session
        .printer
        .rows(&[connection], Layout::Columns(COLUMNS), &args.output)
}

async fn restore(session: &Session, args: &AzureConnectionArgs) -> Result<(), Failure> {
    let id = chosen(session, &args.connection).await?;
    let connection = decide(session, &args.connection.service_name, &id, "restore").await?;
    session
        .printer
        .rows(&[connection], Layout::Columns(COLUMNS), &args.output)
}

/// Uses one of our own routes: the compatible API has no rejection.
async fn decide(session: &Session, service: &str, id: &str, verb: &str) -> Result<Value, Failure> {
    let base = path(session, service);
    let at = [&["underpass"][..], &base, &["connections", id, verb]].concat();
    session.client.post(&at, json!({})).await
}

async fn wait_for(
    session: &Session,
    service: &str,
    id: &str,
    states: &[&str],
    wait: &WaitArgs,
) -> Result<Value, Failure> {
    wait::until(
        &format!("connection {id}"),
        wait,
        session.printer,
        async || {
            let connections = shown(session, service).await?;
            let found = connections
                .into_iter()
                .find(|one| {
                    one.get("privatelink_connection_id").and_then(Value::as_str) == Some(id)
                })
                .ok_or_else(|| {
                    Failure::refused(format!("connection {id} is not listed any more")).hint(
                        format!("`service privatelink connections {service}` tells why"),
                    )
                })?;
            let state = text(&found, "state")?.to_owned();
            Ok(if states.contains(&state.as_str()) {
                Look::Done(found)
            } else {
                Look::Not(state)
            })
        },
    )
    .await
}
