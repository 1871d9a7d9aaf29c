//! `project grant list|add|remove`

use serde_json::{Value, json};

use crate::cli::project::{GrantAddArgs, GrantCommand, GrantListArgs, GrantRemoveArgs};
use crate::client::{Client, list};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::Layout;

/// Columns of grants.
const COLUMNS: &[&str] = &["grant_id", "account", "scope", "granted_by"];

pub(super) async fn run(
    command: GrantCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let client = Client::new(settings.target()?)?;
    match command {
        GrantCommand::List(args) => show(&client, &args, settings, printer).await,
        GrantCommand::Add(args) => add(&client, &args, printer).await,
        GrantCommand::Remove(args) => remove(&client, &args, printer).await,
    }
}

async fn show(
    client: &Client,
    args: &GrantListArgs,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let project = match &args.project_name {
        Some(project) => project.clone(),
        None => settings.project()?,
    };
    let answer = client.get(&path(&project)).await?;
    printer.rows(rows(&answer)?, Layout::Columns(COLUMNS), &args.output)
}

async fn add(client: &Client, args: &GrantAddArgs, printer: Printer) -> Result<(), Failure> {
    let body = json!({"account": args.account, "scope": args.scope});
    let grant = client.post(&path(&args.project_name), body).await?;
    printer.rows(&[grant], Layout::Columns(COLUMNS), &args.output)
}

async fn remove(client: &Client, args: &GrantRemoveArgs, printer: Printer) -> Result<(), Failure> {
    let [api, collection, project, grants] = path(&args.project_name);
    let one = [api, collection, project, grants, &args.grant_id];
    let answer = client.delete(&one).await?;
    printer.rows(rows(&answer)?, Layout::Columns(COLUMNS), &args.output)
}

fn path(project: &str) -> [&str; 4] {
    ["underpass", "project", project, "grants"]
}

fn rows(answer: &Value) -> Result<&[Value], Failure> {
    list(answer, "grants")
}
