//! Ours: what hinders a wish, for people.

use serde_json::{Value, json};
use underpass_model::part::{Observed, Part, PartFailure};

use super::wire_time::wire_time;

/// The parts that do not move, each with its reason and when it is tried again.
pub(super) fn failures(observed: &Observed) -> Vec<Value> {
    observed
        .failures
        .iter()
        .map(|(part, it)| failure(part, it))
        .collect()
}

/// Why one part does not move. The message holds the provider's words, which are hostile text.
pub(super) fn failure(part: &Part, failure: &PartFailure) -> Value {
    json!({
        "part": part.to_string(),
        "code": failure.code,
        "message": failure.message,
        "next_action": failure.remedy,
        "attempts": failure.attempts,
        "since": wire_time(failure.since),
        "retry_at": wire_time(failure.retry_at),
    })
}
