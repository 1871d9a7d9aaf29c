use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::*;
use crate::id::{ConnectionId, Generation};
use crate::part::{Facts, GoogleSpec, ObservedPart};
use crate::reconcile::{AbsenceRule, Failure, Next, Outcome, Recovery, Step, WaitReason, next};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn part() -> Part {
    Part::Admission("plc000000000001".parse::<ConnectionId>().unwrap())
}

fn confirmed(spec: Spec) -> Confirmed {
    Confirmed {
        spec,
        tag: None,
        facts: Facts::default(),
    }
}

fn admission(admission: Admission) -> Outcome {
    Outcome::Ready(confirmed(Spec::Admission(admission)))
}

fn put() -> Step {
    Step::Put {
        part: part(),
        spec: APPROVED,
        tag: None,
    }
}

fn picture(desired: BTreeMap<Part, Desired>) -> Picture {
    let mut picture = Picture {
        generation: Generation(1),
        desired,
        observed: Observed::default(),
        absence: AbsenceRule {
            window: SignedDuration::from_mins(10),
        },
    };
    let seen = |spec| ObservedPart {
        phase: Phase::Ready,
        last: Some(confirmed(spec)),
    };
    let parts = &mut picture.observed.parts;
    let mut known = seen(attachment(&[]));
    known.last.as_mut().unwrap().tag = Some("1".to_owned());
    parts.insert(Part::Attachment, known);
    parts.insert(part(), seen(Spec::Admission(Admission::Pending)));
    picture
}

/// An attachment with these accepted endpoints.
fn attachment(accept: &[&str]) -> Spec {
    Spec::Google(GoogleSpec::ServiceAttachment {
        nat: BTreeSet::new(),
        accept: accept.iter().map(ToString::to_string).collect(),
        reject: BTreeSet::new(),
    })
}

/// A connection whose decision was written, as on Azure.
fn decided() -> Picture {
    let desired = [
        (Part::Attachment, Desired::Be(attachment(&[]))),
        (part(), Desired::Be(APPROVED)),
    ];
    let mut picture = picture(BTreeMap::from(desired));
    write(&mut picture, 0);
    picture
}

/// A connection whose attachment accepts it, as on Google.
fn accepted() -> Picture {
    let desired = [
        (Part::Attachment, Desired::Be(attachment(&["e"]))),
        (part(), Desired::Await(APPROVED)),
    ];
    let mut picture = picture(BTreeMap::from(desired));
    let Next::Do(step @ Step::Put { .. }) = next(&picture, at(0)) else {
        panic!("{:?}", next(&picture, at(0)));
    };
    picture.observed.begin_write(&step, at(0));
    let outcome = Outcome::Ready(confirmed(attachment(&["e"])));
    picture.record(&step, outcome, at(0));
    assert_eq!(next(&picture, at(0)), Next::Do(Step::Read(part())));
    read(&mut picture, Admission::Approved, 1);
    assert!(picture.is_settled());
    picture
}

/// Writes the decision, which the cloud confirms.
fn write(picture: &mut Picture, second: i64) {
    assert_eq!(next(picture, at(second)), Next::Do(put()));
    picture.observed.begin_write(&put(), at(second));
    picture.record(&put(), admission(Admission::Approved), at(second));
    assert!(picture.is_settled());
}

/// Reads the connection, which a listing showed otherwise.
fn read(picture: &mut Picture, found: Admission, second: i64) {
    picture.observed.mark_unknown(&part(), at(second));
    picture.record(&Step::Read(part()), admission(found), at(second));
}

fn shown(picture: &Picture) -> &Spec {
    &picture.observed.last(&part()).unwrap().spec
}

#[test]
fn a_read_from_before_an_approval_leaves_it_and_has_it_written_again() {
    for earlier in [Admission::Pending, Admission::Rejected] {
        let mut picture = decided();
        read(&mut picture, earlier, 179);
        assert_eq!(*shown(&picture), APPROVED, "{earlier:?}");
        assert!(!picture.is_satisfied(&part()));
        write(&mut picture, 179);
        read(&mut picture, Admission::Approved, 181);
        assert!(picture.is_settled());
    }
}

#[test]
fn a_write_that_fails_meanwhile_leaves_the_approval() {
    let mut picture = decided();
    read(&mut picture, Admission::Pending, 10);
    let failure = Failure {
        recovery: Recovery::Retry { after: None },
        code: "Failed".to_owned(),
        message: String::new(),
        remedy: None,
    };
    let generation = picture.generation;
    picture.observed.begin_write(&put(), at(10));
    picture
        .observed
        .fail(&put(), &failure, generation, at(10), 1.0);
    picture.record(&Step::Read(part()), admission(Admission::Pending), at(12));
    assert_eq!(*shown(&picture), APPROVED);
    assert!(picture.observed.failures.contains_key(&part()));
    write(&mut picture, 20);
}

#[test]
fn a_read_that_can_be_no_earlier_state_is_taken_as_it_is() {
    for found in [Admission::Pending, Admission::Rejected] {
        let mut picture = decided();
        read(&mut picture, found, 180);
        assert_eq!(*shown(&picture), Spec::Admission(found));
        write(&mut picture, 181);
    }
    for found in [Admission::Disconnected, Admission::NeedsAttention] {
        let mut picture = decided();
        read(&mut picture, found, 10);
        assert_eq!(*shown(&picture), Spec::Admission(found));
    }
}

#[test]
fn an_approval_that_the_provider_does_not_keep_ends() {
    let mut picture = decided();
    let mut second = 1;
    while *shown(&picture) == APPROVED {
        read(&mut picture, Admission::Rejected, second);
        if *shown(&picture) == APPROVED {
            write(&mut picture, second);
        }
        second += 1;
        assert!(second < 10, "it ends");
    }
    assert_eq!(second, 5, "after the immediate repairs");
}

#[test]
fn an_accepted_endpoint_is_read_again_until_a_read_can_be_no_earlier_state() {
    let mut picture = accepted();
    read(&mut picture, Admission::Pending, 5);
    let mut reads = vec![5];
    loop {
        let now = match next(&picture, at(*reads.last().unwrap())) {
            Next::Wait { until, why } => {
                assert_eq!(why, WaitReason::Awaited(part()));
                until
            }
            other => panic!("{other:?}"),
        };
        if *shown(&picture) != APPROVED {
            break;
        }
        assert_eq!(next(&picture, now), Next::Do(Step::Read(part())));
        picture.record(&Step::Read(part()), admission(Admission::Pending), now);
        reads.push(now.as_second() - at(0).as_second());
    }
    assert_eq!(reads, [5, 10, 20, 40, 70, 100, 130, 160, 190]);
}

#[test]
fn an_accepted_endpoint_that_is_shown_again_is_settled() {
    let mut picture = accepted();
    read(&mut picture, Admission::Pending, 5);
    assert!(!picture.is_settled());
    picture.record(&Step::Read(part()), admission(Admission::Approved), at(10));
    assert!(picture.is_settled());
}
