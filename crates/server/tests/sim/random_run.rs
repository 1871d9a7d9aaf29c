//! Random run of one seed: actions of providers, consumers and operators under faults and crashes,
//! then convergence without faults.

use jiff::SignedDuration;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use underpass_clouds::Depth;
use underpass_server::reconcile::PassOutcome;

use crate::cloud::Cloud;
use crate::injected_mistake::InjectedMistake;
use crate::invariants::{check, check_end};
use crate::planned_step::{Action, PlannedStep, plan};
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
    /// Number of the last step.
    pub(crate) step: u32,
    pub(crate) violation: Option<String>,
    pub(crate) trace: Vec<String>,
    pub(crate) calls: u64,
    pub(crate) crashes: u64,
    pub(crate) false_answers: u64,
}

impl RunResult {
    /// The end of the trace.
    pub(crate) fn tail(&self) -> String {
        self.trace[self.trace.len().saturating_sub(40)..].join("\n")
    }
}

/// Rounds without faults after which everything must rest: each part of the link and each of a
/// dozen connections may need a read, a write and a poll, and a deletion may follow.
const FAULT_FREE_ROUNDS: u32 = 100;

/// Consecutive reconcile passes without an external change, after which the loop counts as spinning.
const MAX_PASSES_PER_ROUND: u32 = 100;

/// Runs all steps of a seed.
pub(crate) fn simulate(options: &RunOptions) -> RunResult {
    run_steps(options, &plan(options.cloud, options.seed, options.steps))
}

/// Runs these steps of a seed.
pub(crate) fn run_steps(options: &RunOptions, steps: &[PlannedStep]) -> RunResult {
    let mut rng = StdRng::seed_from_u64(options.seed);
    let timing = options.cloud.timing(&mut rng);
    let mut sim = Simulation::new(options.cloud, options.seed, timing, options.mistake);
    options.cloud.prepare_run(&mut sim, &mut rng);
    let mut violation = None;
    let mut number = 0;
    for step in steps {
        number = step.number;
        if let Some(seed) = step.faults {
            let mut environment = sim.environment.lock().unwrap();
            environment.faults_enabled = true;
            environment.fault_rng = StdRng::seed_from_u64(seed);
        }
        act(&mut sim, step);
        sim.environment.lock().unwrap().faults_enabled = false;
        violation = check(&mut sim).err();
        if violation.is_some() {
            break;
        }
    }
    if violation.is_none() {
        violation = converge(&mut sim, FAULT_FREE_ROUNDS).err();
    }
    let environment = sim.environment.lock().unwrap();
    RunResult {
        step: number,
        violation,
        trace: environment.trace.clone(),
        calls: environment.calls,
        crashes: environment.crashes,
        false_answers: environment.false_answers.given,
    }
}

fn act(sim: &mut Simulation, step: &PlannedStep) {
    let cloud = sim.cloud;
    sim.select_service(cloud.services()[step.service]);
    match step.action {
        Action::Pass => {
            if let Some(result) = sim.run_due_pass() {
                sim.note(format!("reconcile pass: {result:?}"));
            }
        }
        Action::Wait(seconds) => {
            sim.note(format!("{seconds} s pass"));
            let mut environment = sim.environment.lock().unwrap();
            environment.advance(SignedDuration::from_secs(seconds));
        }
        Action::Sweep(depth) => {
            sim.note("sweep");
            sim.sweep(depth);
        }
        Action::CreateLink(pick) => {
            sim.create_link(pick);
        }
        Action::DeleteLink => sim.delete_link(),
        Action::MakeEndpoint(consumer) => sim.make_endpoint(cloud.consumers()[consumer]),
        Action::DropEndpoint(consumer, pick) => {
            let number = 1 + pick % sim.endpoints.max(1);
            sim.drop_endpoint(cloud.consumers()[consumer], number);
        }
        Action::Decide(decision, pick) => sim.decide(pick, decision),
        Action::Toggle { component, open } => sim.toggle(component, open),
        Action::SetNodes(pick) => {
            let sets = cloud.node_sets();
            sim.set_nodes(sets[pick % sets.len()]);
        }
        Action::ActAsProvider(pick) => cloud.act_as_provider(sim, pick),
        Action::ChangeOutOfBand(way, seed) => {
            cloud.change_out_of_band(sim, &mut StdRng::seed_from_u64(seed), way);
        }
    }
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
