//! Conditions of project VPCs and static IPs, below a table.

use underpass_api_types::condition::ConditionView;
use underpass_model::condition::{ConditionStatus, Severity};

use crate::cli::output::OutputArgs;
use crate::printer::Printer;

/// Returns whether an output is a table, which people read.
pub(super) fn is_table(output: &OutputArgs) -> bool {
    !output.json && output.format.is_none()
}

/// Prints the conditions that are no mere progress, with their time and the action to take.
pub(super) fn say_conditions(printer: Printer, subject: &str, conditions: &[ConditionView]) {
    for condition in conditions {
        if condition.status == ConditionStatus::True || condition.severity == Severity::Info {
            continue;
        }
        printer.say(&sentence(subject, condition));
    }
}

fn sentence(subject: &str, condition: &ConditionView) -> String {
    let ConditionView {
        reason,
        message,
        remedy,
        since,
        ..
    } = condition;
    let since = since.as_ref().map(|since| format!(" since {since}"));
    let remedy = remedy.as_ref().map(|remedy| format!(". {}", remedy.text));
    format!(
        "{subject} ({reason}{}): {message}{}",
        since.unwrap_or_default(),
        remedy.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use underpass_model::condition::ConditionKind;
    use underpass_model::remedy::Remedy;

    use super::*;

    #[test]
    fn a_condition_is_one_line_with_time_and_action() {
        let condition = ConditionView {
            kind: ConditionKind::Reconciled,
            status: ConditionStatus::False,
            severity: Severity::Error,
            privatelink_connection_id: None,
            reason: "AddressDeleted".to_owned(),
            message: "The address was deleted".to_owned(),
            remedy: Some(underpass_api_types::remedy::RemedyView::new(
                Remedy::manual("Create another one"),
            )),
            since: Some("2027-01-15T08:00:00Z".to_owned()),
        };
        assert_eq!(
            sentence("Static IP ip1", &condition),
            "Static IP ip1 (AddressDeleted since 2027-01-15T08:00:00Z): The address was deleted. \
             Create another one"
        );
    }
}
