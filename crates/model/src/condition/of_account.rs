//! Condition of the links of a cloud account that does not answer.

use jiff::Timestamp;

use super::kind::{Condition, ConditionKind, ConditionStatus, Severity};
use crate::name::AccountName;
use crate::remedy::Remedy;

/// A cloud account that failed several times in a row, and is called only now and then until it
/// answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountOutage {
    /// The account.
    pub account: AccountName,
    /// The time of the first failure.
    pub since: Timestamp,
    /// The last error. May contain the provider's text, which is untrusted.
    pub error: String,
    /// The time of the next attempt.
    pub next_attempt: Timestamp,
}

/// The condition of every link of an account that does not answer.
pub(super) fn account_reachable(outage: &AccountOutage) -> Condition {
    let AccountOutage {
        account,
        since,
        error,
        next_attempt,
    } = outage;
    Condition {
        kind: ConditionKind::AccountReachable,
        status: ConditionStatus::False,
        severity: Severity::Error,
        connection: None,
        reason: "AccountUnreachable".to_owned(),
        message: format!(
            "Cloud account `{account}` does not answer since {since}: {error}. Nothing is changed or \
             discovered in it until it answers; the next attempt is at {next_attempt}. Connections \
             stay as they are"
        ),
        remedy: Some(Remedy::manual(format!(
            "Check that this machine reaches the endpoints of account `{account}`, and the \
             provider's status page"
        ))),
        since: Some(*since),
    }
}
