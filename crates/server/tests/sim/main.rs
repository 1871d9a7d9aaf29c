//! The control plane under simulation: the engine, the memory store, the real driver and the very
//! model that the Azure emulator serves, with no runtime, no sockets and a virtual clock.
//!
//! `UNDERPASS_SIM_SEED=n` replays one seed with its trace; `UNDERPASS_SIM_SEEDS` and
//! `UNDERPASS_SIM_STEPS` widen a run (`cargo test --profile sim -p underpass-server --test sim`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail by panicking and tells what it did"
)]

mod cloud;
mod everywhere;
mod executor;
mod invariants;
mod mistakes;
mod people;
mod store;
mod story;
mod world;

use story::{Plan, tell};

/// Seeds of a plain test run: enough that each planted mistake is caught many times over.
const SEEDS: u64 = 96;

/// Steps of one seed.
const STEPS: u32 = 120;

#[expect(clippy::disallowed_methods, reason = "the knobs of a test run")]
fn knob(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn every_story_keeps_the_invariants_and_ends_well() {
    let steps = knob("UNDERPASS_SIM_STEPS").map_or(STEPS, |steps| u32::try_from(steps).unwrap());
    if let Some(seed) = knob("UNDERPASS_SIM_SEED") {
        let end = tell(&Plan {
            seed,
            steps,
            ..Plan::default()
        });
        for line in &end.trace {
            println!("{line}");
        }
        end.judge();
        return;
    }
    let seeds = knob("UNDERPASS_SIM_SEEDS").unwrap_or(SEEDS);
    let mut calls = 0;
    for seed in 0..seeds {
        let end = tell(&Plan {
            seed,
            steps,
            ..Plan::default()
        });
        calls += end.calls;
        end.judge();
    }
    println!("{seeds} seeds x {steps} steps: {calls} cloud calls");
}

#[test]
fn the_same_seed_tells_the_same_story() {
    for seed in 0..3 {
        let plan = Plan {
            seed,
            steps: STEPS,
            ..Plan::default()
        };
        assert_eq!(tell(&plan).trace, tell(&plan).trace, "seed {seed}");
    }
}
