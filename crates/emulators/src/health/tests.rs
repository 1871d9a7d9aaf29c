use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Exchange, Health, HealthTable, Outcome, Probe};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn probe(port: u16) -> Probe {
    Probe {
        target: ([127, 0, 0, 1], port).into(),
        is_blocked: false,
        is_tls: false,
        exchange: Exchange::Bytes {
            send: Vec::new(),
            expect: Vec::new(),
        },
        interval: Duration::from_secs(5),
        timeout: Duration::from_secs(5),
        healthy_threshold: 2,
        unhealthy_threshold: 3,
        is_strict: false,
    }
}

fn table(probes: &[Probe]) -> HealthTable {
    let mut table = HealthTable::default();
    table.set_probes(probes.iter().cloned().collect(), at(0));
    table
}

#[test]
fn the_first_outcome_decides_and_later_ones_count_to_the_threshold() {
    let probe = probe(1);
    let mut table = table(std::slice::from_ref(&probe));
    assert_eq!(table.health(&probe), Health::Unknown);
    assert!(!table.is_probed());
    let mut turned = Vec::new();
    let failures = [Outcome::Timeout, Outcome::Timeout, Outcome::Unreachable];
    let outcomes = [&[Outcome::Success], &failures[..]].concat();
    for outcome in outcomes
        .into_iter()
        .chain([Outcome::Success, Outcome::Success])
    {
        table.record(&probe, outcome);
        turned.push((table.health(&probe).is_down(), table.take_turned()));
    }
    let expected = [
        (false, true),
        (false, false),
        (false, false),
        (true, true),
        (true, false),
        (false, true),
    ];
    assert_eq!(turned, expected);
}

#[test]
fn a_success_between_failures_starts_the_count_again() {
    let probe = probe(1);
    let mut table = table(std::slice::from_ref(&probe));
    let failure = Outcome::Timeout;
    let success = Outcome::Success;
    for outcome in [
        success, failure, failure, success, failure, failure, success,
    ] {
        table.record(&probe, outcome);
        assert!(!table.health(&probe).is_down());
    }
}

#[test]
fn a_strict_probe_ignores_the_threshold_for_answers_but_not_for_timeouts() {
    let probe = Probe {
        is_strict: true,
        ..probe(1)
    };
    let mut table = table(std::slice::from_ref(&probe));
    table.record(&probe, Outcome::Success);
    table.record(&probe, Outcome::Timeout);
    assert_eq!(table.health(&probe), Health::Up { is_failing: true });
    table.record(&probe, Outcome::WrongAnswer);
    assert!(table.health(&probe).is_down());
}

#[test]
fn probes_are_due_once_per_interval_and_never_twice_concurrently() {
    let (first, second) = (probe(1), probe(2));
    let mut table = table(&[first.clone(), second.clone()]);
    assert_eq!(table.take_due(1, at(0)).first(), Some(&first));
    assert_eq!(table.take_due(9, at(0)), [second]);
    assert_eq!(table.next_due(), None, "both are running");
    assert_eq!(table.take_due(9, at(60)), []);
    table.record(&first, Outcome::Success);
    assert_eq!(table.next_due(), Some(at(5)));
    assert_eq!(table.take_due(9, at(4)), []);
    assert_eq!(table.take_due(9, at(5)), [first]);
}

#[test]
fn the_health_of_a_probe_that_ends_is_forgotten() {
    let (first, second) = (probe(1), probe(2));
    let mut table = table(&[first.clone(), second.clone()]);
    table.record(&first, Outcome::Success);
    table.record(&second, Outcome::Timeout);
    assert!(table.is_probed());
    table.set_probes(BTreeSet::from([first.clone()]), at(1));
    assert_eq!(table.health(&first), Health::Up { is_failing: false });
    assert_eq!(table.health(&second), Health::Unknown);
    table.record(&second, Outcome::Success);
    assert_eq!(table.health(&second), Health::Unknown, "it ended meanwhile");
}

#[test]
fn a_request_for_health_keeps_a_balancer_probed_for_a_while() {
    let mut table = HealthTable::default();
    table.ask("lb", at(0));
    assert!(table.is_stale() && !table.is_probed());
    assert_eq!(table.asked(at(119)), BTreeSet::from(["lb"]));
    table.set_probes(BTreeSet::new(), at(0));
    table.ask("lb", at(60));
    assert!(!table.is_stale(), "it is probed already");
    let end = at(60) + SignedDuration::from_mins(2);
    assert_eq!(table.asked(end), BTreeSet::new());
}
