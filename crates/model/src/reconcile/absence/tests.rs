use std::collections::BTreeMap;

use super::*;
use crate::id::{ConnectionId, Generation};
use crate::part::{Admission, AzurePart, Confirmed, Desired, Facts, OperationKind, Spec};
use crate::reconcile::{Next, Outcome, Picture, Step, next};

const RULE: AbsenceRule = AbsenceRule {
    window: SignedDuration::from_secs(60),
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn connection() -> Part {
    Part::Admission(ConnectionId::from_bits(1))
}

fn confirmed(spec: Spec) -> Confirmed {
    Confirmed {
        spec,
        tag: Some("t".to_owned()),
        facts: Facts::default(),
    }
}

/// A link with a published service and one approved connection, all confirmed.
fn picture() -> Picture {
    let approved = Spec::Admission(Admission::Approved);
    let desired = BTreeMap::from([
        (Part::Azure(AzurePart::Balancer), Desired::Be(Spec::Present)),
        (Part::Attachment, Desired::Be(Spec::Present)),
        (connection(), Desired::Be(approved)),
    ]);
    let mut observed = Observed::default();
    for (part, desired) in &desired {
        let Desired::Be(spec) = desired else { continue };
        let seen = ObservedPart {
            phase: Phase::Ready,
            last: Some(confirmed(spec.clone())),
        };
        observed.parts.insert(part.clone(), seen);
    }
    Picture {
        generation: Generation(1),
        desired,
        observed,
        absence: RULE,
    }
}

fn read(picture: &mut Picture, part: &Part, outcome: Outcome, now: Timestamp) {
    picture.record(&Step::Read(part.clone()), outcome, now);
}

fn absent(evidence: Evidence) -> Outcome {
    Outcome::Absent(evidence)
}

#[test]
fn absence_needs_reads_and_time() {
    let mut picture = picture();
    let part = connection();
    picture.observed.suspect(&part, at(0));
    assert_eq!(next(&picture, at(0)), Next::Do(Step::Read(part.clone())));
    for second in [0, 30, 59] {
        read(
            &mut picture,
            &part,
            absent(Evidence::ParentLacks),
            at(second),
        );
        assert!(picture.observed.is_suspected(&part), "after {second} s");
        assert!(picture.observed.last(&part).is_some());
    }
    read(&mut picture, &part, absent(Evidence::ParentLacks), at(60));
    assert!(picture.observed.is_gone(&part));
}

#[test]
fn the_second_read_follows_soon_and_the_last_ends_the_window() {
    let mut picture = picture();
    let part = connection();
    picture.observed.suspect(&part, at(0));
    let mut seconds = Vec::new();
    let mut now = at(0);
    while picture.observed.is_suspected(&part) {
        match next(&picture, now) {
            Next::Do(step) => {
                assert_eq!(step, Step::Read(part.clone()));
                seconds.push(now.duration_since(at(0)).as_secs());
                read(&mut picture, &part, absent(Evidence::ParentLacks), now);
            }
            Next::Wait { until, .. } => now = until,
            Next::Rest => panic!("rests with a suspicion"),
        }
    }
    assert_eq!(seconds, [0, 2, 60]);
}

#[test]
fn a_caller_hurries_the_reads_and_skips_none() {
    let mut picture = picture();
    let part = connection();
    picture.observed.suspect(&part, at(0));
    for second in 0..60 {
        picture.observed.hurry_absence(at(second));
        assert_eq!(
            next(&picture, at(second)),
            Next::Do(Step::Read(part.clone()))
        );
        read(
            &mut picture,
            &part,
            absent(Evidence::ParentLacks),
            at(second),
        );
        assert!(picture.observed.is_suspected(&part), "after {second} s");
    }
}

#[test]
fn one_read_that_finds_it_ends_the_suspicion() {
    let mut picture = picture();
    let part = connection();
    let found = Outcome::Ready(confirmed(Spec::Admission(Admission::Approved)));
    for second in [0, 40] {
        read(
            &mut picture,
            &part,
            absent(Evidence::ParentLacks),
            at(second),
        );
    }
    read(&mut picture, &part, found, at(50));
    assert!(picture.observed.is_ready(&part));
    // The count begins again.
    read(&mut picture, &part, absent(Evidence::ParentLacks), at(70));
    assert!(picture.observed.is_suspected(&part));
}

#[test]
fn a_missing_parent_says_nothing_about_its_connections() {
    let mut picture = picture();
    let part = connection();
    for second in 0..10 {
        read(
            &mut picture,
            &part,
            absent(Evidence::ParentAbsent),
            at(60 * second),
        );
        assert!(picture.observed.is_suspected(&part));
    }
    assert!(picture.observed.is_suspected(&Part::Attachment));
    // Its own absence, once proven, ends them.
    for second in [600, 630, 660] {
        let lacks = absent(Evidence::ParentLacks);
        read(&mut picture, &Part::Attachment, lacks, at(second));
    }
    assert!(picture.observed.is_gone(&Part::Attachment));
    assert!(picture.observed.is_gone(&part));
}

#[test]
fn a_parent_that_is_gone_proves_the_absence_of_a_connection() {
    let mut picture = picture();
    let part = connection();
    for second in [0, 30, 60] {
        let lacks = absent(Evidence::ParentLacks);
        read(&mut picture, &Part::Attachment, lacks, at(second));
    }
    // A write of unknown outcome, made before the end of the parent was known.
    picture.observed.mark_unknown(&part, at(61));
    for second in [70, 100] {
        let missing = absent(Evidence::ParentAbsent);
        read(&mut picture, &part, missing, at(second));
        assert!(picture.observed.is_suspected(&part));
    }
    let missing = absent(Evidence::ParentAbsent);
    read(&mut picture, &part, missing, at(130));
    assert!(picture.observed.is_gone(&part));
}

#[test]
fn nothing_is_written_on_a_suspicion() {
    let mut picture = picture();
    picture.observed.suspect(&Part::Attachment, at(0));
    let mut now = at(0);
    while picture.observed.is_suspected(&Part::Attachment) {
        match next(&picture, now) {
            Next::Do(step) => {
                assert_eq!(step, Step::Read(Part::Attachment));
                read(
                    &mut picture,
                    &Part::Attachment,
                    absent(Evidence::ParentLacks),
                    now,
                );
            }
            Next::Wait { until, .. } => now = until,
            Next::Rest => panic!("rests with a suspicion"),
        }
    }
    let step = next(&picture, now);
    assert!(
        matches!(
            &step,
            Next::Do(Step::Put {
                part: Part::Attachment,
                ..
            })
        ),
        "a proven absence is repaired: {step:?}"
    );
}

#[test]
fn a_removal_that_the_provider_completed_needs_no_proof() {
    let mut picture = picture();
    picture.desired.clear();
    let step = Step::Poll {
        part: connection(),
        operation: "o".to_owned(),
        kind: OperationKind::Delete,
    };
    picture.record(&step, Outcome::Gone, at(0));
    assert!(picture.observed.is_gone(&connection()));
}

#[test]
fn what_is_deleted_is_not_forgotten_on_one_read() {
    let mut picture = picture();
    picture.desired.clear();
    // A write of unknown outcome, never confirmed.
    let part = Part::Azure(AzurePart::Member("nic".to_owned()));
    picture.observed.mark_unknown(&part, at(0));
    read(&mut picture, &part, absent(Evidence::ParentLacks), at(0));
    assert!(picture.observed.is_suspected(&part));
    assert!(!picture.is_settled());
}

#[test]
fn what_was_never_confirmed_is_written_again_without_a_pause() {
    let mut picture = picture();
    let part = Part::Azure(AzurePart::Balancer);
    picture.observed.parts.remove(&part);
    picture.observed.mark_unknown(&part, at(0));
    read(&mut picture, &part, absent(Evidence::ParentLacks), at(0));
    let step = next(&picture, at(0));
    assert!(
        matches!(&step, Next::Do(Step::Put { part: put, .. }) if *put == part),
        "{step:?}"
    );
    // If it is no longer desired before it is written, it may exist and must be deleted.
    picture.desired.clear();
    assert!(!picture.observed.is_gone(&part));
}
