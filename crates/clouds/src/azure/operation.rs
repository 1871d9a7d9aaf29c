//! Long operations, and what `provisioningState` says.
//!
//! A write is answered at once with the resource, which may be finished or still be worked on;
//! the address to ask at is in `Azure-AsyncOperation`, or in `Location` alone for groups.
//! It is signed, so it is kept and used verbatim.
//! Nothing here waits: an operation under way is an outcome, and time does the rest.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use underpass_model::part::{Confirmed, OperationKind, Spec};
use underpass_model::reconcile::Outcome;

use super::classify;
use super::client::Client;
use super::resource::Resource;
use crate::answer::Answer;
use crate::document;
use crate::error::Error;

/// When to ask after an operation if the provider names no time: 5 s.
const CHECK_AFTER: SignedDuration = SignedDuration::from_secs(5);

/// Soonest time to ask a second time: 1 s, so that a provider that says 0 is not asked in a tight
/// loop. The first question may come at once: an operation that was over in no time says 0.
const SOONEST_RECHECK: SignedDuration = SignedDuration::from_secs(1);

/// How far an operation is.
#[derive(Debug)]
pub(super) enum Progress {
    /// Still under way.
    Running { check_after: Timestamp },
    /// Over, or not known any more: the part itself tells.
    Over,
}

/// Where a resource stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Settled,
    Failed,
    Working,
    Leaving,
}

impl Stage {
    /// What a document says about its resource; groups and some children say nothing.
    pub(super) fn of(document: &Value) -> Self {
        match document::text(document, "/properties/provisioningState") {
            None => Self::Settled,
            Some(state) if state.eq_ignore_ascii_case("Succeeded") => Self::Settled,
            Some(state) if state.eq_ignore_ascii_case("Deleting") => Self::Leaving,
            Some(state)
                if state.eq_ignore_ascii_case("Failed")
                    || state.eq_ignore_ascii_case("Canceled") =>
            {
                Self::Failed
            }
            // Updating, Creating, and whatever a later version calls it.
            Some(_) => Self::Working,
        }
    }
}

/// The outcome of reading a part.
pub(super) fn seen(document: &Value, confirmed: Confirmed, now: Timestamp) -> Outcome {
    match Stage::of(document) {
        Stage::Settled => Outcome::Ready(confirmed),
        Stage::Failed => Outcome::Failed(confirmed),
        Stage::Working => later(OperationKind::Put, now),
        Stage::Leaving => later(OperationKind::Delete, now),
    }
}

/// The outcome of reading our field of a borrowed resource: whose it is, is in charge of its
/// failures.
pub(super) fn seen_borrowed(document: &Value, confirmed: Confirmed, now: Timestamp) -> Outcome {
    match Stage::of(document) {
        Stage::Settled | Stage::Failed => Outcome::Ready(confirmed),
        Stage::Working | Stage::Leaving => seen(document, confirmed, now),
    }
}

/// The outcome of a write that was accepted. Finished is finished, operation or not.
///
/// A write that is answered as failed, or with something else than was written, is an error, not
/// an outcome: the loop would write again at once, and the pauses between attempts must grow.
pub(super) fn written(
    client: &Client,
    resource: &Resource,
    answer: &Answer,
    confirmed: Confirmed,
    desired: &Spec,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let kind = format!("write {resource}");
    match Stage::of(&answer.body) {
        Stage::Settled if confirmed.spec == *desired => Ok(Outcome::Ready(confirmed)),
        Stage::Settled => {
            let message = "was accepted, but the answer shows something else than was written";
            Err(classify::stale(&kind, resource, message))
        }
        Stage::Failed => Err(classify::failed_operation(&kind, "Failed", answer)),
        Stage::Working => Ok(working(Some(client), Some(answer), OperationKind::Put, now)),
        Stage::Leaving => Ok(later(OperationKind::Delete, now)),
    }
}

/// The outcome of a removal that was accepted; `None`: nothing was there.
pub(super) fn removed(client: &Client, answer: Option<&Answer>, now: Timestamp) -> Outcome {
    match answer {
        Some(answer) if answer.status == StatusCode::ACCEPTED => {
            working(Some(client), Some(answer), OperationKind::Delete, now)
        }
        Some(_) | None => Outcome::Gone,
    }
}

/// The outcome while the provider works on a part without saying for how long.
pub(super) fn later(kind: OperationKind, now: Timestamp) -> Outcome {
    working(None, None, kind, now)
}

/// Asks after an operation, at the very address that was handed out.
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
        return Ok(Progress::Over);
    }
    if answer.status == StatusCode::ACCEPTED {
        return Ok(running);
    }
    // Without a status it is an operation's result, there because the operation is over.
    match document::text(&answer.body, "/status") {
        Some(status) if status.eq_ignore_ascii_case("Failed") => {
            Err(classify::failed_operation(kind, "Failed", &answer))
        }
        Some(status) if status.eq_ignore_ascii_case("Canceled") => {
            Err(classify::failed_operation(kind, "Canceled", &answer))
        }
        Some(status) if !status.eq_ignore_ascii_case("Succeeded") => Ok(running),
        Some(_) | None => Ok(Progress::Over),
    }
}

/// Where to ask after the operation that the answer began.
fn operation_url(answer: &Answer) -> Option<&str> {
    answer
        .header("azure-asyncoperation")
        .or_else(|| answer.header("location"))
}

/// The outcome while the provider works on a part.
fn working(
    client: Option<&Client>,
    answer: Option<&Answer>,
    kind: OperationKind,
    now: Timestamp,
) -> Outcome {
    let url = answer.and_then(operation_url);
    // An address elsewhere would be refused when asked at: then the part itself is read.
    let is_own = |url: &&str| client.is_some_and(|client| client.own_url(url).is_some());
    Outcome::Making {
        operation: url.filter(is_own).map(str::to_owned),
        check_after: after(pause(answer), now),
        kind,
    }
}

/// How long the provider wants to be left alone.
fn pause(answer: Option<&Answer>) -> SignedDuration {
    answer.and_then(Answer::retry_after).unwrap_or(CHECK_AFTER)
}

fn after(pause: SignedDuration, now: Timestamp) -> Timestamp {
    now.saturating_add(pause).unwrap_or(now)
}
