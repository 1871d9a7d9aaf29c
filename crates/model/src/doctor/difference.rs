//! Differences between the desired objects of a link and those in its cloud.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::change::{Change, ChangeKind};
use crate::part::{AzurePart, Desired, GooglePart, GoogleSpec, Part, Phase, Spec};
use crate::reconcile::Picture;

/// The answers that must agree before an object is said to be missing: 2. One alone is wrong now and then:
/// clouds answer 404 for what exists, and lists lag.
pub const AGREEING_ANSWERS: u32 = 2;

/// A part of a link that does not have its desired state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The part.
    pub part: Part,
    /// Its present state.
    pub kind: DifferenceKind,
}

/// The present state of a part that does not have its desired one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DifferenceKind {
    /// Confirmed before, and not shown by the cloud since.
    Missing {
        /// The first read or listing that did not find it.
        since: Timestamp,
        /// The answers that lack it: reads of the object itself, and the listing of this check.
        answers: u32,
    },
    /// Exists with other properties.
    Changed(Change),
    /// The lists of accepted and rejected endpoints differ from the decisions (Google).
    AcceptList {
        /// Approved endpoints that are not accepted, by the provider's name of the connection.
        lacks: BTreeSet<String>,
    },
    /// The cloud does not keep what is written.
    NotKept {
        /// The writes so far.
        writes: u32,
    },
    /// The last step failed.
    Failing {
        /// The provider's or our own code.
        code: String,
        /// The attempt and the answer. Untrusted text.
        message: String,
        /// The action of the operator, if retries alone do not help.
        remedy: Option<String>,
        /// Failures in a row.
        attempts: u32,
        /// Retries alone do not help, or have not helped for long.
        is_lasting: bool,
    },
    /// The provider works on it.
    InProgress,
    /// It is read, and nothing about it is known yet.
    Unread,
    /// It does not exist yet.
    NotCreated,
}

impl Difference {
    /// Reports whether it is a fault, and neither progress nor an answer that may be from the past.
    pub const fn is_fault(&self) -> bool {
        match &self.kind {
            DifferenceKind::Changed(change) => change.doubtful_since.is_none(),
            DifferenceKind::Missing { answers, .. } => *answers >= AGREEING_ANSWERS,
            DifferenceKind::Failing { is_lasting, .. } => *is_lasting,
            DifferenceKind::NotKept { .. } => true,
            DifferenceKind::AcceptList { .. }
            | DifferenceKind::InProgress
            | DifferenceKind::Unread
            | DifferenceKind::NotCreated => false,
        }
    }

    /// Reports whether it is about the decisions about connections alone.
    pub const fn is_of_decisions(&self) -> bool {
        matches!(self.kind, DifferenceKind::AcceptList { .. })
    }

    /// Reports whether it is about the rules of the cloud for open ports.
    pub const fn is_of_rules(&self) -> bool {
        match self.part {
            Part::Google(GooglePart::Allow | GooglePart::Deny) => true,
            Part::Azure(AzurePart::Balancer) => matches!(
                self.kind,
                DifferenceKind::Changed(_) | DifferenceKind::NotKept { .. }
            ),
            Part::Network
            | Part::Attachment
            | Part::Admission(_)
            | Part::Azure(_)
            | Part::Google(_) => false,
        }
    }
}

/// The differences of a link's own objects, in build order. Decisions about connections are not
/// among them.
pub fn differences(picture: &Picture, now: Timestamp) -> Vec<Difference> {
    let mut found = Vec::new();
    for (part, desired) in &picture.desired {
        let (Desired::Be(spec) | Desired::Await(spec)) = desired else {
            continue;
        };
        if !is_own_object(part) || picture.is_satisfied(part) {
            continue;
        }
        found.push(Difference {
            part: part.clone(),
            kind: kind(picture, part, spec, now),
        });
    }
    found
}

/// The number of a link's own objects.
pub(super) fn objects(picture: &Picture) -> usize {
    picture
        .desired
        .keys()
        .filter(|part| is_own_object(part))
        .count()
}

const fn is_own_object(part: &Part) -> bool {
    !matches!(part, Part::Admission(_)) && !part.is_of_network()
}

fn kind(picture: &Picture, part: &Part, desired: &Spec, now: Timestamp) -> DifferenceKind {
    let observed = &picture.observed;
    let seen = observed.parts.get(part);
    let phase = seen.map(|it| &it.phase);
    if let Some(Phase::Missing { since, reads, .. }) = phase {
        return DifferenceKind::Missing {
            since: *since,
            answers: *reads,
        };
    }
    if let Some(written) = observed.repeated_writes.get(part)
        && written.is_not_kept()
    {
        return DifferenceKind::NotKept {
            writes: written.count,
        };
    }
    if let Some(failure) = observed.failures.get(part) {
        return DifferenceKind::Failing {
            code: failure.code.clone(),
            message: failure.message.clone(),
            remedy: failure.remedy.clone(),
            attempts: failure.attempts,
            is_lasting: failure.is_lasting(),
        };
    }
    let changed = |kind| {
        DifferenceKind::Changed(Change {
            kind,
            doubtful_since: picture.written_lately(part, desired, now),
        })
    };
    match phase {
        None | Some(Phase::Gone) => DifferenceKind::NotCreated,
        Some(Phase::Unknown { .. } | Phase::Missing { .. }) => DifferenceKind::Unread,
        Some(Phase::Making { .. }) => DifferenceKind::InProgress,
        Some(Phase::Failed) => changed(ChangeKind::Failed),
        Some(Phase::Ready | Phase::Awaited { .. }) => {
            let found = seen.and_then(|it| it.last.as_ref()).map(|it| &it.spec);
            accept_list(desired, found).unwrap_or_else(|| changed(ChangeKind::of(desired, found)))
        }
    }
}

/// The difference of two attachments that have the same ranges.
fn accept_list(desired: &Spec, found: Option<&Spec>) -> Option<DifferenceKind> {
    match (desired, found) {
        (
            Spec::Google(GoogleSpec::ServiceAttachment { nat, accept, .. }),
            Some(Spec::Google(GoogleSpec::ServiceAttachment {
                nat: ranges,
                accept: accepted,
                ..
            })),
        ) if nat == ranges => Some(DifferenceKind::AcceptList {
            lacks: accept.difference(accepted).cloned().collect(),
        }),
        _ => None,
    }
}
