//! `project limits show|set`

use serde_json::{Map, Value, json};

use crate::cli::project::{LimitsCommand, LimitsSetArgs, NewLimits};
use crate::client::{Client, list};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::Layout;

/// Columns of limits.
const COLUMNS: &[&str] = &["name", "limit", "present", "own"];

pub(super) async fn run(
    command: LimitsCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let client = Client::new(settings.target()?)?;
    let (answer, output) = match command {
        LimitsCommand::Show(args) => {
            let project = match args.project_name {
                Some(project) => project,
                None => settings.project()?,
            };
            (client.get(&path(&project)).await?, args.output)
        }
        LimitsCommand::Set(args) => {
            let LimitsSetArgs {
                project_name,
                limits,
                output,
            } = args;
            (
                client.put(&path(&project_name), body(&limits)).await?,
                output,
            )
        }
    };
    printer.rows(list(&answer, "limits")?, Layout::Columns(COLUMNS), &output)
}

fn path(project: &str) -> [&str; 4] {
    ["underpass", "project", project, "limits"]
}

/// Returns the limits that were given.
fn body(limits: &NewLimits) -> Value {
    let members = [
        ("services", limits.services),
        ("links", limits.links),
        ("vpcs", limits.vpcs),
        ("static_ips", limits.static_ips),
        ("requests_per_second", limits.requests_per_second),
        ("request_burst", limits.request_burst),
    ];
    let given = members.into_iter().filter_map(|(name, limit)| {
        let limit = limit?.0;
        Some((name.to_owned(), json!(limit)))
    });
    Value::Object(given.collect::<Map<_, _>>())
}
