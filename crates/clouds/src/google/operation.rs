//! Operations: every write is answered by one.
//!
//! Nothing here waits: an operation under way is an outcome, and time does the rest. One that is
//! done may have failed: the error is inside, under status 200.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use underpass_model::part::OperationKind;
use underpass_model::reconcile::Outcome;

use super::classify;
use super::client::Client;
use super::resource::{Resource, path_of};
use crate::document;
use crate::error::Error;

/// When to ask after an operation: 1 s, as Google's own clients do at first.
const CHECK_AFTER: SignedDuration = SignedDuration::from_secs(1);

/// Lists what is not over yet.
const OPEN: &str = "status != \"DONE\"";

/// How far an operation is.
pub(super) enum Progress {
    /// Still under way.
    Running,
    /// Over, or not known any more: the part itself tells.
    Over,
}

/// What the answer to a write says.
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
    match progress(operation, &phrase)? {
        Progress::Over => Ok(None),
        Progress::Running => {
            let name = document::text(operation, "/name").filter(|name| is_name(name));
            Ok(Some(Outcome::Making {
                operation: name.map(|name| resource.operation(name)),
                check_after: after(now),
                kind,
            }))
        }
    }
}

/// Looks for an operation that nobody told us of: the answer to a write was lost.
pub(super) async fn under_way(
    client: &Client,
    resource: &Resource,
    now: Timestamp,
) -> Result<Option<Outcome>, Error> {
    let kind = format!("look for operations on {resource}");
    let pages = client
        .pages(&resource.operations(), Some(OPEN), &kind, now)
        .await?;
    let mut open = pages.iter().filter_map(Value::as_array).flatten();
    // A filter that is not heeded must not make one that is over wait for ever.
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

/// Asks after an operation.
pub(super) async fn ask(
    client: &Client,
    path: &str,
    phrase: &str,
    now: Timestamp,
) -> Result<Progress, Error> {
    match client.get_path(path, phrase, now).await? {
        None => Ok(Progress::Over),
        Some(operation) => progress(&operation, phrase),
    }
}

/// When to ask again.
pub(super) fn after(now: Timestamp) -> Timestamp {
    now.saturating_add(CHECK_AFTER).unwrap_or(now)
}

fn progress(operation: &Value, phrase: &str) -> Result<Progress, Error> {
    if document::text(operation, "/status") != Some("DONE") {
        return Ok(Progress::Running);
    }
    if operation.get("error").is_some_and(|error| !error.is_null()) {
        return Err(classify::failed_operation(phrase, operation));
    }
    Ok(Progress::Over)
}

/// It becomes part of the address of a request.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}
