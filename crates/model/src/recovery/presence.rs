//! Presence of a stored link in its cloud, as the reads during a hold show it.

use crate::part::{Part, Phase};
use crate::planned_write::is_read;
use crate::reconcile::Picture;

/// Presence of a stored link in its cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The cloud has a part of it.
    Present,
    /// No part was found so far, and not every part was read.
    Unread,
    /// No part was found, and the proof that none exists is not complete.
    Suspected,
    /// No part exists: the link was deleted after the backup, or was never made.
    Absent,
}

impl Presence {
    /// Returns the presence of a link.
    ///
    /// Connections exist only with their published service, so their parts do not count.
    pub fn of(picture: &Picture) -> Self {
        let parts = picture.observed.parts.iter();
        let own = parts.filter(|(part, _)| !matches!(part, Part::Admission(_)));
        let mut presence = Self::Absent;
        for (_, seen) in own {
            match seen.phase {
                Phase::Gone | Phase::Unknown { .. } => {}
                Phase::Missing { .. } => presence = Self::Suspected,
                Phase::Making { .. } | Phase::Ready | Phase::Awaited { .. } | Phase::Failed => {
                    return Self::Present;
                }
            }
        }
        if is_read(picture) {
            presence
        } else {
            Self::Unread
        }
    }

    /// Returns the name in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Unread => "unread",
            Self::Suspected => "suspected_absent",
            Self::Absent => "absent",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;
    use crate::id::{ConnectionId, Generation};
    use crate::part::{AzurePart, AzureSpec, Desired, Observed, ObservedPart, Spec};
    use crate::reconcile::AbsenceRule;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn missing() -> Phase {
        Phase::Missing {
            since: NOW,
            reads: 2,
            check_after: NOW,
        }
    }

    fn presence(phases: &[(Part, Phase)]) -> Presence {
        let balancer = Spec::Azure(AzureSpec::Balancer {
            rules: std::collections::BTreeSet::new(),
            pools: std::collections::BTreeSet::new(),
        });
        let seen = |(part, phase): &(Part, Phase)| {
            let (phase, last) = (phase.clone(), None);
            (part.clone(), ObservedPart { phase, last })
        };
        Presence::of(&Picture {
            generation: Generation(1),
            desired: BTreeMap::from([
                (Part::Azure(AzurePart::Balancer), Desired::Be(balancer)),
                (Part::Attachment, Desired::Be(Spec::Present)),
            ]),
            observed: Observed {
                parts: phases.iter().map(seen).collect(),
                ..Observed::default()
            },
            absence: AbsenceRule::default(),
        })
    }

    #[test]
    fn a_link_is_absent_once_no_part_of_it_can_exist() {
        let balancer = || Part::Azure(AzurePart::Balancer);
        let admission = Part::Admission(ConnectionId::from_bits(1));
        let absent = [(balancer(), Phase::Gone), (Part::Attachment, Phase::Gone)];
        assert_eq!(presence(&absent), Presence::Absent);
        let unread = [(balancer(), Phase::Gone)];
        assert_eq!(presence(&unread), Presence::Unread);
        let unknown = Phase::Unknown { since: NOW };
        let doubtful = [(balancer(), unknown), (Part::Attachment, Phase::Gone)];
        assert_eq!(presence(&doubtful), Presence::Unread);
        let suspected = [(balancer(), missing()), (Part::Attachment, Phase::Gone)];
        assert_eq!(presence(&suspected), Presence::Suspected);
        let of_a_connection = [
            (balancer(), Phase::Gone),
            (Part::Attachment, Phase::Gone),
            (admission, missing()),
        ];
        assert_eq!(presence(&of_a_connection), Presence::Absent);
        for phase in [Phase::Ready, Phase::Failed] {
            let parts = [(balancer(), missing()), (Part::Attachment, phase)];
            assert_eq!(presence(&parts), Presence::Present);
        }
    }
}
