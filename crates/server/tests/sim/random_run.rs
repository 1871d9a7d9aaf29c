//! Random run of one seed: actions of providers, consumers and operators under faults and crashes,
//! then convergence without faults.

use jiff::SignedDuration;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use underpass_clouds::Depth;
use underpass_server::reconcile::PassOutcome;

use crate::actors::Decision;
use crate::cloud::Cloud;
use crate::injected_mistake::InjectedMistake;
use crate::invariants::{check, check_end};
use crate::simulation::{PassEnd, Simulation};

/// Default number of steps of a run.
pub(crate) const STEPS: u32 = 120;

/// Inputs of a run.
#[derive(Clone, Copy)]
pub(crate) struct RunOptions {
    pub(crate) cloud: &'static dyn Cloud,
    pub(crate) seed: u64,
    pub(crate) steps: u32,
    pub(crate) mistake: InjectedMistake,
}

/// Outcome of a run.
pub(crate) struct RunResult {
    pub(crate) cloud: &'static dyn Cloud,
    pub(crate) seed: u64,
    pub(crate) step: u32,
    pub(crate) violation: Option<String>,
    pub(crate) trace: Vec<String>,
    pub(crate) calls: u64,
    pub(crate) crashes: u64,
    pub(crate) false_answers: u64,
}

impl RunResult {
    /// Panics with the command that replays the run, if an invariant was violated.
    pub(crate) fn assert_no_violation(&self) {
        let Some(violation) = &self.violation else {
            return;
        };
        let tail = self.trace.len().saturating_sub(40);
        let (cloud, seed) = (self.cloud.name(), self.seed);
        panic!(
            "{violation}\n{cloud}, seed {seed}, step {}; replay with UNDERPASS_SIM_CLOUD={cloud} \
             UNDERPASS_SIM_SEED={seed} cargo test -p underpass-server --test sim every_run -- \
             --nocapture\n{}",
            self.step,
            self.trace[tail..].join("\n")
        );
    }
}

/// Rounds without faults after which everything must rest: each part of the link and each of a
/// dozen connections may need a read, a write and a poll, and a deletion may follow.
const FAULT_FREE_ROUNDS: u32 = 100;

/// Consecutive reconcile passes without an external change, after which the loop counts as spinning.
const MAX_PASSES_PER_ROUND: u32 = 100;

pub(crate) fn simulate(options: &RunOptions) -> RunResult {
    let mut rng = StdRng::seed_from_u64(options.seed);
    let timing = options.cloud.timing(&mut rng);
    let mut sim = Simulation::new(options.cloud, options.seed, timing, options.mistake);
    options.cloud.prepare_run(&mut sim, &mut rng);
    let mut violation = None;
    let mut step = 0;
    while step < options.steps && violation.is_none() {
        step += 1;
        sim.environment.lock().unwrap().faults_enabled = true;
        act(&mut sim, &mut rng);
        sim.environment.lock().unwrap().faults_enabled = false;
        violation = check(&mut sim).err();
    }
    if violation.is_none() {
        violation = converge(&mut sim, FAULT_FREE_ROUNDS).err();
    }
    let environment = sim.environment.lock().unwrap();
    RunResult {
        cloud: options.cloud,
        seed: options.seed,
        step,
        violation,
        trace: environment.trace.clone(),
        calls: environment.calls,
        crashes: environment.crashes,
        false_answers: environment.false_answers.given,
    }
}

fn act(sim: &mut Simulation, rng: &mut StdRng) {
    let cloud = sim.cloud;
    // With a single service, no random number is drawn.
    if let [_, _, ..] = cloud.services() {
        sim.select_service(cloud.services()[rng.random_range(0..cloud.services().len())]);
    }
    let pick = rng.random_range(0..16_usize);
    let [first, second, uninvited] = cloud.consumers();
    let consumer = if pick.is_multiple_of(2) {
        first
    } else {
        second
    };
    match rng.random_range(0..100_u32) {
        0..44 => {
            if let Some(result) = sim.run_due_pass() {
                sim.note(format!("reconcile pass: {result:?}"));
            }
        }
        44..54 => advance_time(sim, rng),
        54..61 => {
            sim.note("sweep");
            let depth = if rng.random_ratio(1, 3) {
                Depth::Everything
            } else {
                Depth::Connections
            };
            sim.sweep(depth);
        }
        61..66 => {
            sim.create_link(pick);
        }
        66..68 => sim.delete_link(),
        68..74 => sim.make_endpoint(consumer),
        74..75 => sim.make_endpoint(uninvited),
        75..77 => {
            let numeric_setting = rng.random_range(1..=sim.endpoints.max(1));
            sim.drop_endpoint(consumer, numeric_setting);
        }
        77..83 => sim.decide(pick, Decision::Approve),
        83..86 => sim.decide(pick, Decision::Address),
        86..88 => sim.decide(pick, Decision::Reject),
        88..90 => sim.decide(pick, Decision::Restore),
        90..95 => {
            let component = if pick.is_multiple_of(2) {
                "pg"
            } else {
                "pgbouncer"
            };
            sim.toggle(component, rng.random_ratio(2, 3));
        }
        95..97 => {
            let sets = cloud.node_sets();
            sim.set_nodes(sets[pick % sets.len()]);
        }
        97..98 => cloud.act_as_provider(sim, pick),
        98..99 => cloud.change_out_of_band(sim, rng, 0),
        _ => cloud.change_out_of_band(sim, rng, 1),
    }
}

fn advance_time(sim: &Simulation, rng: &mut StdRng) {
    let seconds = match rng.random_range(0..10_u32) {
        0 => rng.random_range(3_600..100_000),
        1..4 => rng.random_range(60..400),
        _ => rng.random_range(1..20),
    };
    sim.note(format!("{seconds} s pass"));
    sim.environment
        .lock()
        .unwrap()
        .advance(SignedDuration::from_secs(seconds));
}

/// Runs due reconcile passes for ten minutes without faults and without checks.
pub(crate) fn run_without_faults(sim: &mut Simulation) {
    for _ in 0..20 {
        sim.run_due_pass();
        sim.environment
            .lock()
            .unwrap()
            .advance(SignedDuration::from_secs(30));
    }
}

/// Runs reconcile passes without faults until everything rests, and compares the result with the
/// desired state.
pub(crate) fn converge(sim: &mut Simulation, rounds: u32) -> Result<(), String> {
    sim.note("faults end");
    sim.restart();
    for round in 0..rounds {
        sim.environment
            .lock()
            .unwrap()
            .advance(SignedDuration::from_secs(200));
        if round.is_multiple_of(20) {
            sim.sweep(Depth::Everything);
        }
        let mut passes = 0;
        while sim.run_due_pass().is_some() {
            check(sim)?;
            passes += 1;
            if passes > MAX_PASSES_PER_ROUND {
                return Err("the loop spins without faults".to_owned());
            }
            sim.environment
                .lock()
                .unwrap()
                .advance(SignedDuration::from_secs(5));
        }
    }
    sim.sweep(Depth::Everything);
    if let Some(result) = sim.run_due_pass()
        && result != PassEnd::Completed(PassOutcome::Rested)
    {
        return Err(format!("not at rest after faults ended: {result:?}"));
    }
    check_end(sim)
}
