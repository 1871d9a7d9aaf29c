//! `service privatelink azure …`

use serde_json::json;

use super::connection;
use super::connection_line::line;
use super::link::{AZURE, Link};
use crate::cli::consent::ConsentArgs;
use crate::cli::privatelink::azure::{AzureCommand, AzureConnectionCommand, AzureUpdateArgs};
use crate::cli::privatelink::connection::ConnectionApproveArgs;
use crate::commands::session::Session;
use crate::failure::Failure;
use crate::table::Layout;

pub(super) async fn run(command: AzureCommand, session: &Session) -> Result<(), Failure> {
    match command {
        AzureCommand::Create(args) => {
            let body = json!({ "user_subscription_ids": args.user_subscription_ids });
            let link = Link::of(session, &AZURE, &args.service_name);
            link.create(body, &args.wait, &args.output).await
        }
        AzureCommand::Update(args) => update(session, &args).await,
        AzureCommand::Get(args) => {
            let link = Link::of(session, &AZURE, &args.service_name);
            link.get(&args.output).await
        }
        AzureCommand::Delete(args) => {
            let link = Link::of(session, &AZURE, &args.service_name);
            link.delete(&args).await
        }
        AzureCommand::Refresh(args) => {
            let link = Link::of(session, &AZURE, &args.service_name);
            link.refresh().await.map(drop)
        }
        AzureCommand::Connection(command) => decide(command, session).await,
    }
}

async fn decide(command: AzureConnectionCommand, session: &Session) -> Result<(), Failure> {
    match command {
        AzureConnectionCommand::List(args) => connection::list(session, &AZURE, &args).await,
        AzureConnectionCommand::Approve(args) => approve(session, &args).await,
        AzureConnectionCommand::Update(args) => connection::update(session, &AZURE, &args).await,
        AzureConnectionCommand::Reject(args) => connection::reject(session, &AZURE, &args).await,
        AzureConnectionCommand::Restore(args) => connection::restore(session, &AZURE, &args).await,
        AzureConnectionCommand::Label(args) => connection::label(session, &AZURE, &args).await,
    }
}

async fn update(session: &Session, args: &AzureUpdateArgs) -> Result<(), Failure> {
    let listed: Vec<&String> = args
        .user_subscription_ids
        .iter()
        .chain(&args.positional)
        .collect();
    if listed.is_empty() {
        return Err(
            Failure::usage("no subscription given, which would deny every consumer")
                .hint("give each allowed subscription with --user-subscription-id"),
        );
    }
    let link = Link::of(session, &AZURE, &args.service_name);
    confirm_rejections(&link, &listed, args.consent).await?;
    let path = link.path(&[]);
    let link = session
        .client
        .put(&path, json!({ "user_subscription_ids": listed }))
        .await?;
    session.printer.rows(&[link], Layout::Sorted, &args.output)
}

/// Shows the pending connections that a new list of subscriptions rejects, and asks.
async fn confirm_rejections(
    link: &Link<'_>,
    listed: &[&String],
    consent: ConsentArgs,
) -> Result<(), Failure> {
    if consent.yes {
        return Ok(());
    }
    let connections = link.all_connections().await?;
    let is_listed = |id: &String| listed.iter().any(|one| one.eq_ignore_ascii_case(id));
    let rejected: Vec<_> = connections
        .iter()
        .map(|it| &it.content)
        .filter(|it| it.is_pending() && !it.subscription_id.as_ref().is_some_and(is_listed))
        .collect();
    if rejected.is_empty() {
        return Ok(());
    }
    let printer = link.session.printer;
    printer.say("These pending connections come from other subscriptions and are rejected:");
    for connection in rejected {
        printer.say(&line(connection));
    }
    printer.confirm(
        &format!("Replace the subscriptions of {}", link.service),
        consent,
    )
}

/// Approves, with the address if given.
async fn approve(session: &Session, args: &ConnectionApproveArgs) -> Result<(), Failure> {
    let link = Link::of(session, &AZURE, &args.connection.service_name);
    let id = connection::chosen(&link, &args.connection).await?;
    let (body, desired_states): (_, &[&str]) = match args.ip_address() {
        Some(address) => (json!({ "user_ip_address": address }), &["active"]),
        None => (json!({}), &["connected", "active"]),
    };
    connection::approve(&link, &id, body, desired_states, args).await
}
