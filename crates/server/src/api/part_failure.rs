//! Failures that keep parts from their desired state, as our own API shows them.

use underpass_api_types::part::PartFailure;
use underpass_model::part::{Observed, Part, Trouble};

use super::wire_time::wire_time;

/// Returns the failures of all parts.
pub(super) fn failures(observed: &Observed) -> Vec<PartFailure> {
    observed
        .troubles
        .iter()
        .map(|(part, it)| failure(part, it))
        .collect()
}

/// Returns the failure of one part.
pub(super) fn failure(part: &Part, trouble: &Trouble) -> PartFailure {
    PartFailure {
        attempts: trouble.attempts,
        code: trouble.code.clone(),
        message: trouble.message.clone(),
        next_action: trouble.remedy.clone(),
        part: part.to_string(),
        retry_at: wire_time(trouble.retry_at),
        since: wire_time(trouble.since),
    }
}
