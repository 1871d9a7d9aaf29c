//! Conditions, as our own API shows them.

use underpass_api_types::condition::ConditionView;
use underpass_model::condition::Condition;

use super::wire_time::wire_time;

/// Returns the document of a condition.
pub(super) fn condition_view(condition: Condition) -> ConditionView {
    let since = condition.since.map(wire_time);
    ConditionView::new(condition, since)
}
