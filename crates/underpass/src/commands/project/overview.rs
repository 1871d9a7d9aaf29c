//! `project overview`

use serde_json::{Map, Value, json};

use crate::cli::output::OutputArgs;
use crate::client::{list, member};
use crate::commands::Session;
use crate::failure::Failure;
use crate::table::Layout;

/// Connections by state, in the order in which one comes to be active.
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

const ATTENTION: &[&str] = &[
    "service_name",
    "cloud",
    "privatelink_connection_id",
    "state",
    "since",
    "reason",
    "next_action",
];

/// Three tables: connections, links, and what needs a person.
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
    let attention: Vec<Value> = list(&answer, "attention")?.iter().map(line).collect();
    if attention.is_empty() {
        printer.say("nothing needs attention");
        return Ok(());
    }
    printer.data("")?;
    printer.rows(&attention, Layout::Columns(ATTENTION), output)?;
    let total = member(&answer, "attention_total")?.as_u64().unwrap_or(0);
    let shown = u64::try_from(attention.len()).unwrap_or(u64::MAX);
    if total > shown {
        printer.say(&format!("these are the most pressing {shown} of {total}"));
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

/// The members under the names that other tables have for them.
fn line(attention: &Value) -> Value {
    let mut row = attention.as_object().cloned().unwrap_or_default();
    for (ours, theirs) in [
        ("cloud", "provider"),
        ("privatelink_connection_id", "connection"),
    ] {
        let value = row.remove(theirs).unwrap_or_default();
        row.insert(ours.to_owned(), value);
    }
    Value::Object(row)
}

fn object<'a>(answer: &'a Value, name: &str) -> Result<&'a Map<String, Value>, Failure> {
    member(answer, name)?.as_object().ok_or_else(|| {
        Failure::ours(format!(
            "member `{name}` of the server's answer is no object"
        ))
    })
}
