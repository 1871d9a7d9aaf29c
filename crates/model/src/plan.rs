//! Plans: the steps that the loop would take if every step succeeded immediately.

use jiff::{SignedDuration, Timestamp};

use crate::part::{Confirmed, Desired, Facts, OperationKind, Part, Spec};
use crate::reconcile::{Next, Outcome, Picture, Step, next};

/// The maximum of steps that a plan shows for each part: a read, a change, and a read in between.
/// Without failures the loop settles within these, which a test proves.
const STEPS_PER_PART: usize = 4;

/// Returns the steps until nothing is left to do, each assumed to succeed. A plan is shown, never
/// stored.
///
/// The result of a read is not known in advance; the last confirmed state is assumed.
pub fn plan(mut picture: Picture, now: Timestamp) -> Vec<Step> {
    let mut now = now;
    // Reads are assumed to show the present.
    picture.absence.window = SignedDuration::ZERO;
    let mut steps = Vec::new();
    let parts = picture.desired.len() + picture.observed.parts.len();
    // A wait between two steps takes an iteration of its own.
    for _ in 0..2 * STEPS_PER_PART * parts {
        match next(&picture, now) {
            Next::Do(step) => {
                let outcome = expected(&picture, &step);
                picture.record(&step, outcome, now);
                steps.push(step);
            }
            Next::Wait { until, .. } => now = until,
            Next::Rest => break,
        }
    }
    steps
}

/// Returns the outcome of a successful step.
fn expected(picture: &Picture, step: &Step) -> Outcome {
    let last = picture.observed.last(step.part());
    let ready = |spec: Spec| {
        // Any tag: a provider always answers with one.
        let facts = last.map_or_else(Facts::default, |last| last.facts.clone());
        Outcome::Ready(Confirmed {
            spec,
            tag: Some(String::new()),
            facts,
        })
    };
    match step {
        Step::Put { spec, .. } => ready(spec.clone()),
        Step::Survey(_) => Outcome::Empty,
        Step::Delete(_)
        | Step::Poll {
            kind: OperationKind::Delete,
            ..
        } => Outcome::Gone,
        Step::Poll {
            part,
            kind: OperationKind::Put,
            ..
        } => desired(picture, part).map_or(Outcome::Gone, ready),
        // An awaited part is assumed to take its desired spec.
        Step::Read(part) if matches!(picture.desired.get(part), Some(Desired::Await(_))) => {
            desired(picture, part).map_or(Outcome::Gone, ready)
        }
        Step::Read(_) => last.map_or(Outcome::Gone, |last| ready(last.spec.clone())),
    }
}

fn desired(picture: &Picture, part: &Part) -> Option<Spec> {
    match picture.desired.get(part) {
        Some(Desired::Be(spec) | Desired::Await(spec)) => Some(spec.clone()),
        Some(Desired::Leave) | None => picture.observed.last(part).map(|last| last.spec.clone()),
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read(part) => write!(f, "read {part}"),
            Self::Put { part, .. } => write!(f, "put {part}"),
            Self::Survey(part) => write!(f, "list the contents of {part}"),
            Self::Delete(part) => write!(f, "delete {part}"),
            Self::Poll { part, .. } => write!(f, "poll the operation on {part}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::id::Generation;
    use crate::part::{AzurePart, AzureSpec, Observed};
    use crate::reconcile::AbsenceRule;

    fn picture(desired: BTreeMap<Part, Desired>) -> Picture {
        Picture {
            generation: Generation(1),
            desired,
            observed: Observed::default(),
            absence: AbsenceRule::default(),
        }
    }

    fn all() -> BTreeMap<Part, Desired> {
        BTreeMap::from([
            (
                Part::Azure(AzurePart::Balancer),
                Desired::Be(Spec::Azure(AzureSpec::Balancer {
                    rules: BTreeSet::new(),
                    pools: BTreeSet::new(),
                })),
            ),
            (
                Part::Azure(AzurePart::Member("nic".to_owned())),
                Desired::Be(Spec::Present),
            ),
            (
                Part::Attachment,
                Desired::Be(Spec::Azure(AzureSpec::Attachment {
                    visibility: BTreeSet::new(),
                })),
            ),
        ])
    }

    fn text(picture: Picture) -> Vec<String> {
        plan(picture, Timestamp::UNIX_EPOCH)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_new_object_is_built_in_order() {
        let steps = text(picture(all()));
        let puts: Vec<_> = steps
            .iter()
            .filter(|step| step.starts_with("put"))
            .collect();
        assert_eq!(puts, ["put balancer", "put member:nic", "put attachment"]);
    }

    #[test]
    fn a_deleted_object_is_removed_in_reverse_order() {
        let mut built = picture(all());
        for step in plan(built.clone(), Timestamp::UNIX_EPOCH) {
            let outcome = expected(&built, &step);
            built.record(&step, outcome, Timestamp::UNIX_EPOCH);
        }
        assert!(
            text(built.clone()).is_empty(),
            "a settled object has no plan"
        );
        built.desired.clear();
        assert_eq!(
            text(built),
            ["delete attachment", "delete member:nic", "delete balancer"]
        );
    }

    #[test]
    fn doubt_is_ended_before_anything_else() {
        let mut doubtful = picture(all());
        doubtful
            .observed
            .mark_unknown(&Part::Azure(AzurePart::Balancer), Timestamp::UNIX_EPOCH);
        assert_eq!(
            text(doubtful).first().map(String::as_str),
            Some("read balancer")
        );
    }
}
