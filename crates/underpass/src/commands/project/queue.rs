//! `project connections`

use serde_json::Value;
use underpass_api_types::queue::ConnectionPage;

use crate::cli::project::ProjectConnectionsArgs;
use crate::client::list;
use crate::commands::session::Session;
use crate::document::Document;
use crate::failure::Failure;
use crate::table::Layout;

/// Connections per request: 200, the server's limit.
const PAGE: usize = 200;

const COLUMNS: &[&str] = &[
    "first_seen_at",
    "service_name",
    "cloud",
    "privatelink_connection_id",
    "state",
    "next_action",
];

/// Prints the queue, all its pages.
///
/// # Errors
/// A refusal of the server, or a failed output.
pub(super) async fn show(session: &Session, args: &ProjectConnectionsArgs) -> Result<(), Failure> {
    let path = ["underpass", "project", &session.project, "connections"];
    let parameters = [
        ("state", Some(args.states.join(","))),
        ("service", args.service.clone()),
        ("query", args.query.clone()),
        ("limit", Some(PAGE.to_string())),
    ];
    let parameters = parameters.map(|(name, value)| value.map(|value| (name, value)));
    let mut query: Vec<_> = parameters.into_iter().flatten().collect();
    let beginning = query.len();
    let mut rows: Vec<Value> = Vec::new();
    loop {
        let page: Document<ConnectionPage> = session.client.read_with(&path, &query).await?;
        rows.extend_from_slice(list(&page.raw, "connections")?);
        let Some(next) = page.content.next_after else {
            break;
        };
        query.truncate(beginning);
        query.push(("after", next));
    }
    if !args.output.json {
        rows.iter_mut().for_each(name_cloud);
    }
    session
        .printer
        .rows(&rows, Layout::Columns(COLUMNS), &args.output)
}

/// Adds the column `cloud`, which contains the provider.
fn name_cloud(row: &mut Value) {
    if let Value::Object(members) = row
        && let Some(provider) = members.get("provider").cloned()
    {
        members.insert("cloud".to_owned(), provider);
    }
}
