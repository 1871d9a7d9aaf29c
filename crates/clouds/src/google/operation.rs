//! Operations: every write is answered with one.
//!
//! Nothing here waits: an operation in progress is an outcome, and the reconcile loop polls it
//! later. A completed operation may have failed: the error is in the body, with status 200.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use underpass_model::part::OperationKind;
use underpass_model::reconcile::Outcome;

use super::classify;
use super::client::Client;
use super::permission;
use super::resource::{Resource, path_of};
use crate::document;
use crate::error::Error;
use crate::perform::Progress;

/// The polling interval: 1 s, as initially in Google's own clients.
const CHECK_AFTER: SignedDuration = SignedDuration::from_secs(1);

/// The filter for operations in progress.
const OPEN: &str = "status != \"DONE\"";

/// Returns the outcome of the answer to a write.
pub(super) fn begun(
    operation: &Value,
    resource: &Resource,
    kind: OperationKind,
    now: Timestamp,
) -> Result<Option<Outcome>, Error> {
    let phrase = match kind {
        OperationKind::Put => format!("write {resource}"),
        OperationKind::Delete => format!("delete {resource}"),
    };
    if is_completed(operation, &phrase)? {
        return Ok(None);
    }
    let name = document::text(operation, "/name").filter(|name| is_name(name));
    Ok(Some(Outcome::Making {
        operation: name.map(|name| resource.operation(name)),
        check_after: after(now),
        kind,
    }))
}

/// Searches for an operation whose handle is unknown because the answer to the write was lost.
pub(super) async fn under_way(
    client: &Client,
    resource: &Resource,
    now: Timestamp,
) -> Result<Option<Outcome>, Error> {
    let kind = format!("list operations on {resource}");
    let operations = resource.operations();
    let needs = permission::list_operations(&operations);
    let pages = client
        .pages(&operations, Some(OPEN), &kind, needs, now)
        .await?;
    let mut open = pages.iter().filter_map(Value::as_array).flatten();
    // If the filter is ignored, a completed operation must not cause an endless wait.
    let on_it = open.find(|operation| {
        let target = document::text(operation, "/targetLink").unwrap_or_default();
        path_of(target) == resource.path() && document::text(operation, "/status") != Some("DONE")
    });
    let Some(operation) = on_it else {
        return Ok(None);
    };
    let kind = match document::text(operation, "/operationType") {
        Some("delete") => OperationKind::Delete,
        _ => OperationKind::Put,
    };
    begun(operation, resource, kind, now)
}

/// Polls an operation.
pub(super) async fn ask(
    client: &Client,
    path: &str,
    phrase: &str,
    now: Timestamp,
) -> Result<Progress, Error> {
    let needs = permission::get_operation(path);
    match client.get_path(path, phrase, needs, now).await? {
        None => Ok(Progress::Forgotten),
        Some(operation) if is_completed(&operation, phrase)? => Ok(Progress::Completed),
        Some(_) => Ok(Progress::Running {
            check_after: after(now),
        }),
    }
}

/// The time of the next poll.
fn after(now: Timestamp) -> Timestamp {
    now.saturating_add(CHECK_AFTER).unwrap_or(now)
}

/// Returns whether an operation completed; one that failed is an error.
fn is_completed(operation: &Value, phrase: &str) -> Result<bool, Error> {
    if document::text(operation, "/status") != Some("DONE") {
        return Ok(false);
    }
    if operation.get("error").is_some_and(|error| !error.is_null()) {
        return Err(classify::failed_operation(phrase, operation));
    }
    Ok(true)
}

/// Reports whether a text can be part of a request's URL.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}
