//! Failures that keep parts from their desired state, as our own API shows them.

use underpass_api_types::part::PartFailure;
use underpass_model::part::{self, Observed, Part};

use super::wire_time::wire_time;

/// Returns the failures of all parts.
pub(super) fn failures(observed: &Observed) -> Vec<PartFailure> {
    observed
        .failures
        .iter()
        .map(|(part, it)| failure(part, it))
        .collect()
}

/// Returns the failure of one part.
pub(super) fn failure(part: &Part, failure: &part::PartFailure) -> PartFailure {
    PartFailure {
        attempts: failure.attempts,
        code: failure.code.clone(),
        message: failure.message.clone(),
        next_action: failure.remedy.clone(),
        part: part.to_string(),
        retry_at: wire_time(failure.retry_at),
        since: wire_time(failure.since),
    }
}
