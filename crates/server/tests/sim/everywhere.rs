//! Fails everywhere: each scenario again and again, dying around, or repeating, each effect.

use std::time::Duration;

use underpass_clouds::Depth;

use crate::cloud::Moment;
use crate::invariants::check;
use crate::people::Decision;
use crate::story::calm;
use crate::world::{ALLOWED, Planted, World};

/// What happens in a scenario, up to the moment that is repeated; and the moment itself.
struct Scenario {
    before: fn(&mut World),
    moment: fn(&mut World),
}

const SCENARIOS: &[(&str, Scenario)] = &[
    (
        "create",
        Scenario {
            before: |_| {},
            moment: create,
        },
    ),
    (
        "approve",
        Scenario {
            before: pending,
            moment: |world| world.decide(0, Decision::Approve),
        },
    ),
    (
        "toggle",
        Scenario {
            before: connected,
            moment: |world| world.toggle("pgbouncer", true),
        },
    ),
    (
        "reject",
        Scenario {
            before: connected,
            moment: |world| world.decide(0, Decision::Reject),
        },
    ),
    (
        "allow",
        Scenario {
            before: connected,
            moment: |world| world.allow(&[ALLOWED[0]]),
        },
    ),
    (
        "delete",
        Scenario {
            before: connected,
            moment: World::delete_link,
        },
    ),
];

fn create(world: &mut World) {
    world.toggle("pg", true);
    assert!(world.create_link(&ALLOWED));
}

fn pending(world: &mut World) {
    create(world);
    settle(world);
    world.make_endpoint(ALLOWED[0]);
    world.settle_cloud();
    world.sweep(Depth::Connections);
    settle(world);
}

fn connected(world: &mut World) {
    pending(world);
    world.decide(0, Decision::Approve);
    settle(world);
    world.decide(0, Decision::Address);
    settle(world);
}

fn settle(world: &mut World) {
    for _ in 0..200 {
        world
            .sky
            .lock()
            .unwrap()
            .pass(jiff::SignedDuration::from_secs(200));
        while world.take_turn().is_some() {
            check(world).unwrap();
        }
    }
}

/// What is left at the end: ids here and there, bytes and names.
fn end(world: &mut World) -> (Vec<String>, Vec<String>, Vec<String>) {
    settle(world);
    calm(world).unwrap();
    let sky = world.sky.lock().unwrap();
    let bindings = sky.azure.bindings();
    let bindings = bindings
        .iter()
        .map(|it| format!("{} {}", it.listen, it.rule))
        .collect();
    // Names that hold a random part differ from run to run only in that part.
    let resources = sky.azure.resource_ids();
    let kinds = resources.iter().map(|id| {
        let parts: Vec<_> = id.split('/').filter(|part| !part.contains('.')).collect();
        parts.join("/")
    });
    let kinds = kinds.collect();
    drop(sky);
    (
        kinds,
        bindings,
        world.zone().records.keys().cloned().collect(),
    )
}

fn run(scenario: &Scenario, delay: Duration, alter: impl Fn(&World, u64)) -> (World, u64, u64) {
    let mut world = World::new(7, delay, Planted::default());
    (scenario.before)(&mut world);
    let first = world.sky.lock().unwrap().effects;
    alter(&world, first);
    (scenario.moment)(&mut world);
    settle(&mut world);
    let last = world.sky.lock().unwrap().effects;
    (world, first, last)
}

#[test]
fn dying_around_any_effect_or_repeating_it_ends_the_same() {
    for delay in [Duration::ZERO, Duration::from_secs(20)] {
        for (name, scenario) in SCENARIOS {
            let (mut world, first, last) = run(scenario, delay, |_, _| {});
            let expected = end(&mut world);
            assert!(last > first, "{name} does something");
            for effect in first..last {
                for moment in [Moment::Before, Moment::After] {
                    let alter = |world: &World, _| {
                        world.sky.lock().unwrap().crash_at = Some((effect, moment));
                    };
                    let (mut world, ..) = run(scenario, delay, alter);
                    assert_eq!(
                        end(&mut world),
                        expected,
                        "{name}: crash {moment:?} effect {effect}"
                    );
                }
                let alter = |world: &World, _| {
                    world.sky.lock().unwrap().repeat_at = Some(effect);
                };
                let (mut world, ..) = run(scenario, delay, alter);
                assert_eq!(end(&mut world), expected, "{name}: effect {effect} twice");
            }
        }
    }
}
