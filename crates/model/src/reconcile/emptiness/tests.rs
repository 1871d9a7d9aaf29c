use std::collections::BTreeMap;

use super::*;
use crate::id::Generation;
use crate::part::{AzurePart, Confirmed, Facts, ObservedPart, Phase, Spec};
use crate::plan::plan;
use crate::reconcile::{Failure, Next, Outcome, Picture, Recovery, WaitReason, next};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn group() -> Part {
    Part::Azure(AzurePart::Group)
}

fn found() -> Outcome {
    Outcome::Ready(Confirmed {
        spec: Spec::Present,
        tag: None,
        facts: Facts::default(),
    })
}

/// A project VPC that is being deleted: only its resource group is left.
fn picture() -> Picture {
    let mut observed = Observed::default();
    let seen = ObservedPart {
        phase: Phase::Ready,
        last: Some(Confirmed {
            spec: Spec::Present,
            tag: None,
            facts: Facts::default(),
        }),
    };
    observed.parts.insert(group(), seen);
    Picture {
        generation: Generation(1),
        desired: BTreeMap::new(),
        observed,
        absence: AbsenceRule {
            window: SignedDuration::from_secs(60),
        },
    }
}

fn survey() -> Step {
    Step::Survey(group())
}

fn see_empty(picture: &mut Picture, now: Timestamp) {
    assert_eq!(next(picture, now), Next::Do(survey()));
    picture.record(&survey(), Outcome::Empty, now);
}

#[test]
fn a_group_is_deleted_by_the_third_listing_at_the_end_of_the_window() {
    let mut picture = picture();
    see_empty(&mut picture, at(0));
    let wait = |until| Next::Wait {
        until,
        why: WaitReason::Emptiness(group()),
    };
    assert_eq!(next(&picture, at(1)), wait(at(30)));
    see_empty(&mut picture, at(30));
    assert_eq!(next(&picture, at(59)), wait(at(60)));
    assert_eq!(next(&picture, at(60)), Next::Do(Step::Delete(group())));
}

#[test]
fn quick_listings_do_not_shorten_the_time() {
    let mut picture = picture();
    for second in 0..20 {
        picture.record(&survey(), Outcome::Empty, at(second));
        assert_ne!(next(&picture, at(second)), Next::Do(Step::Delete(group())));
    }
    assert_eq!(picture.observed.emptiness[&group()].since, at(0));
}

#[test]
fn the_proof_survives_a_restart() {
    let mut picture = picture();
    see_empty(&mut picture, at(0));
    see_empty(&mut picture, at(30));
    let stored = serde_json::to_value(&picture.observed).unwrap();
    picture.observed = serde_json::from_value(stored).unwrap();
    assert_eq!(next(&picture, at(60)), Next::Do(Step::Delete(group())));
}

#[test]
fn contents_or_an_unknown_state_of_the_group_begin_a_new_proof() {
    let failure = Failure {
        recovery: Recovery::Reread,
        code: "GroupNotEmpty".to_owned(),
        message: String::new(),
        remedy: None,
    };
    let inhabited = |picture: &mut Picture| {
        let generation = picture.generation;
        let observed = &mut picture.observed;
        observed.fail(&survey(), &failure, generation, at(30), 0.0);
    };
    let unknown = |picture: &mut Picture| picture.observed.mark_unknown(&group(), at(30));
    for end in [&inhabited as &dyn Fn(&mut Picture), &unknown] {
        let mut picture = picture();
        see_empty(&mut picture, at(0));
        end(&mut picture);
        let read = Step::Read(group());
        assert_eq!(next(&picture, at(60)), Next::Do(read.clone()));
        picture.record(&read, found(), at(60));
        see_empty(&mut picture, at(60));
        see_empty(&mut picture, at(90));
        assert_eq!(next(&picture, at(120)), Next::Do(Step::Delete(group())));
    }
}

#[test]
fn listings_of_long_ago_do_not_count() {
    let mut picture = picture();
    see_empty(&mut picture, at(0));
    see_empty(&mut picture, at(30));
    let later = 60 + KEPT.as_secs();
    assert_eq!(next(&picture, at(later)), Next::Do(Step::Delete(group())));
    see_empty(&mut picture, at(later + 1));
    let proof = &picture.observed.emptiness[&group()];
    assert_eq!((proof.since, proof.reads), (at(later + 1), 1));
}

#[test]
fn a_plan_shows_the_listings_and_the_deletion() {
    let steps = plan(picture(), at(0));
    let shown: Vec<_> = steps.iter().map(ToString::to_string).collect();
    let expected = [
        "list the contents of group",
        "list the contents of group",
        "delete group",
    ];
    assert_eq!(shown, expected);
}
