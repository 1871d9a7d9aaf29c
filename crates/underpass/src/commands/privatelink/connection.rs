//! `service privatelink … connection …`, the same for every cloud.

use serde_json::{Value, json};
use underpass_api_types::connection::ConnectionView;

use super::connection_line::line;
use super::link::{Kind, Link};
use crate::cli::privatelink::connection::{
    ConnectionApproveArgs, ConnectionArgs, ConnectionLabelArgs, ConnectionRejectArgs,
    ConnectionRestoreArgs, ConnectionUpdateArgs, ServiceConnectionsArgs,
};
use crate::cli::privatelink::link::LinkArgs;
use crate::cli::span::WaitArgs;
use crate::commands::service::document;
use crate::commands::session::Session;
use crate::compatible::connection::Connection;
use crate::document::{Document, raw_rows};
use crate::failure::Failure;
use crate::table::Layout;
use crate::wait::{self, Progress};

/// Columns of a connection in the documents of our own API.
const COLUMNS: &[&str] = &[
    "privatelink_connection_id",
    "label",
    "state",
    "name",
    "user_ip_address",
    "private_endpoint_id",
    "message",
    "reason",
    "next_action",
];

/// Prints every connection of a service, including those that the compatible list hides.
///
/// # Errors
/// A service without private links, another refusal of the server, or a failed output.
pub(in crate::commands) async fn list_all(
    session: &Session,
    args: &ServiceConnectionsArgs,
) -> Result<(), Failure> {
    let service = &args.service_name;
    let kind = kind_of(session, service).await?;
    let rows = raw_rows(Link::of(session, kind, service).all_connections().await?);
    session
        .printer
        .rows(&rows, Layout::Columns(COLUMNS), &args.output)
}

pub(super) async fn list(
    session: &Session,
    kind: &'static Kind,
    args: &LinkArgs,
) -> Result<(), Failure> {
    let link = Link::of(session, kind, &args.service_name);
    let rows = raw_rows(link.connections().await?);
    session
        .printer
        .rows(&rows, Layout::Columns(kind.columns), &args.output)
}

/// Returns the kind of a service's link, which depends on its cloud.
async fn kind_of(session: &Session, name: &str) -> Result<&'static Kind, Failure> {
    let service = document::fetch(session, name).await?;
    let cloud = service.content.cloud;
    Kind::of_cloud(&cloud).ok_or_else(|| {
        Failure::refused(format!(
            "service {name} runs in {cloud}, where services cannot be published privately"
        ))
        .hint("list the supported clouds with `underpass service privatelink availability`")
    })
}

/// Returns the ID of the given connection.
///
/// # Errors
/// No connection is given; the hint lists the existing ones.
pub(super) async fn chosen(link: &Link<'_>, args: &ConnectionArgs) -> Result<String, Failure> {
    if let Some(id) = args
        .positional
        .as_ref()
        .or(args.privatelink_connection_id.as_ref())
    {
        return Ok(id.clone());
    }
    let connections = link.connections().await?;
    let choices: Vec<String> = connections
        .iter()
        .map(|Document { content: it, .. }| format!("{} ({})", it.id, it.state))
        .collect();
    let hint = if choices.is_empty() {
        format!(
            "there are no connections; discover new endpoints with `underpass service privatelink {} \
             refresh {}`",
            link.kind.provider, link.service
        )
    } else {
        format!("connections: {}", choices.join(", "))
    };
    Err(Failure::usage("no connection given").hint(hint))
}

/// Approves a connection, and waits for one of the states if requested.
///
/// # Errors
/// A refusal of the server, the end of the time limit, or a failed output.
pub(super) async fn approve(
    link: &Link<'_>,
    id: &str,
    body: Value,
    desired_states: &[&str],
    args: &ConnectionApproveArgs,
) -> Result<(), Failure> {
    let at = [&link.path(&["connections"])[..], &[id, "approve"]].concat();
    let mut connection = link.session.client.post(&at, body).await?;
    if args.wait.wait {
        connection = wait_for(link, id, desired_states, &args.wait).await?;
    }
    link.session
        .printer
        .rows(&[connection], Layout::Sorted, &args.output)
}

pub(super) async fn update(
    session: &Session,
    kind: &'static Kind,
    args: &ConnectionUpdateArgs,
) -> Result<(), Failure> {
    let link = Link::of(session, kind, &args.connection.service_name);
    let id = chosen(&link, &args.connection).await?;
    let mut connection = set_address(&link, &id, &args.endpoint_ip_address).await?;
    if args.wait.wait {
        connection = wait_for(&link, &id, &["active"], &args.wait).await?;
    }
    session
        .printer
        .rows(&[connection], Layout::Sorted, &args.output)
}

/// Sets the endpoint's address in the consumer's network.
///
/// # Errors
/// A refusal of the server.
pub(super) async fn set_address(
    link: &Link<'_>,
    id: &str,
    address: &str,
) -> Result<Value, Failure> {
    let at = [&link.path(&["connections"])[..], &[id]].concat();
    let body = json!({ "user_ip_address": address });
    link.session.client.put(&at, body).await
}

pub(super) async fn reject(
    session: &Session,
    kind: &'static Kind,
    args: &ConnectionRejectArgs,
) -> Result<(), Failure> {
    let link = Link::of(session, kind, &args.connection.service_name);
    let id = chosen(&link, &args.connection).await?;
    if !args.consent.yes {
        let connections = link.all_connections().await?;
        let is_it = |one: &&Document<ConnectionView>| one.content.privatelink_connection_id == id;
        let found = connections.iter().find(is_it).map(|one| &one.content);
        let effect = match found {
            Some(connection) if !connection.can_carry_flows() => "It carries no flows.",
            _ => {
                "Its private name is removed and new flows are refused immediately. The cloud \
                 determines whether established flows are cut."
            }
        };
        session.printer.say(&format!(
            "This rejects connection {id} of {}. {effect}",
            link.service
        ));
        if let Some(connection) = found {
            session.printer.say(&line(connection));
        }
    }
    session
        .printer
        .confirm(&format!("Reject {id}"), args.consent)?;
    let connection = decide(&link, &id, "reject").await?;
    session
        .printer
        .rows(&[connection], Layout::Columns(COLUMNS), &args.output)
}

pub(super) async fn restore(
    session: &Session,
    kind: &'static Kind,
    args: &ConnectionRestoreArgs,
) -> Result<(), Failure> {
    let link = Link::of(session, kind, &args.connection.service_name);
    let id = chosen(&link, &args.connection).await?;
    let connection = decide(&link, &id, "restore").await?;
    session
        .printer
        .rows(&[connection], Layout::Columns(COLUMNS), &args.output)
}

/// Sets or removes the label of a connection.
///
/// # Errors
/// A refusal of the server, or a failed output.
pub(super) async fn label(
    session: &Session,
    kind: &'static Kind,
    args: &ConnectionLabelArgs,
) -> Result<(), Failure> {
    let link = Link::of(session, kind, &args.service_name);
    let base = link.path(&["connections"]);
    let at = [&["underpass"][..], &base, &[&args.connection_id, "label"]].concat();
    let connection = session
        .client
        .put(&at, json!({ "label": args.label }))
        .await?;
    session
        .printer
        .rows(&[connection], Layout::Columns(COLUMNS), &args.output)
}

/// Posts to one of our own routes: the compatible API has no rejection.
async fn decide(link: &Link<'_>, id: &str, verb: &str) -> Result<Value, Failure> {
    let base = link.path(&["connections"]);
    let at = [&["underpass"][..], &base, &[id, verb]].concat();
    link.session.client.post(&at, json!({})).await
}

/// Waits until a connection is in one of the states.
///
/// # Errors
/// A connection that is no longer listed, another refusal of the server, or the end of the time
/// limit.
pub(super) async fn wait_for(
    link: &Link<'_>,
    id: &str,
    states: &[&str],
    wait: &WaitArgs,
) -> Result<Value, Failure> {
    let what = format!("connection {id}");
    wait::until(&what, wait, link.session.printer, async || {
        let connections = link.connections().await?;
        let is_it = |one: &Document<Connection>| one.content.id == id;
        let found = connections.into_iter().find(is_it).ok_or_else(|| {
            Failure::refused(format!("connection {id} is no longer listed")).hint(format!(
                "show the reason with `underpass service privatelink connections {}`",
                link.service
            ))
        })?;
        let state = found.content.state;
        Ok(if states.contains(&state.as_str()) {
            Progress::Done(found.raw)
        } else {
            Progress::Pending(state)
        })
    })
    .await
}
