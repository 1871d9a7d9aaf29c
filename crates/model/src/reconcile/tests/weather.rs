//! Providers that do not keep writes, operations that do not end, clocks that were ahead.

use super::*;
use crate::part::RepeatedWrite;

fn balancer_part() -> Part {
    Part::Azure(AzurePart::Balancer)
}

/// Reverts the balancer, as a policy does.
fn revert(picture: &mut Picture) {
    let seen = picture.observed.parts.get_mut(&balancer_part()).unwrap();
    seen.last = Some(confirmed(&balancer(&[1]), "reverted"));
}

/// Performs the steps that are due now; returns the number of writes.
fn run(picture: &mut Picture, now: Timestamp) -> usize {
    let mut writes = 0;
    for _ in 0..100 {
        let Next::Do(step) = next(picture, now) else {
            return writes;
        };
        let outcome = match &step {
            Step::Put { spec, .. } => Outcome::Ready(confirmed(spec, "t")),
            Step::Survey(_) => Outcome::Empty,
            Step::Read(part) | Step::Poll { part, .. } | Step::Delete(part) => {
                let last = picture.observed.last(part).unwrap();
                Outcome::Ready(confirmed(&last.spec, "t"))
            }
        };
        writes += usize::from(step.is_write());
        picture.record(&step, outcome, now);
    }
    panic!("a write loop: {picture:?}");
}

#[test]
fn a_write_that_a_policy_reverts_is_repeated_after_growing_pauses() {
    let mut picture = picture(link_parts(&[5432], &[]));
    settle(&mut picture);
    let mut writes = 0;
    let day = 24 * 60 * 60;
    // Each sweep of 10 seconds shows the reverted state.
    for second in (0..day).step_by(10) {
        revert(&mut picture);
        writes += run(&mut picture, at(1_000 + second));
    }
    let quarters = usize::try_from(day / 900).unwrap();
    assert!(writes <= quarters + 10, "{writes} writes in a day");
    assert!(writes >= quarters - 10, "it does not give up: {writes}");
    let written: &RepeatedWrite = &picture.observed.repeated_writes[&balancer_part()];
    assert!(written.is_not_kept());
    // A new desired state is written immediately.
    picture.generation = Generation(2);
    picture.desired = link_parts(&[5432, 6432], &[]);
    assert!(run(&mut picture, at(1_000 + day)) > 0);
}

#[test]
fn an_operation_that_ends_with_another_spec_is_a_write_that_is_not_kept() {
    let mut picture = picture(link_parts(&[5432], &[]));
    settle(&mut picture);
    revert(&mut picture);
    let mut writes = 0;
    let hours = 2 * 60 * 60;
    for second in 0..hours {
        let now = at(1_000 + second);
        while let Next::Do(step) = next(&picture, now) {
            writes += usize::from(step.is_write());
            let outcome = match &step {
                Step::Put { .. } => Outcome::Making {
                    operation: Some("op".to_owned()),
                    check_after: now,
                    kind: OperationKind::Put,
                },
                _ => Outcome::Ready(confirmed(&balancer(&[1]), "reverted")),
            };
            picture.record(&step, outcome, now);
        }
    }
    assert!((2..20).contains(&writes), "{writes} writes in two hours");
    assert!(picture.observed.repeated_writes[&balancer_part()].is_not_kept());
}

#[test]
fn an_operation_that_does_not_end_is_a_failure_and_costs_few_calls() {
    let mut picture = picture(link_parts(&[5432], &[]));
    let mut calls = 0;
    let hours = 6 * 60 * 60;
    for second in 0..hours {
        let now = at(second);
        while let Next::Do(step) = next(&picture, now) {
            calls += 1;
            let making = Outcome::Making {
                operation: Some("op".to_owned()),
                check_after: now + SignedDuration::from_secs(5),
                kind: OperationKind::Put,
            };
            picture.record(&step, making, now);
        }
    }
    assert!(calls < 200, "{calls} calls in six hours");
    let failure = &picture.observed.failures[&balancer_part()];
    assert_eq!(failure.code, "OperationOverdue");
    assert_eq!(failure.since, at(0));
    let seen = &picture.observed.parts[&balancer_part()];
    let Phase::Making { operation, .. } = &seen.phase else {
        panic!("{seen:?}");
    };
    assert_eq!(*operation, None, "the part itself is read");
    // It ends after all.
    let now = at(hours + 600);
    let Next::Do(step) = next(&picture, now) else {
        panic!("a read is due");
    };
    picture.record(
        &step,
        Outcome::Ready(confirmed(&balancer(&[5432]), "t")),
        now,
    );
    assert!(picture.observed.failures.is_empty());
}

#[test]
fn times_of_a_clock_that_was_ahead_park_nothing() {
    let year = 365 * 24 * 60 * 60;
    let ahead = at(year);
    let mut picture = picture(link_parts(&[5432], &[]));
    settle(&mut picture);
    let part = balancer_part();
    for phase in [
        Phase::Making {
            since: ahead,
            check_after: ahead,
            operation: None,
            kind: OperationKind::Put,
        },
        Phase::Missing {
            since: ahead,
            reads: 1,
            check_after: ahead,
        },
    ] {
        picture.observed.parts.get_mut(&part).unwrap().phase = phase.clone();
        let step = next(&picture, at(0));
        assert_eq!(step, Next::Do(Step::Read(part.clone())), "{phase:?}");
    }
    revert(&mut picture);
    picture.observed.parts.get_mut(&part).unwrap().phase = Phase::Ready;
    let step = Step::Read(part.clone());
    let failure = Failure {
        recovery: Recovery::Refused,
        code: "Denied".to_owned(),
        message: String::new(),
        remedy: None,
    };
    picture
        .observed
        .fail(&step, &failure, Generation(1), ahead, 0.0);
    assert!(picture.observed.failures[&part].retry_at > at(year));
    assert!(matches!(next(&picture, at(0)), Next::Do(_)));
}
