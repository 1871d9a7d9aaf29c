//! `service privatelink azure create|update|get|delete|refresh`

use serde_json::{Value, json};

use super::all_connections;
use crate::cli::privatelink::{
    AzureArgs, AzureCommand, AzureCreateArgs, AzureDeleteArgs, AzureUpdateArgs,
};
use crate::cli::span::WaitArgs;
use crate::client::text;
use crate::commands::Session;
use crate::failure::Failure;
use crate::table::Layout;
use crate::wait::{self, Look};

pub(super) async fn run(command: AzureCommand, session: &Session) -> Result<(), Failure> {
    match command {
        AzureCommand::Create(args) => create(session, &args).await,
        AzureCommand::Update(args) => update(session, &args).await,
        AzureCommand::Get(args) => get(session, &args).await,
        AzureCommand::Delete(args) => delete(session, &args).await,
        AzureCommand::Refresh(args) => {
            let path = [&path(session, &args.service_name)[..], &["refresh"]].concat();
            session.client.post(&path, json!({})).await?;
            Ok(())
        }
        AzureCommand::Connection(command) => super::azure_connection::run(command, session).await,
    }
}

/// The link's path.
pub(super) fn path<'a>(session: &'a Session, service: &'a str) -> [&'a str; 6] {
    [
        "project",
        &session.project,
        "service",
        service,
        "privatelink",
        "azure",
    ]
}

async fn create(session: &Session, args: &AzureCreateArgs) -> Result<(), Failure> {
    let path = path(session, &args.service_name);
    let body = json!({ "user_subscription_ids": args.user_subscription_ids });
    let mut link = session.client.post(&path, body).await?;
    if args.wait.wait {
        link = wait_active(session, &args.service_name, &args.wait).await?;
    }
    session.printer.rows(&[link], Layout::Sorted, &args.output)
}

async fn wait_active(session: &Session, service: &str, wait: &WaitArgs) -> Result<Value, Failure> {
    let path = path(session, service);
    wait::until(
        &format!("private link of {service}"),
        wait,
        session.printer,
        async || {
            let link = session.client.get(&path).await?;
            Ok(match text(&link, "state")? {
                "active" => Look::Done(link),
                state => Look::Not(state.to_owned()),
            })
        },
    )
    .await
}

async fn update(session: &Session, args: &AzureUpdateArgs) -> Result<(), Failure> {
    let listed: Vec<&String> = args
        .user_subscription_ids
        .iter()
        .chain(&args.positional)
        .collect();
    if listed.is_empty() {
        return Err(
            Failure::usage("no subscription given: that would close the link to everyone")
                .hint("name each subscription that may connect with --user-subscription-id"),
        );
    }
    let path = path(session, &args.service_name);
    let link = session
        .client
        .put(&path, json!({ "user_subscription_ids": listed }))
        .await?;
    session.printer.rows(&[link], Layout::Sorted, &args.output)
}

async fn get(session: &Session, args: &AzureArgs) -> Result<(), Failure> {
    let link = session
        .client
        .get(&path(session, &args.service_name))
        .await?;
    session.printer.rows(&[link], Layout::Sorted, &args.output)
}

async fn delete(session: &Session, args: &AzureDeleteArgs) -> Result<(), Failure> {
    let service = &args.service_name;
    if !args.yes {
        announce(session, service).await?;
    }
    session
        .printer
        .confirm(&format!("Delete the private link of {service}"), args.yes)?;
    let path = path(session, service);
    let link = session.client.delete(&path).await?;
    if args.wait.wait {
        let what = format!("private link of {service}");
        wait::until(&what, &args.wait, session.printer, async || {
            match session.client.get(&path).await {
                Ok(link) => Ok(Look::Not(text(&link, "state")?.to_owned())),
                Err(failure) if failure.is_missing() => Ok(Look::Done(())),
                Err(failure) => Err(failure),
            }
        })
        .await?;
    }
    session.printer.rows(&[link], Layout::Sorted, &args.output)
}

/// Says what a deletion cuts.
async fn announce(session: &Session, service: &str) -> Result<(), Failure> {
    let connections = all_connections(session, service).await?;
    session.printer.say(&format!(
        "This removes the private link of {service} and its alias for good; a new link gets \
         another one."
    ));
    if connections.is_empty() {
        session.printer.say("No consumer is connected.");
    } else {
        session.printer.say("It cuts:");
    }
    for connection in &connections {
        let part = |name: &str| connection.get(name).and_then(Value::as_str).unwrap_or("-");
        session.printer.say(&format!(
            "  {} ({}) of {}",
            part("privatelink_connection_id"),
            part("state"),
            part("private_endpoint_id")
        ));
    }
    Ok(())
}
