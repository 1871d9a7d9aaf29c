//! Long-running operations, and the meaning of `provisioningState`.
//!
//! A write is answered immediately with the resource, which may be complete or still being changed.
//! The URL to poll is in `Azure-AsyncOperation`, or only in `Location` for groups. It is signed, so
//! it is stored and used verbatim. Nothing here waits: an operation in progress is an outcome, and
//! the reconcile loop polls it later.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use underpass_model::part::{Confirmed, OperationKind, Spec};
use underpass_model::reconcile::{Evidence, Outcome};

use super::classify;
use super::client::Client;
use super::resource::Resource;
use crate::answer::Answer;
use crate::document;
use crate::error::Error;
use crate::perform::Progress;

/// The polling interval if the provider requests none: 5 s.
const CHECK_AFTER: SignedDuration = SignedDuration::from_secs(5);

/// The shortest interval before the second poll: 1 s, so that a requested 0 does not cause a tight
/// loop. The first poll may be immediate: an operation that completes immediately requests 0.
const SOONEST_RECHECK: SignedDuration = SignedDuration::from_secs(1);

/// The provisioning state of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProvisioningState {
    /// Complete.
    Succeeded,
    /// Failed or cancelled.
    Failed,
    /// Being created or changed.
    Updating,
    /// Being deleted.
    Deleting,
}

impl ProvisioningState {
    /// Returns the state in a document; groups and some child resources have none.
    pub(super) fn of(document: &Value) -> Self {
        match document::text(document, "/properties/provisioningState") {
            None => Self::Succeeded,
            Some(state) if state.eq_ignore_ascii_case("Succeeded") => Self::Succeeded,
            Some(state) if state.eq_ignore_ascii_case("Deleting") => Self::Deleting,
            Some(state)
                if state.eq_ignore_ascii_case("Failed")
                    || state.eq_ignore_ascii_case("Canceled") =>
            {
                Self::Failed
            }
            // Updating, Creating, and any state of a later version.
            Some(_) => Self::Updating,
        }
    }
}

/// Returns the outcome of reading a part.
pub(super) fn observed_outcome(document: &Value, confirmed: Confirmed, now: Timestamp) -> Outcome {
    match ProvisioningState::of(document) {
        ProvisioningState::Succeeded => Outcome::Ready(confirmed),
        ProvisioningState::Failed => Outcome::Failed(confirmed),
        ProvisioningState::Updating => later(OperationKind::Put, now),
        ProvisioningState::Deleting => later(OperationKind::Delete, now),
    }
}

/// Returns the outcome of reading our field of an adopted resource. Failures of the resource
/// concern its owner.
pub(super) fn observed_outcome_of_adopted(
    document: &Value,
    confirmed: Confirmed,
    now: Timestamp,
) -> Outcome {
    match ProvisioningState::of(document) {
        ProvisioningState::Succeeded | ProvisioningState::Failed => Outcome::Ready(confirmed),
        ProvisioningState::Updating | ProvisioningState::Deleting => {
            observed_outcome(document, confirmed, now)
        }
    }
}

/// Returns the outcome of an accepted write. A complete resource counts, with or without an
/// operation.
///
/// An answer that shows a failure or another spec is an error, not an outcome: the loop would write
/// again immediately, and the pauses between attempts must grow.
pub(super) fn written(
    client: &Client,
    resource: &Resource,
    answer: &Answer,
    confirmed: Confirmed,
    desired: &Spec,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let kind = format!("write {resource}");
    match ProvisioningState::of(&answer.body) {
        ProvisioningState::Succeeded if confirmed.spec == *desired => Ok(Outcome::Ready(confirmed)),
        ProvisioningState::Succeeded => {
            let message = "was accepted, but the answer shows another state than was written";
            Err(classify::stale(&kind, resource, message))
        }
        ProvisioningState::Failed => Err(classify::failed_operation(&kind, "Failed", answer)),
        ProvisioningState::Updating => {
            Ok(working(Some(client), Some(answer), OperationKind::Put, now))
        }
        ProvisioningState::Deleting => Ok(later(OperationKind::Delete, now)),
    }
}

/// Returns the outcome of an accepted deletion; `None`: the resource did not exist.
pub(super) fn removed(client: &Client, answer: Option<&Answer>, now: Timestamp) -> Outcome {
    match answer {
        Some(answer) if answer.status == StatusCode::ACCEPTED => {
            working(Some(client), Some(answer), OperationKind::Delete, now)
        }
        Some(_) => Outcome::Gone,
        None => Outcome::Absent(Evidence::Alone),
    }
}

/// Returns the outcome while the provider changes a part for an unknown time.
pub(super) fn later(kind: OperationKind, now: Timestamp) -> Outcome {
    working(None, None, kind, now)
}

/// Polls an operation at exactly the returned URL.
pub(super) async fn progress(
    client: &Client,
    url: &str,
    kind: &str,
    now: Timestamp,
) -> Result<Progress, Error> {
    let answer = client.ask(url, kind, now).await?;
    let running = Progress::Running {
        check_after: after(pause(Some(&answer)).max(SOONEST_RECHECK), now),
    };
    if answer.status == StatusCode::NOT_FOUND {
        return Ok(Progress::Forgotten);
    }
    if answer.status == StatusCode::ACCEPTED {
        return Ok(running);
    }
    // A document without a status is an operation's result: the operation is over.
    match document::text(&answer.body, "/status") {
        Some(status) if status.eq_ignore_ascii_case("Failed") => {
            Err(classify::failed_operation(kind, "Failed", &answer))
        }
        Some(status) if status.eq_ignore_ascii_case("Canceled") => {
            Err(classify::failed_operation(kind, "Canceled", &answer))
        }
        Some(status) if !status.eq_ignore_ascii_case("Succeeded") => Ok(running),
        Some(_) | None => Ok(Progress::Completed),
    }
}

/// Returns the URL to poll for the operation that an answer began.
fn operation_url(answer: &Answer) -> Option<&str> {
    answer
        .header("azure-asyncoperation")
        .or_else(|| answer.header("location"))
}

/// Returns the outcome while the provider changes a part.
fn working(
    client: Option<&Client>,
    answer: Option<&Answer>,
    kind: OperationKind,
    now: Timestamp,
) -> Outcome {
    let url = answer.and_then(operation_url);
    // A URL elsewhere would be refused when polled; the part itself is read instead.
    let is_own = |url: &&str| client.is_some_and(|client| client.own_url(url).is_some());
    Outcome::Making {
        operation: url.filter(is_own).map(str::to_owned),
        check_after: after(pause(answer), now),
        kind,
    }
}

/// The pause that the provider requests.
fn pause(answer: Option<&Answer>) -> SignedDuration {
    answer.and_then(Answer::retry_after).unwrap_or(CHECK_AFTER)
}

fn after(pause: SignedDuration, now: Timestamp) -> Timestamp {
    now.saturating_add(pause).unwrap_or(now)
}
