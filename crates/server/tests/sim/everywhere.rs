//! Fails everywhere: each scenario again and again, dying around, or repeating, each effect.

use jiff::SignedDuration;
use underpass_clouds::Depth;
use underpass_server::reconcile::LEASE;
use underpass_store::Store as _;

use crate::actors::Decision;
use crate::azure::Azure;
use crate::cloud::{Cloud, Timing};
use crate::environment::CrashPoint;
use crate::executor;
use crate::google::Google;
use crate::invariants::check;
use crate::story::calm;
use crate::world::{Planted, World};

/// What happens in a scenario, up to the moment that is repeated; and the moment itself.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) before: fn(&mut World),
    pub(crate) moment: fn(&mut World),
}

/// The moments of every cloud.
fn scenarios() -> Vec<(&'static str, Scenario)> {
    let moment = |before: fn(&mut World), moment: fn(&mut World)| Scenario { before, moment };
    vec![
        ("create", moment(|_| {}, create)),
        (
            "approve",
            moment(pending, |world| world.decide(0, Decision::Approve)),
        ),
        (
            "toggle",
            moment(connected, |world| world.toggle("pgbouncer", true)),
        ),
        (
            "reject",
            moment(connected, |world| world.decide(0, Decision::Reject)),
        ),
        ("delete", moment(connected, World::delete_link)),
    ]
}

pub(crate) fn create(world: &mut World) {
    world.toggle("pg", true);
    assert!(world.create_link(0));
}

pub(crate) fn pending(world: &mut World) {
    create(world);
    settle(world);
    let [consumer, ..] = world.cloud.consumers();
    world.make_endpoint(consumer);
    discover(world);
}

pub(crate) fn connected(world: &mut World) {
    pending(world);
    world.decide(0, Decision::Approve);
    settle(world);
    world.decide(0, Decision::Address);
    settle(world);
}

/// Lets a sweep see what consumers did.
pub(crate) fn discover(world: &mut World) {
    world.settle_cloud();
    world.sweep(Depth::Connections);
    settle(world);
}

/// Rounds after which a world that still has something to do counts as restless.
const ROUNDS: u32 = 200;

/// Shortest pause between two rounds: 1 minute, within which what is under way comes to an end, so
/// that asking after it is not most of what happens.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Lets everything that is due happen, until nothing is.
pub(crate) fn settle(world: &mut World) {
    for _ in 0..ROUNDS {
        while world.take_turn().is_some() {
            check(world).unwrap();
        }
        let due = executor::run(world.memory.next_due()).unwrap().unwrap();
        let now = world.engine.clock.now();
        let Some(due) = due else {
            // What the cloud is still about.
            world.environment.lock().unwrap().advance(LEASE);
            return;
        };
        let pause = due.duration_since(now).max(PAUSE);
        world.environment.lock().unwrap().advance(pause);
    }
    panic!("the world does not come to rest");
}

/// Passes in calm weather: few, since no more than one effect went wrong.
const CALM_PASSES: u32 = 10;

/// What is left at the end: ids here and there, bytes and names.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    resources: Vec<String>,
    bindings: Vec<String>,
    names: Vec<String>,
}

fn end(world: &mut World) -> Left {
    settle(world);
    calm(world, CALM_PASSES).unwrap();
    let environment = world.environment.lock().unwrap();
    let bindings = environment.model.bindings();
    let bindings = bindings
        .iter()
        .map(|it| format!("{} {}", it.listen, it.rule));
    // Names that hold a random part differ from run to run only in that part.
    let resources = environment.model.resource_ids();
    let resources = resources.iter().map(|id| {
        let parts: Vec<_> = id.split('/').filter(|part| !part.contains('.')).collect();
        parts.join("/")
    });
    Left {
        resources: resources.collect(),
        bindings: bindings.collect(),
        names: world.zone().records.keys().cloned().collect(),
    }
}

fn run(
    cloud: &'static dyn Cloud,
    timing: Timing,
    scenario: Scenario,
    alter: impl Fn(&World, u64),
) -> (World, u64, u64) {
    let mut world = World::new(cloud, 7, timing, Planted::default());
    (scenario.before)(&mut world);
    let first = world.environment.lock().unwrap().effects;
    alter(&world, first);
    (scenario.moment)(&mut world);
    settle(&mut world);
    let last = world.environment.lock().unwrap().effects;
    (world, first, last)
}

fn fails_everywhere(cloud: &'static dyn Cloud) {
    let all = scenarios().into_iter().chain(cloud.scenarios());
    for (name, scenario) in all {
        for timing in cloud.timings() {
            let (mut world, first, last) = run(cloud, *timing, scenario, |_, _| {});
            let expected = end(&mut world);
            assert!(last > first, "{name} does something");
            for effect in first..last {
                // Nothing happens between two effects, so before one is after the one before it.
                let moments: &[CrashPoint] = if effect == first {
                    &[CrashPoint::Before, CrashPoint::After]
                } else {
                    &[CrashPoint::After]
                };
                for moment in moments {
                    let alter = |world: &World, _| {
                        world.environment.lock().unwrap().crash_at = Some((effect, *moment));
                    };
                    let (mut world, ..) = run(cloud, *timing, scenario, alter);
                    assert_eq!(
                        end(&mut world),
                        expected,
                        "{name}: crash {moment:?} effect {effect} at {timing:?}"
                    );
                }
                let alter = |world: &World, _| {
                    world.environment.lock().unwrap().repeat_at = Some(effect);
                };
                let (mut world, ..) = run(cloud, *timing, scenario, alter);
                assert_eq!(
                    end(&mut world),
                    expected,
                    "{name}: effect {effect} twice at {timing:?}"
                );
            }
        }
    }
}

#[test]
fn dying_around_any_effect_or_repeating_it_ends_the_same_on_azure() {
    fails_everywhere(&Azure);
}

#[test]
fn dying_around_any_effect_or_repeating_it_ends_the_same_on_google() {
    fails_everywhere(&Google);
}
