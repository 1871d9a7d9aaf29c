use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::id::Generation;
use crate::part::{AzurePart, Facts, GooglePart, GoogleSpec, ObservedPart};
use crate::reconcile::{Evidence, Next, WaitReason, next};

const RULE: AbsenceRule = AbsenceRule {
    window: SignedDuration::from_mins(10),
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn part() -> Part {
    Part::Google(GooglePart::Allow)
}

/// The rule that opens these ports.
fn opening(ports: &[u16]) -> Spec {
    Spec::Google(GoogleSpec::Firewall {
        sources: BTreeSet::new(),
        ports: ports.iter().copied().collect(),
    })
}

fn confirmed(ports: &[u16]) -> Confirmed {
    Confirmed {
        spec: opening(ports),
        tag: None,
        facts: Facts::default(),
    }
}

fn put(ports: &[u16]) -> Step {
    Step::Put {
        part: part(),
        spec: opening(ports),
        tag: None,
    }
}

/// A rule that has opened one port since long ago.
fn picture() -> Picture {
    let seen = ObservedPart {
        phase: Phase::Ready,
        last: Some(confirmed(&[1])),
    };
    let mut picture = Picture {
        generation: Generation(1),
        desired: BTreeMap::from([(part(), Desired::Be(opening(&[1])))]),
        observed: Observed::default(),
        absence: RULE,
    };
    picture.observed.parts.insert(part(), seen);
    picture
}

/// Desires these ports, and checks the step that follows.
fn desire(picture: &mut Picture, ports: &[u16], now: Timestamp) -> Next {
    picture.generation = Generation(picture.generation.0 + 1);
    picture.desired.insert(part(), Desired::Be(opening(ports)));
    next(picture, now)
}

/// Begins a write and records its outcome.
fn write(picture: &mut Picture, step: &Step, outcome: Outcome, now: Timestamp) {
    picture.observed.begin_write(step, now);
    picture.record(step, outcome, now);
}

/// Begins a write, before which a read shows that the ports are as desired.
fn find(picture: &mut Picture, ports: &[u16], now: Timestamp) {
    write(picture, &put(ports), Outcome::Found(confirmed(ports)), now);
}

/// Begins a write that opens a second port and fails.
fn fail(picture: &mut Picture, recovery: Recovery) {
    desire(picture, &[1, 2], at(0));
    let failure = Failure {
        recovery,
        code: "Failed".to_owned(),
        message: String::new(),
        remedy: None,
    };
    let step = put(&[1, 2]);
    picture.observed.begin_write(&step, at(0));
    let generation = picture.generation;
    picture
        .observed
        .fail(&step, &failure, generation, at(0), 1.0);
}

/// Opens a second port, which the cloud confirms.
fn opened() -> Picture {
    let mut picture = picture();
    assert_eq!(desire(&mut picture, &[1, 2], at(0)), Next::Do(put(&[1, 2])));
    let outcome = Outcome::Ready(confirmed(&[1, 2]));
    write(&mut picture, &put(&[1, 2]), outcome, at(0));
    assert!(picture.is_settled());
    picture
}

/// Answers each read of the part from then on; returns the seconds of the reads.
fn read(picture: &mut Picture, ports: impl Fn(i64) -> Vec<u16>, from: i64) -> Vec<i64> {
    let mut seconds = Vec::new();
    let mut second = from;
    loop {
        match next(picture, at(second)) {
            Next::Do(step @ Step::Read(_)) => {
                seconds.push(second);
                let outcome = Outcome::Ready(confirmed(&ports(second)));
                picture.record(&step, outcome, at(second));
            }
            Next::Wait { until, why } => {
                assert_eq!(why, WaitReason::PartFailure(part()));
                second = until.as_second() - at(0).as_second();
            }
            Next::Do(_) | Next::Rest => return seconds,
        }
    }
}

#[test]
fn a_port_that_was_opened_is_closed_though_a_read_shows_it_closed() {
    let mut picture = opened();
    assert_eq!(desire(&mut picture, &[1], at(2)), Next::Do(put(&[1])));
    // The read before the write shows the state before the port was opened.
    find(&mut picture, &[1], at(2));
    assert!(!picture.is_settled());
    let failure = &picture.observed.failures[&part()];
    assert_eq!(failure.code, STALE_READ);
    // What is known stays: names and ports are derived from it.
    assert_eq!(picture.observed.last(&part()), Some(&confirmed(&[1, 2])));
    let stale_for_ten = |second| if second < 12 { vec![1] } else { vec![1, 2] };
    assert_eq!(read(&mut picture, stale_for_ten, 2), [3, 5, 9, 17]);
    assert_eq!(next(&picture, at(17)), Next::Do(put(&[1])));
    write(
        &mut picture,
        &put(&[1]),
        Outcome::Ready(confirmed(&[1])),
        at(17),
    );
    assert!(picture.is_settled());
    assert_eq!(next(&picture, at(18)), Next::Rest);
}

#[test]
fn a_read_is_believed_once_it_cannot_be_older_than_the_other_write() {
    let mut picture = opened();
    // Another program closes the port again, and then it is desired.
    desire(&mut picture, &[1], at(2));
    find(&mut picture, &[1], at(2));
    let seconds = read(&mut picture, |_| vec![1], 2);
    assert_eq!(seconds, [3, 5, 9, 17, 33, 65, 129, 180]);
    assert!(picture.is_settled());
    assert_eq!(picture.observed.last(&part()), Some(&confirmed(&[1])));
}

#[test]
fn a_state_that_was_read_before_it_was_desired_is_read_again() {
    let mut picture = opened();
    let stale = Outcome::Ready(confirmed(&[1]));
    picture.record(&Step::Read(part()), stale, at(1));
    assert_eq!(
        desire(&mut picture, &[1], at(2)),
        Next::Do(Step::Read(part()))
    );
    assert_eq!(read(&mut picture, |_| vec![1, 2], 2), [2]);
    assert_eq!(next(&picture, at(2)), Next::Do(put(&[1])));
}

#[test]
fn a_write_without_answer_may_be_in_effect_though_a_read_shows_the_state_before_it() {
    let mut picture = picture();
    fail(&mut picture, Recovery::Retry { after: None });
    assert_eq!(
        desire(&mut picture, &[1], at(1)),
        Next::Do(Step::Read(part()))
    );
    let stale_for_four = |second| if second < 5 { vec![1] } else { vec![1, 2] };
    read(&mut picture, stale_for_four, 1);
    let step = next(&picture, at(60));
    assert_eq!(step, Next::Do(put(&[1])));
}

#[test]
fn after_a_refused_write_a_read_is_believed() {
    let mut picture = picture();
    fail(&mut picture, Recovery::Refused);
    desire(&mut picture, &[1], at(1));
    assert_eq!(read(&mut picture, |_| vec![1], 1), [1]);
    assert!(picture.is_settled());
}

#[test]
fn a_deletion_that_met_nothing_leaves_the_next_read_believed() {
    let mut picture = picture();
    picture.desired.clear();
    let absent = Outcome::Absent(Evidence::Alone);
    write(&mut picture, &Step::Delete(part()), absent, at(0));
    desire(&mut picture, &[1], at(1));
    assert_eq!(read(&mut picture, |_| vec![1], 1), [1]);
    assert!(picture.is_settled());
}

#[test]
fn a_deleted_part_that_a_read_still_shows_is_made_again() {
    let mut picture = picture();
    picture.desired.clear();
    let delete = Step::Delete(part());
    assert_eq!(next(&picture, at(0)), Next::Do(delete.clone()));
    write(&mut picture, &delete, Outcome::Gone, at(0));
    assert_eq!(desire(&mut picture, &[1], at(2)), Next::Do(put(&[1])));
    find(&mut picture, &[1], at(2));
    assert!(!picture.is_settled());
    assert_eq!(next(&picture, at(3)), Next::Do(Step::Read(part())));
    let absent = Outcome::Absent(Evidence::Alone);
    picture.record(&Step::Read(part()), absent, at(3));
    assert_eq!(next(&picture, at(4)), Next::Do(put(&[1])));
}

#[test]
fn a_part_is_known_after_an_operation_whose_end_is_read() {
    let mut picture = opened();
    desire(&mut picture, &[1, 3], at(2));
    let making = Outcome::Making {
        operation: None,
        check_after: at(3),
        kind: OperationKind::Put,
    };
    write(&mut picture, &put(&[1, 3]), making, at(2));
    assert_eq!(next(&picture, at(3)), Next::Do(Step::Read(part())));
    let ended = Outcome::Ready(confirmed(&[1, 3]));
    picture.record(&Step::Read(part()), ended, at(3));
    assert!(picture.is_settled());
    assert_eq!(next(&picture, at(4)), Next::Rest);
}

#[test]
fn an_operation_that_ends_after_its_write_was_revoked_is_not_believed_by_an_old_read() {
    let mut picture = picture();
    desire(&mut picture, &[1, 2], at(0));
    let operation = "op".to_owned();
    let making = Outcome::Making {
        operation: Some(operation.clone()),
        check_after: at(3),
        kind: OperationKind::Put,
    };
    write(&mut picture, &put(&[1, 2]), making, at(0));
    let poll = Step::Poll {
        part: part(),
        operation,
        kind: OperationKind::Put,
    };
    desire(&mut picture, &[1], at(2));
    assert_eq!(next(&picture, at(3)), Next::Do(poll.clone()));
    picture.record(&poll, Outcome::Ready(confirmed(&[1])), at(3));
    assert!(!picture.is_settled());
    read(&mut picture, |_| vec![1, 2], 4);
    assert_eq!(next(&picture, at(60)), Next::Do(put(&[1])));
}

#[test]
fn attempts_are_dropped_when_no_read_can_be_older() {
    let mut observed = Observed::default();
    for second in 0..1_000 {
        let balancer = Part::Azure(AzurePart::Balancer);
        let step = Step::Put {
            part: balancer.clone(),
            spec: Spec::Present,
            tag: None,
        };
        observed.begin_write(&step, at(10 * second));
        assert!(observed.write_attempts[&balancer].len() <= 18);
    }
    observed.begin_write(&put(&[1]), at(100_000));
    assert_eq!(observed.write_attempts.len(), 1);
}
