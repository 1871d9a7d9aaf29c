//! Deterministic simulation of the control plane: the engine, the memory store, the real drivers and
//! the emulators' models, without a runtime and sockets, in virtual time.
//!
//! `UNDERPASS_SIM_CLOUD=azure UNDERPASS_SIM_SEED=n` replays one seed with its trace.
//! `UNDERPASS_SIM_KEEP` keeps the listed steps of that seed, as a failing test prints them after it
//! removed the others.
//! `UNDERPASS_SIM_SEEDS` and `UNDERPASS_SIM_STEPS` set the number of runs and their length, for one
//! cloud if `UNDERPASS_SIM_CLOUD` is set
//! (`cargo test --profile sim -p underpass-server --test sim`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, with its trace"
)]

mod actors;
mod azure;
mod cloud;
mod environment;
mod executor;
mod false_answer;
mod fault_at_every_effect;
mod google;
mod injected_mistake;
mod invariants;
mod mistakes;
mod older_store;
mod orphan;
mod planned_step;
mod random_run;
mod returned_connection;
mod shrink;
mod shrunk_mistake;
mod simulation;
mod store;
mod transport;

use azure::Azure;
use cloud::Cloud;
use google::Google;
use injected_mistake::InjectedMistake;
use planned_step::{kept, plan};
use random_run::{RunOptions, RunResult, STEPS, run_steps, simulate};
use shrink::shrink;

/// Default number of seeds for each cloud: each injected mistake is detected many times over, and the
/// runs take less than a minute.
const SEEDS: u64 = 64;

#[expect(
    clippy::disallowed_methods,
    reason = "the settings of a test run are environment variables"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn numeric_setting(name: &str) -> Option<u64> {
    setting(name)?.parse().ok()
}

fn steps() -> u32 {
    numeric_setting("UNDERPASS_SIM_STEPS").map_or(STEPS, |steps| u32::try_from(steps).unwrap())
}

fn options(cloud: &'static dyn Cloud, seed: u64, steps: u32) -> RunOptions {
    RunOptions {
        cloud,
        seed,
        steps,
        mistake: InjectedMistake::default(),
    }
}

/// Panics with the few steps that matter and the commands that replay the run, if it violated an
/// invariant.
fn assert_no_violation(options: &RunOptions, result: &RunResult) {
    let Some(violation) = &result.violation else {
        return;
    };
    let shrunk = shrink(options);
    let (cloud, seed) = (options.cloud.name(), options.seed);
    panic!(
        "{violation}\n{cloud}, seed {seed}, step {}; replay with UNDERPASS_SIM_CLOUD={cloud} \
         UNDERPASS_SIM_SEED={seed} UNDERPASS_SIM_STEPS={} cargo test -p underpass-server --test sim \
         every_run -- --nocapture\n{}\n{}",
        result.step,
        options.steps,
        shrunk.report(options),
        shrunk.result.tail()
    );
}

#[expect(
    clippy::print_stdout,
    reason = "the trace and the totals are read by the developer who set the variables"
)]
fn simulate_seeds(cloud: &'static dyn Cloud) {
    if setting("UNDERPASS_SIM_CLOUD").is_some_and(|name| name != cloud.name()) {
        return;
    }
    if let Some(seed) = numeric_setting("UNDERPASS_SIM_SEED") {
        let options = options(cloud, seed, steps());
        let mut planned = plan(cloud, seed, options.steps);
        if let Some(list) = setting("UNDERPASS_SIM_KEEP") {
            planned = kept(planned, &list);
        }
        let result = run_steps(&options, &planned);
        for line in &result.trace {
            println!("{line}");
        }
        assert_eq!(result.violation, None, "step {}", result.step);
        return;
    }
    let seeds = numeric_setting("UNDERPASS_SIM_SEEDS").unwrap_or(SEEDS);
    let (mut calls, mut crashes, mut false_answers) = (0, 0, 0);
    for seed in 0..seeds {
        let options = options(cloud, seed, steps());
        let result = simulate(&options);
        calls += result.calls;
        crashes += result.crashes;
        false_answers += result.false_answers;
        assert_no_violation(&options, &result);
    }
    let (name, steps) = (cloud.name(), steps());
    println!(
        "{name}: {seeds} seeds x {steps} steps: {calls} cloud calls, {crashes} crashes, \
         {false_answers} false answers"
    );
}

#[test]
fn every_run_keeps_the_invariants_and_converges_on_azure() {
    simulate_seeds(&Azure);
}

#[test]
fn every_run_keeps_the_invariants_and_converges_on_google() {
    simulate_seeds(&Google);
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for cloud in [&Azure as &dyn Cloud, &Google] {
        for seed in 0..3 {
            let options = options(cloud, seed, STEPS);
            assert_eq!(
                simulate(&options).trace,
                simulate(&options).trace,
                "{}, seed {seed}",
                cloud.name()
            );
        }
    }
}
