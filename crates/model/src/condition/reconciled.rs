//! Conditions of any managed object: failures, suspicions, writes that are not kept, holds.

use jiff::Timestamp;

use super::kind::{Condition, ConditionKind, ConditionStatus, Severity};
use crate::id::ConnectionId;
use crate::part::{Observed, ObservedPart, Part, PartFailure, Phase, RepeatedWrite};
use crate::reconcile::ABSENCE_READS;
use crate::remedy::Remedy;

/// One condition for each part that fails permanently; if none does, one for the object as a whole.
pub(super) fn reconciled(is_changing: bool, observed: &Observed) -> Vec<Condition> {
    if let Some(since) = observed.held_since {
        return vec![store_outdated(since)];
    }
    let lasting = observed.failures.iter().filter(|(_, it)| it.is_lasting());
    let mut found: Vec<_> = lasting
        .map(|(part, it)| failed(part, it))
        .chain(observed.parts.iter().filter_map(|(part, seen)| {
            // Of a connection, the connection says so.
            let of_link = connection_of(part).is_none();
            of_link.then(|| suspected(part, seen)).flatten()
        }))
        .collect();
    let not_kept = observed.repeated_writes.iter();
    found.extend(not_kept.filter_map(|(part, it)| not_kept_write(part, it)));
    if !found.is_empty() {
        return found;
    }
    if let Some(failed) = retried(observed) {
        return vec![failed];
    }
    let changing = is_changing || !observed.failures.is_empty();
    let is_read = |phase: &Phase| match phase {
        Phase::Unknown { .. } | Phase::Making { .. } | Phase::Failed | Phase::Missing { .. } => {
            false
        }
        Phase::Gone | Phase::Ready | Phase::Awaited { .. } => true,
    };
    let (status, reason, message) = if changing {
        (
            ConditionStatus::Unknown,
            "Reconciling",
            "A change is under way",
        )
    } else if observed.parts.values().any(|it| !is_read(&it.phase))
        || !observed.contradictions.is_empty()
    {
        (
            ConditionStatus::Unknown,
            "Reading",
            "The present state in the cloud is being read",
        )
    } else {
        (
            ConditionStatus::True,
            "AsDesired",
            "The cloud holds the desired state, as last read",
        )
    };
    vec![Condition {
        kind: ConditionKind::Reconciled,
        status,
        severity: Severity::Info,
        connection: None,
        reason: reason.to_owned(),
        message: message.to_owned(),
        remedy: None,
        since: None,
    }]
}

/// The condition of a part whose writes the provider does not keep.
fn not_kept_write(part: &Part, written: &RepeatedWrite) -> Option<Condition> {
    written.is_not_kept().then(|| Condition {
        kind: ConditionKind::Reconciled,
        status: ConditionStatus::False,
        severity: Severity::Error,
        connection: connection_of(part),
        reason: "WriteNotKept".to_owned(),
        message: format!(
            "The {} was written {} times since {}, and the cloud did not keep it: a policy or \
             another program reverts it. It is written again after growing pauses",
            part.display_name(),
            written.count,
            written.since
        ),
        remedy: Some(Remedy::InspectPart {
            part: part.display_name(),
            attempts: written.count,
        }),
        since: Some(written.since),
    })
}

/// The condition of every link of an account whose store is older than its cloud.
fn store_outdated(since: Timestamp) -> Condition {
    Condition {
        kind: ConditionKind::Reconciled,
        status: ConditionStatus::False,
        severity: Severity::Error,
        connection: None,
        reason: "StoreOutdated".to_owned(),
        message: format!(
            "The store is older than the cloud: it was restored or put back, or the cloud shows \
             decisions or links of this installation that the store does not have. Nothing was \
             written to the account since {since}. Connections stay as they are"
        ),
        remedy: Some(Remedy::ShowRecovery),
        since: Some(since),
    }
}

/// The condition of a link with steps that failed repeatedly, which retries likely help: the one whose
/// next attempt is latest.
fn retried(observed: &Observed) -> Option<Condition> {
    let repeated = observed.failures.values().filter(|it| it.attempts > 1);
    let failure = repeated.max_by_key(|it| it.retry_at)?;
    Some(Condition {
        kind: ConditionKind::Reconciled,
        status: ConditionStatus::Unknown,
        severity: Severity::Info,
        connection: None,
        reason: "Retrying".to_owned(),
        message: format!(
            "{} ({}). {} attempts failed; the next one is made at {}",
            failure.message, failure.code, failure.attempts, failure.retry_at
        ),
        remedy: None,
        since: Some(failure.since),
    })
}

/// The condition of a part whose absence is suspected and not proven.
pub(super) fn suspected(part: &Part, seen: &ObservedPart) -> Option<Condition> {
    let Phase::Missing { since, reads, .. } = seen.phase else {
        return None;
    };
    // A part that was never confirmed is being made.
    seen.last.as_ref()?;
    let name = part.display_name();
    Some(Condition {
        kind: ConditionKind::Reconciled,
        status: ConditionStatus::Unknown,
        severity: Severity::Warning,
        connection: connection_of(part),
        reason: "AbsenceSuspected".to_owned(),
        message: format!(
            "The cloud does not show the {name}. It is read again, with what contains it, until \
             its absence is proven; {reads} of at least {ABSENCE_READS} reads agree. Until then its \
             state, names and addresses stay"
        ),
        remedy: None,
        since: Some(since),
    })
}

/// The connection that a part is the admission of.
fn connection_of(part: &Part) -> Option<ConnectionId> {
    if let Part::Admission(id) = part {
        Some(id.clone())
    } else {
        None
    }
}

fn failed(part: &Part, failure: &PartFailure) -> Condition {
    Condition {
        kind: ConditionKind::Reconciled,
        status: ConditionStatus::False,
        severity: Severity::Error,
        connection: connection_of(part),
        reason: failure.code.clone(),
        message: failure.message.clone(),
        remedy: Some(match &failure.remedy {
            Some(text) => Remedy::manual(text),
            None => Remedy::InspectPart {
                part: part.display_name(),
                attempts: failure.attempts,
            },
        }),
        since: Some(failure.since),
    }
}
