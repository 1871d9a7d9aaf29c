//! Faults at every effect: each scenario is repeated for each of its effects, with a crash before it,
//! a crash after it, and the effect performed twice.

use std::cell::Cell;

use jiff::SignedDuration;
use underpass_clouds::Depth;
use underpass_server::reconcile::LEASE;
use underpass_store::{Room, Store as _};

use crate::actors::Decision;
use crate::azure::Azure;
use crate::cloud::{Cloud, Timing};
use crate::environment::CrashPoint;
use crate::executor;
use crate::false_answer::Kind;
use crate::google::Google;
use crate::injected_mistake::InjectedMistake;
use crate::invariants::check;
use crate::random_run::converge;
use crate::simulation::Simulation;

/// Setup without faults, and the action whose effects meet a fault.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) setup: fn(&mut Simulation),
    pub(crate) action: fn(&mut Simulation),
}

/// Scenarios of every cloud.
fn scenarios() -> Vec<(&'static str, Scenario)> {
    let scenario =
        |setup: fn(&mut Simulation), action: fn(&mut Simulation)| Scenario { setup, action };
    vec![
        ("create", scenario(|_| {}, create)),
        (
            "approve",
            scenario(pending, |sim| sim.decide(0, Decision::Approve)),
        ),
        (
            "toggle",
            scenario(connected, |sim| sim.toggle("pgbouncer", true)),
        ),
        (
            "reject",
            scenario(connected, |sim| sim.decide(0, Decision::Reject)),
        ),
        ("delete", scenario(connected, Simulation::delete_link)),
    ]
}

pub(crate) fn create(sim: &mut Simulation) {
    sim.toggle("pg", true);
    assert!(sim.create_link(0));
}

pub(crate) fn pending(sim: &mut Simulation) {
    create(sim);
    settle(sim);
    let [consumer, ..] = sim.cloud.consumers();
    sim.make_endpoint(consumer);
    discover(sim);
}

pub(crate) fn connected(sim: &mut Simulation) {
    pending(sim);
    sim.decide(0, Decision::Approve);
    settle(sim);
    sim.decide(0, Decision::Address);
    settle(sim);
}

/// Sweeps, so that the changes of consumers are observed.
pub(crate) fn discover(sim: &mut Simulation) {
    sim.settle_cloud();
    sim.sweep(Depth::Connections);
    settle(sim);
}

/// Rounds after which a simulation with due work counts as not settling.
const ROUNDS: u32 = 200;

/// Shortest pause between two rounds, 1 minute: operations complete within it, so that polls are not
/// most of the effects.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Runs due reconcile passes until no work is due.
pub(crate) fn settle(sim: &mut Simulation) {
    for _ in 0..ROUNDS {
        while sim.run_due_pass().is_some() {
            check(sim).unwrap();
        }
        let due = executor::run(sim.memory.next_due(&Room::of(1)))
            .unwrap()
            .unwrap();
        let now = sim.engine.clock.now();
        let Some(due) = due else {
            // Lets the cloud complete its operations.
            sim.environment.lock().unwrap().advance(LEASE);
            return;
        };
        let pause = due.duration_since(now).max(PAUSE);
        sim.environment.lock().unwrap().advance(pause);
    }
    panic!("the simulation does not settle");
}

/// Rounds without faults: few, because at most one effect met a fault.
const FAULT_FREE_ROUNDS: u32 = 10;

/// Final state: resource IDs, bindings and DNS names.
#[derive(Debug, PartialEq, Eq)]
struct FinalState {
    resources: Vec<String>,
    bindings: Vec<String>,
    names: Vec<String>,
}

fn final_state(sim: &mut Simulation) -> FinalState {
    settle(sim);
    converge(sim, FAULT_FREE_ROUNDS).unwrap();
    let environment = sim.environment.lock().unwrap();
    let bindings = environment.model.bindings();
    let bindings = bindings
        .iter()
        .map(|it| format!("{} {}", it.listen, it.rule));
    // Names with a random part differ between runs only in that part.
    let resources = environment.model.resource_ids();
    let resources = resources.iter().map(|id| {
        let parts: Vec<_> = id.split('/').filter(|part| !part.contains('.')).collect();
        parts.join("/")
    });
    FinalState {
        resources: resources.collect(),
        bindings: bindings.collect(),
        names: sim.zone().records.keys().cloned().collect(),
    }
}

fn run(
    cloud: &'static dyn Cloud,
    timing: Timing,
    scenario: Scenario,
    alter: impl Fn(&Simulation, u64),
) -> (Simulation, u64, u64) {
    let mut sim = Simulation::new(cloud, 7, timing, InjectedMistake::default());
    (scenario.setup)(&mut sim);
    let first = sim.environment.lock().unwrap().effects;
    alter(&sim, first);
    (scenario.action)(&mut sim);
    settle(&mut sim);
    let last = sim.environment.lock().unwrap().effects;
    (sim, first, last)
}

fn inject_fault_at_every_effect(cloud: &'static dyn Cloud) {
    let all = scenarios().into_iter().chain(cloud.scenarios());
    for (name, scenario) in all {
        for timing in cloud.timings() {
            let (mut sim, first, last) = run(cloud, *timing, scenario, |_, _| {});
            let expected = final_state(&mut sim);
            assert!(last > first, "{name} has effects");
            for effect in first..last {
                // A crash before an effect equals a crash after the effect that precedes it.
                let crash_points: &[CrashPoint] = if effect == first {
                    &[CrashPoint::Before, CrashPoint::After]
                } else {
                    &[CrashPoint::After]
                };
                for crash_point in crash_points {
                    let alter = |sim: &Simulation, _| {
                        sim.environment.lock().unwrap().crash_at = Some((effect, *crash_point));
                    };
                    let (mut sim, ..) = run(cloud, *timing, scenario, alter);
                    assert_eq!(
                        final_state(&mut sim),
                        expected,
                        "{name}: crash {crash_point:?} effect {effect} at {timing:?}"
                    );
                }
                let alter = |sim: &Simulation, _| {
                    sim.environment.lock().unwrap().repeat_at = Some(effect);
                };
                let (mut sim, ..) = run(cloud, *timing, scenario, alter);
                assert_eq!(
                    final_state(&mut sim),
                    expected,
                    "{name}: effect {effect} twice at {timing:?}"
                );
            }
        }
    }
}

/// Repeats each scenario for each of its reads, with a period of false answers that begins there.
fn answer_every_read_falsely(cloud: &'static dyn Cloud) {
    let sweep: Scenario = Scenario {
        setup: connected,
        action: |sim| sim.sweep(Depth::Everything),
    };
    let all = scenarios().into_iter().chain(cloud.scenarios());
    for (name, scenario) in all.chain([("sweep", sweep)]) {
        for timing in cloud.timings() {
            let first = Cell::new(0);
            let count = |sim: &Simulation, _| first.set(sim.environment.lock().unwrap().reads);
            let (mut sim, ..) = run(cloud, *timing, scenario, count);
            let reads = first.get()..sim.environment.lock().unwrap().reads;
            let expected = final_state(&mut sim);
            for read in reads {
                for kind in [Kind::NotFound, Kind::MissingEntry(0), Kind::Past] {
                    let alter = |sim: &Simulation, _| {
                        sim.environment.lock().unwrap().false_answer_at = Some((read, kind));
                    };
                    let (mut sim, ..) = run(cloud, *timing, scenario, alter);
                    assert_eq!(
                        final_state(&mut sim),
                        expected,
                        "{name}: {kind:?} from read {read} on at {timing:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn false_answers_from_any_read_on_end_the_same_on_azure() {
    answer_every_read_falsely(&Azure);
}

#[test]
fn false_answers_from_any_read_on_end_the_same_on_google() {
    answer_every_read_falsely(&Google);
}

#[test]
fn a_crash_around_any_effect_or_its_repetition_ends_the_same_on_azure() {
    inject_fault_at_every_effect(&Azure);
}

#[test]
fn a_crash_around_any_effect_or_its_repetition_ends_the_same_on_google() {
    inject_fault_at_every_effect(&Google);
}
