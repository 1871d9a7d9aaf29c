//! `recovery show|adopt|resume|orphans|remove`

mod orphan;

use serde_json::{Value, json};
use underpass_api_types::recovery::{HeldAccountView, RecoveryView, SettledView};

use crate::cli::output::OutputArgs;
use crate::cli::recovery::{RecoveryAdoptArgs, RecoveryCommand, RecoveryResumeArgs};
use crate::client::Client;
use crate::document::Document;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::{self, Layout};

/// Path of the routes.
const RECOVERY: [&str; 2] = ["underpass", "recovery"];

/// Columns of differences.
const DIFFERENCES: &[&str] = &[
    "account",
    "service",
    "link_id",
    "privatelink_connection_id",
    "cloud",
    "store",
    "endpoint",
];

/// Columns of settled connections.
const SETTLED: &[&str] = &[
    "privatelink_connection_id",
    "decision",
    "user_ip_address",
    "endpoint",
];

pub(super) async fn run(
    command: RecoveryCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let client = Client::new(settings.target()?)?;
    match command {
        RecoveryCommand::Show(output) => show(&client, &output, printer).await,
        RecoveryCommand::Adopt(args) => adopt(&client, &args, printer).await,
        RecoveryCommand::Resume(args) => resume(&client, &args, printer).await,
        RecoveryCommand::Orphans(output) => orphan::list(&client, &output, printer).await,
        RecoveryCommand::Remove(args) => orphan::remove(&client, args, printer).await,
    }
}

async fn show(client: &Client, output: &OutputArgs, printer: Printer) -> Result<(), Failure> {
    let answer: Document<RecoveryView> = client.read(&RECOVERY).await?;
    if output.json {
        return printer.row(&answer.raw, Layout::Columns(DIFFERENCES), output);
    }
    let accounts = &answer.content.accounts;
    if accounts.is_empty() {
        return printer.data("No account is on hold: the store is not older than a cloud");
    }
    let rows: Vec<Value> = accounts.iter().flat_map(rows).collect();
    printer.rows(&rows, Layout::Columns(DIFFERENCES), output)?;
    for account in accounts {
        printer.say(&next_step(account));
    }
    Ok(())
}

async fn adopt(client: &Client, args: &RecoveryAdoptArgs, printer: Printer) -> Result<(), Failure> {
    let body = json!({"link_id": args.link, "connections": args.connections});
    let path = [RECOVERY[0], RECOVERY[1], &args.account, "adopt"];
    settled(&client.post_for(&path, body).await?, &args.output, printer)
}

async fn resume(
    client: &Client,
    args: &RecoveryResumeArgs,
    printer: Printer,
) -> Result<(), Failure> {
    if args.overrule {
        let held: Document<RecoveryView> = client.read(&RECOVERY).await?;
        let accounts = held.content.accounts.iter();
        let left: Vec<_> = accounts
            .filter(|held| held.account == args.account)
            .flat_map(rows)
            .collect();
        if !left.is_empty() {
            printer.say(
                "These differences get the decision of the store. A connection that the store does \
                 not have as approved is rejected, which cuts its flows:",
            );
            for line in table::draw(&left, Layout::Columns(DIFFERENCES)) {
                printer.say(&line);
            }
            let question = format!("Overrule what account {} shows", args.account);
            printer.confirm(&question, args.consent)?;
        }
    }
    let body = json!({"overrule": args.overrule});
    let path = [RECOVERY[0], RECOVERY[1], &args.account, "resume"];
    settled(&client.post_for(&path, body).await?, &args.output, printer)?;
    printer.say(&format!("The work of account {} goes on", args.account));
    Ok(())
}

fn settled(
    answer: &Document<SettledView>,
    output: &OutputArgs,
    printer: Printer,
) -> Result<(), Failure> {
    if output.json {
        return printer.row(&answer.raw, Layout::Columns(SETTLED), output);
    }
    let connections: Vec<Value> = answer
        .content
        .connections
        .iter()
        .map(|it| {
            json!({
                "privatelink_connection_id": it.privatelink_connection_id,
                "decision": it.decision,
                "user_ip_address": it.user_ip_address,
                "endpoint": it.endpoint,
            })
        })
        .collect();
    printer.rows(&connections, Layout::Columns(SETTLED), output)?;
    if let Some(remaining) = &answer.content.remaining {
        printer.say(&next_step(remaining));
    }
    Ok(())
}

/// Returns one row for each connection that differs, and for each link without one.
fn rows(account: &HeldAccountView) -> Vec<Value> {
    let mut rows = Vec::new();
    for link in &account.links {
        let row = |connection: Value, cloud: &str, store: &str, endpoint: Value| {
            json!({
                "account": account.account,
                "service": format!("{}/{}", link.project_name, link.service_name),
                "link_id": link.link_id,
                "privatelink_connection_id": connection,
                "cloud": cloud,
                "store": store,
                "endpoint": endpoint,
            })
        };
        if !link.in_store {
            rows.push(row(Value::Null, "published", "no link", Value::Null));
        }
        for it in &link.connections {
            let stored = it.stored_decision.as_deref().unwrap_or("unknown");
            let (id, endpoint) = (&it.privatelink_connection_id, &it.endpoint);
            rows.push(row(json!(id), &it.cloud_decision, stored, json!(endpoint)));
        }
    }
    rows
}

fn next_step(account: &HeldAccountView) -> String {
    let name = &account.account;
    if account.links.is_empty() {
        return format!(
            "Account {name} has no differences left. Let its work go on with `underpass recovery \
             resume {name}`"
        );
    }
    format!(
        "Nothing is written to account {name} since {}. Take over what the cloud shows with \
         `underpass recovery adopt {name}`",
        account.since
    )
}
