//! Ours: what hinders a wish, for people.

use serde_json::{Value, json};
use underpass_model::part::{Observed, Part, Trouble};

use super::wire_time::wire_time;

/// The parts that do not move, each with its reason and when it is tried again.
pub(super) fn troubles(observed: &Observed) -> Vec<Value> {
    observed
        .troubles
        .iter()
        .map(|(part, it)| trouble(part, it))
        .collect()
}

/// Why one part does not move. The message holds the provider's words, which are hostile text.
pub(super) fn trouble(part: &Part, trouble: &Trouble) -> Value {
    json!({
        "part": part.to_string(),
        "code": trouble.code,
        "message": trouble.message,
        "next_action": trouble.remedy,
        "attempts": trouble.attempts,
        "since": wire_time(trouble.since),
        "retry_at": wire_time(trouble.retry_at),
    })
}
