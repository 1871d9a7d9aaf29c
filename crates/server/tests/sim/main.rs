//! The control plane under simulation: the engine, the memory store, the real drivers and the very
//! models that the emulators serve, with no runtime, no sockets and a virtual clock.
//!
//! `UNDERPASS_SIM_CLOUD=azure UNDERPASS_SIM_SEED=n` replays one seed with its trace;
//! `UNDERPASS_SIM_SEEDS` and `UNDERPASS_SIM_STEPS` widen a run, of one cloud if one is named
//! (`cargo test --profile sim -p underpass-server --test sim`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail by panicking and tells what it did"
)]

mod actors;
mod azure;
mod cloud;
mod environment;
mod everywhere;
mod executor;
mod google;
mod invariants;
mod mistakes;
mod store;
mod story;
mod transport;
mod world;

use azure::Azure;
use cloud::Cloud;
use google::Google;
use story::{Plan, STEPS, tell};
use world::Planted;

/// Seeds of a plain test run, of each cloud: enough that each planted mistake is caught many times
/// over, and few enough that nobody waits for a minute.
const SEEDS: u64 = 64;

#[expect(clippy::disallowed_methods, reason = "the knobs of a test run")]
fn knob(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str) -> Option<u64> {
    knob(name)?.parse().ok()
}

fn steps() -> u32 {
    number("UNDERPASS_SIM_STEPS").map_or(STEPS, |steps| u32::try_from(steps).unwrap())
}

fn plan(cloud: &'static dyn Cloud, seed: u64, steps: u32) -> Plan {
    Plan {
        cloud,
        seed,
        steps,
        planted: Planted::default(),
    }
}

#[expect(
    clippy::print_stdout,
    reason = "whoever asked for a story or a wide run reads it"
)]
fn tell_stories(cloud: &'static dyn Cloud) {
    if knob("UNDERPASS_SIM_CLOUD").is_some_and(|asked| asked != cloud.name()) {
        return;
    }
    if let Some(seed) = number("UNDERPASS_SIM_SEED") {
        let end = tell(&plan(cloud, seed, steps()));
        for line in &end.trace {
            println!("{line}");
        }
        end.evaluate();
        return;
    }
    let seeds = number("UNDERPASS_SIM_SEEDS").unwrap_or(SEEDS);
    let mut calls = 0;
    for seed in 0..seeds {
        let end = tell(&plan(cloud, seed, steps()));
        calls += end.calls;
        end.evaluate();
    }
    let (name, steps) = (cloud.name(), steps());
    println!("{name}: {seeds} seeds x {steps} steps: {calls} cloud calls");
}

#[test]
fn every_story_keeps_the_invariants_and_ends_well_on_azure() {
    tell_stories(&Azure);
}

#[test]
fn every_story_keeps_the_invariants_and_ends_well_on_google() {
    tell_stories(&Google);
}

#[test]
fn the_same_seed_tells_the_same_story() {
    for cloud in [&Azure as &dyn Cloud, &Google] {
        for seed in 0..3 {
            let plan = plan(cloud, seed, STEPS);
            assert_eq!(
                tell(&plan).trace,
                tell(&plan).trace,
                "{}, seed {seed}",
                cloud.name()
            );
        }
    }
}
