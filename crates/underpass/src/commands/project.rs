//! `project list|details|overview|connections|feature|grant|limits …`

mod grant;
mod limits;
mod overview;
mod queue;

use serde_json::{Value, json};

use super::session::Session;
use crate::cli::project::{
    FeatureCommand, FeatureListArgs, FeatureSetArgs, ProjectCommand, Switch,
};
use crate::client::{Client, list, member};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::Layout;

pub(super) async fn run(
    command: ProjectCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    match command {
        ProjectCommand::List(output) => {
            let client = Client::new(settings.target()?)?;
            let answer = client.get(&["project"]).await?;
            let projects: Vec<Value> = list(&answer, "projects")?.iter().map(with_card).collect();
            let columns = &["project_name", "default_cloud", "credit_card"];
            printer.rows(&projects, Layout::Columns(columns), &output)
        }
        ProjectCommand::Details(output) => {
            let session = Session::open(settings, printer)?;
            let answer = session.client.get(&["project", &session.project]).await?;
            let project = with_card(member(&answer, "project")?);
            let columns = &[
                "project_name",
                "default_cloud",
                "billing_currency",
                "vat_id",
            ];
            let details = &["credit_card", "billing_address", "country_code"];
            printer.rows(&[project], Layout::Detailed(columns, details), &output)
        }
        ProjectCommand::Overview(output) => {
            overview::show(&Session::open(settings, printer)?, &output).await
        }
        ProjectCommand::Connections(args) => {
            queue::show(&Session::open(settings, printer)?, &args).await
        }
        ProjectCommand::Grant(command) => grant::run(command, settings, printer).await,
        ProjectCommand::Limits(command) => limits::run(command, settings, printer).await,
        ProjectCommand::Feature(FeatureCommand::List(args)) => {
            features(&args, settings, printer).await
        }
        ProjectCommand::Feature(FeatureCommand::Set(args)) => {
            set_feature(&args, settings, printer).await
        }
    }
}

async fn features(
    args: &FeatureListArgs,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let client = Client::new(settings.target()?)?;
    let project = match &args.project_name {
        Some(project) => project.clone(),
        None => settings.project()?,
    };
    let answer = client
        .get(&["underpass", "project", &project, "features"])
        .await?;
    printer.rows(
        &feature_rows(&answer)?,
        Layout::Columns(&["feature", "enabled"]),
        &args.output,
    )
}

async fn set_feature(
    args: &FeatureSetArgs,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let client = Client::new(settings.target()?)?;
    let enabled = args.switch == Switch::On;
    let path = [
        "underpass",
        "project",
        &args.project_name,
        "features",
        &args.feature,
    ];
    client.put(&path, json!({ "enabled": enabled })).await?;
    let row = json!({ "feature": args.feature, "enabled": enabled });
    printer.rows(
        &[row],
        Layout::Columns(&["feature", "enabled"]),
        &args.output,
    )
}

/// Returns features as rows.
fn feature_rows(answer: &Value) -> Result<Vec<Value>, Failure> {
    match member(answer, "features")? {
        Value::Object(features) => Ok(features
            .iter()
            .map(|(feature, enabled)| json!({ "feature": feature, "enabled": enabled }))
            .collect()),
        Value::Array(features) => Ok(features.clone()),
        _ => Err(Failure::ours(
            "member `features` of the server's answer is not a list",
        )),
    }
}

/// Adds the compatible table's column for the project's credit card, which does not exist here.
fn with_card(project: &Value) -> Value {
    let mut project = project.clone();
    if let Value::Object(members) = &mut project {
        members.insert("credit_card".to_owned(), "N/A".into());
    }
    project
}
