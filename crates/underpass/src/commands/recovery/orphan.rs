//! `recovery orphans|remove`

use serde_json::{Value, json};
use underpass_api_types::orphan::{OrphanList, OrphanView};

use crate::cli::output::OutputArgs;
use crate::cli::recovery::RecoveryRemoveArgs;
use crate::client::Client;
use crate::document::Document;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::table::{self, Layout};

/// Path of the list.
const ORPHANS: [&str; 3] = ["underpass", "recovery", "orphans"];

/// Columns of orphans.
const COLUMNS: &[&str] = &[
    "orphan_id",
    "account",
    "name",
    "service",
    "approved",
    "connections",
    "state",
    "last_seen",
];

/// Columns of cloud resources.
const RESOURCES: &[&str] = &["resource", "resource_id"];

pub(super) async fn list(
    client: &Client,
    output: &OutputArgs,
    printer: Printer,
) -> Result<(), Failure> {
    let answer: Document<OrphanList> = client.read(&ORPHANS).await?;
    if output.json {
        return printer.row(&answer.raw, Layout::Columns(COLUMNS), output);
    }
    let OrphanList {
        orphans,
        incomplete,
    } = &answer.content;
    for reason in incomplete {
        printer.say(&format!("The list is incomplete: {reason}"));
    }
    if orphans.is_empty() && !incomplete.is_empty() {
        return printer.data("No orphans among the objects that can be assigned");
    }
    if orphans.is_empty() {
        return printer.data("No orphans: every tagged cloud object belongs to the store");
    }
    let rows: Vec<Value> = orphans.iter().map(row).collect();
    printer.rows(&rows, Layout::Columns(COLUMNS), output)?;
    for orphan in orphans {
        for line in notes(orphan) {
            printer.say(&line);
        }
    }
    let removable = orphans
        .iter()
        .find(|it| it.removal.is_none() && it.removal_refused.is_none());
    if let Some(it) = removable {
        printer.say(&format!(
            "Show what a removal deletes and cuts, and confirm it: `underpass recovery remove {}`",
            it.orphan_id
        ));
    }
    Ok(())
}

pub(super) async fn remove(
    client: &Client,
    args: RecoveryRemoveArgs,
    printer: Printer,
) -> Result<(), Failure> {
    let listed: Document<OrphanList> = client.read(&ORPHANS).await?;
    let orphan = find(&listed.content.orphans, &args)?;
    if let Some(refused) = &orphan.removal_refused {
        return Err(Failure::refused(refused.clone()));
    }
    for line in consequences(orphan) {
        printer.say(&line);
    }
    let name = Printer::confirm_name(&orphan.name, args.confirm)?;
    let path = [
        "underpass",
        "recovery",
        &orphan.account,
        "orphans",
        &orphan.orphan_id,
    ];
    let answer: Document<OrphanView> = client.delete_with(&path, &[("confirm", name)]).await?;
    if args.output.json {
        return printer.row(&answer.raw, Layout::Columns(COLUMNS), &args.output);
    }
    let rows = [row(&answer.content)];
    printer.rows(&rows, Layout::Columns(COLUMNS), &args.output)?;
    printer.say("The removal goes on by itself. Follow it with `underpass recovery orphans`");
    Ok(())
}

fn find<'a>(
    orphans: &'a [OrphanView],
    args: &RecoveryRemoveArgs,
) -> Result<&'a OrphanView, Failure> {
    let fits = |it: &&OrphanView| {
        let account = args.account.as_ref();
        it.orphan_id == args.orphan && account.is_none_or(|account| *account == it.account)
    };
    let mut found = orphans.iter().filter(fits);
    let first = found.next().ok_or_else(|| {
        Failure::refused(format!("there is no orphan {}", args.orphan))
            .hint("list them with `underpass recovery orphans`")
    })?;
    match found.next() {
        None => Ok(first),
        Some(second) => Err(Failure::usage(format!(
            "accounts {} and {} list orphan {}",
            first.account, second.account, args.orphan
        ))
        .hint("choose one with --account")),
    }
}

fn row(orphan: &OrphanView) -> Value {
    let origin = match (&orphan.project_name, &orphan.service_name) {
        (Some(project), Some(service)) => json!(format!("{project}/{service}")),
        _ => Value::Null,
    };
    json!({
        "orphan_id": orphan.orphan_id,
        "account": orphan.account,
        "name": orphan.name,
        "service": origin,
        "approved": orphan.approved_connections,
        "connections": orphan.connection_count,
        "state": orphan.state,
        "last_seen": orphan.last_seen,
    })
}

/// Returns what an operator must know about an orphan besides its row.
fn notes(orphan: &OrphanView) -> Vec<String> {
    let id = &orphan.orphan_id;
    let failures = orphan.removal.iter().flat_map(|removal| &removal.failures);
    let mut notes: Vec<String> = failures
        .map(|it| {
            let action = it.next_action.iter().map(|action| format!(". {action}"));
            let action: String = action.collect();
            format!("{id}: {} (attempt {}){action}", it.message, it.attempts)
        })
        .collect();
    let refused = orphan.removal_refused.iter();
    notes.extend(refused.map(|reason| format!("{id}: {reason}")));
    notes
}

/// Returns what a removal deletes and cuts.
fn consequences(orphan: &OrphanView) -> Vec<String> {
    let mut lines = vec![format!(
        "This deletes {} from account {}, with its cloud resources:",
        orphan.name, orphan.account
    )];
    let resources: Vec<Value> = orphan
        .parts
        .iter()
        .filter(|part| !part.is_gone)
        .map(|part| json!({"resource": part.display_name, "resource_id": part.resource_id}))
        .collect();
    lines.extend(table::draw(&resources, Layout::Columns(RESOURCES)));
    match orphan.approved_connections {
        0 => lines.push("No approved connection is known: no flow is cut.".to_owned()),
        count => {
            lines.push(format!(
                "It cuts {count} approved connection(s), which cannot be undone:"
            ));
            let shown: Vec<Value> = orphan
                .connections
                .iter()
                .map(|it| json!({"state": it.state, "endpoint": it.endpoint}))
                .collect();
            lines.extend(table::draw(&shown, Layout::Columns(&["state", "endpoint"])));
            let more = orphan.connection_count.saturating_sub(shown.len());
            if more > 0 {
                lines.push(format!("and {more} more connection(s)"));
            }
        }
    }
    lines
}
