//! `project overview`

use serde_json::{Value, json};
use underpass_api_types::condition::{NetworkCondition, ServiceCondition};
use underpass_api_types::overview::{LinkCounts, Overview};

use crate::cli::output::OutputArgs;
use crate::commands::session::Session;
use crate::commands::unreadable;
use crate::document::Document;
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

const NETWORK_CONDITIONS: &[&str] = &["subject", "reason", "since", "message", "next_action"];

/// Prints tables: connections, links, stored documents that cannot be read, and the conditions that
/// are false of project VPCs, static IPs and links.
///
/// # Errors
/// A refusal of the server, or a failed output.
pub(super) async fn show(session: &Session, output: &OutputArgs) -> Result<(), Failure> {
    let path = ["underpass", "project", &session.project, "overview"];
    let Document {
        raw,
        content: overview,
    } = session.client.read::<Document<Overview>>(&path).await?;
    let printer = session.printer;
    if output.json || output.format.is_some() {
        return printer.row(&raw, Layout::Sorted, output);
    }
    printer.row(&counts(&overview), Layout::Columns(CONNECTIONS), output)?;
    let links = links(&overview);
    if !links.is_empty() {
        printer.data("")?;
        printer.rows(&links, Layout::Columns(LINKS), output)?;
    }
    if !overview.unreadable.is_empty() {
        printer.data("")?;
        printer.say("Stored documents that cannot be read:");
        unreadable::print(&overview.unreadable, output, printer)?;
    }
    let networks: Vec<Value> = overview.network_conditions.iter().map(of_network).collect();
    if !networks.is_empty() {
        printer.data("")?;
        printer.rows(&networks, Layout::Columns(NETWORK_CONDITIONS), output)?;
    }
    let conditions: Vec<Value> = overview.conditions.iter().map(row).collect();
    if conditions.is_empty() {
        if overview.unreadable.is_empty() && networks.is_empty() {
            printer.say("No problems need attention");
        }
        return Ok(());
    }
    printer.data("")?;
    printer.rows(&conditions, Layout::Columns(CONDITIONS), output)?;
    let (shown, total) = (conditions.len(), overview.conditions_total);
    if total > shown {
        printer.say(&format!(
            "Showing the {shown} most severe of {total} problems"
        ));
    }
    Ok(())
}

/// Returns the row of services and of connections by state.
fn counts(overview: &Overview) -> Value {
    let states = overview.connections.iter();
    let states = states.map(|(state, count)| (state.clone(), json!(count)));
    let services = ("services".to_owned(), json!(overview.services));
    states.chain([services]).collect()
}

/// Returns a row of links by state for each cloud.
fn links(overview: &Overview) -> Vec<Value> {
    let links = overview.links.iter();
    let row = |(cloud, counts): (&String, &LinkCounts)| {
        json!({
            "cloud": cloud,
            "creating": counts.creating,
            "active": counts.active,
            "deleting": counts.deleting,
        })
    };
    links.map(row).collect()
}

/// Returns a row of a project VPC or static IP.
fn of_network(it: &NetworkCondition) -> Value {
    json!({
        "subject": it.subject(),
        "reason": it.condition.reason,
        "since": it.condition.since,
        "message": it.condition.message,
        "next_action": it.condition.remedy.as_ref().map(|remedy| &remedy.text),
    })
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
