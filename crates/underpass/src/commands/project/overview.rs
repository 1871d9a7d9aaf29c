//! `project overview`

use serde::Deserialize as _;
use serde_json::{Map, Value, json};
use underpass_api_types::condition::ServiceCondition;

use crate::cli::output::OutputArgs;
use crate::client::member;
use crate::commands::session::Session;
use crate::failure::Failure;
use crate::table::Layout;

/// Columns of connections by state, in the order of a connection's life.
const CONNECTIONS: &[&str] = &[
    "services",
    "pending-user-approval",
    "user-approved",
    "connected",
    "active",
    "rejected",
    "disconnected",
];

const LINKS: &[&str] = &["cloud", "creating", "active", "deleting"];

const CONDITIONS: &[&str] = &[
    "service_name",
    "cloud",
    "privatelink_connection_id",
    "state",
    "since",
    "message",
    "next_action",
];

/// Prints three tables: connections, links, and the conditions that are false.
pub(super) async fn show(session: &Session, output: &OutputArgs) -> Result<(), Failure> {
    let path = ["underpass", "project", &session.project, "overview"];
    let answer = session.client.get(&path).await?;
    let printer = session.printer;
    if output.json || output.format.is_some() {
        return printer.row(&answer, Layout::Sorted, output);
    }
    printer.row(&counts(&answer)?, Layout::Columns(CONNECTIONS), output)?;
    let links = links(&answer)?;
    if !links.is_empty() {
        printer.data("")?;
        printer.rows(&links, Layout::Columns(LINKS), output)?;
    }
    let conditions = conditions(&answer)?;
    if conditions.is_empty() {
        printer.say("No problems need attention");
        return Ok(());
    }
    printer.data("")?;
    printer.rows(&conditions, Layout::Columns(CONDITIONS), output)?;
    let total = member(&answer, "conditions_total")?.as_u64().unwrap_or(0);
    let shown = u64::try_from(conditions.len()).unwrap_or(u64::MAX);
    if total > shown {
        printer.say(&format!(
            "Showing the {shown} most severe of {total} problems"
        ));
    }
    Ok(())
}

fn counts(answer: &Value) -> Result<Value, Failure> {
    let mut row = object(answer, "connections")?.clone();
    row.insert("services".to_owned(), member(answer, "services")?.clone());
    Ok(Value::Object(row))
}

fn links(answer: &Value) -> Result<Vec<Value>, Failure> {
    let with_cloud = |(cloud, counts): (&String, &Value)| {
        let mut row = counts.as_object().cloned().unwrap_or_default();
        row.insert("cloud".to_owned(), json!(cloud));
        Value::Object(row)
    };
    Ok(object(answer, "links")?.iter().map(with_cloud).collect())
}

/// Returns the rows of the conditions that are false.
fn conditions(answer: &Value) -> Result<Vec<Value>, Failure> {
    let listed = Vec::<ServiceCondition>::deserialize(member(answer, "conditions")?);
    let listed = listed.map_err(|error| {
        Failure::ours(format!(
            "member `conditions` of the server's answer is not as expected: {error}"
        ))
    })?;
    Ok(listed.iter().map(row).collect())
}

/// Returns a row, with the column names of other tables.
fn row(it: &ServiceCondition) -> Value {
    json!({
        "service_name": it.service_name,
        "cloud": it.provider,
        "privatelink_connection_id": it.condition.privatelink_connection_id,
        "state": it.state,
        "since": it.condition.since,
        "message": it.condition.message,
        "next_action": it.next_action(),
    })
}

fn object<'a>(answer: &'a Value, name: &str) -> Result<&'a Map<String, Value>, Failure> {
    member(answer, name)?.as_object().ok_or_else(|| {
        Failure::ours(format!(
            "member `{name}` of the server's answer is no object"
        ))
    })
}
