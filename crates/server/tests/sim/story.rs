//! One seed's story: people, consumers, weather, crashes; then calm, and everything must rest.

use jiff::SignedDuration;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use underpass_clouds::Depth;
use underpass_server::reconcile::PassOutcome;

use crate::actors::Decision;
use crate::cloud::Cloud;
use crate::invariants::{check, check_end};
use crate::world::{Planted, Taken, World};

/// Steps of one story in a plain test run.
pub(crate) const STEPS: u32 = 120;

/// What is told.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) cloud: &'static dyn Cloud,
    pub(crate) seed: u64,
    pub(crate) steps: u32,
    pub(crate) planted: Planted,
}

/// How it ended.
pub(crate) struct End {
    pub(crate) cloud: &'static dyn Cloud,
    pub(crate) seed: u64,
    pub(crate) step: u32,
    pub(crate) broken: Option<String>,
    pub(crate) trace: Vec<String>,
    pub(crate) calls: u64,
}

impl End {
    /// Panics with what is needed to replay, if an invariant broke.
    pub(crate) fn evaluate(&self) {
        let Some(broken) = &self.broken else { return };
        let tail = self.trace.len().saturating_sub(40);
        let (cloud, seed) = (self.cloud.name(), self.seed);
        panic!(
            "{broken}\n{cloud}, seed {seed}, step {}; replay with UNDERPASS_SIM_CLOUD={cloud} \
             UNDERPASS_SIM_SEED={seed} cargo test -p underpass-server --test sim every_story -- \
             --nocapture\n{}",
            self.step,
            self.trace[tail..].join("\n")
        );
    }
}

/// Passes in calm weather after which everything must rest: each part of the link and each of a
/// dozen connections may need a read, a write and a poll, and a deletion may follow.
const CALM_PASSES: u32 = 100;

/// Passes in a row without anything happening outside, after which the loop counts as spinning.
const SPINNING_PASSES: u32 = 100;

pub(crate) fn tell(plan: &Plan) -> End {
    let mut rng = StdRng::seed_from_u64(plan.seed);
    let timing = plan.cloud.timing(&mut rng);
    let mut world = World::new(plan.cloud, plan.seed, timing, plan.planted);
    plan.cloud.prepare_run(&mut world, &mut rng);
    let mut broken = None;
    let mut step = 0;
    while step < plan.steps && broken.is_none() {
        step += 1;
        world.environment.lock().unwrap().faults_enabled = true;
        act(&mut world, &mut rng);
        world.environment.lock().unwrap().faults_enabled = false;
        broken = check(&mut world).err();
    }
    if broken.is_none() {
        broken = calm(&mut world, CALM_PASSES).err();
    }
    let environment = world.environment.lock().unwrap();
    End {
        cloud: plan.cloud,
        seed: plan.seed,
        step,
        broken,
        trace: environment.trace.clone(),
        calls: environment.calls,
    }
}

fn act(world: &mut World, rng: &mut StdRng) {
    let cloud = world.cloud;
    // Where there is one service, nothing is drawn.
    if let [_, _, ..] = cloud.services() {
        world.turn_to(cloud.services()[rng.random_range(0..cloud.services().len())]);
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
            if let Some(end) = world.take_turn() {
                world.note(format!("turn ends: {end:?}"));
            }
        }
        44..54 => pass(world, rng),
        54..61 => {
            world.note("sweep");
            let depth = if rng.random_ratio(1, 3) {
                Depth::Everything
            } else {
                Depth::Connections
            };
            world.sweep(depth);
        }
        61..66 => {
            world.create_link(pick);
        }
        66..68 => world.delete_link(),
        68..74 => world.make_endpoint(consumer),
        74..75 => world.make_endpoint(uninvited),
        75..77 => {
            let number = rng.random_range(1..=world.endpoints.max(1));
            world.drop_endpoint(consumer, number);
        }
        77..83 => world.decide(pick, Decision::Approve),
        83..86 => world.decide(pick, Decision::Address),
        86..88 => world.decide(pick, Decision::Reject),
        88..90 => world.decide(pick, Decision::Restore),
        90..95 => {
            let component = if pick.is_multiple_of(2) {
                "pg"
            } else {
                "pgbouncer"
            };
            world.toggle(component, rng.random_ratio(2, 3));
        }
        95..97 => {
            let sets = cloud.node_sets();
            world.set_nodes(sets[pick % sets.len()]);
        }
        97..98 => cloud.act_as_provider(world, pick),
        98..99 => cloud.change_out_of_band(world, rng, 0),
        _ => cloud.change_out_of_band(world, rng, 1),
    }
}

fn pass(world: &World, rng: &mut StdRng) {
    let seconds = match rng.random_range(0..10_u32) {
        0 => rng.random_range(3_600..100_000),
        1..4 => rng.random_range(60..400),
        _ => rng.random_range(1..20),
    };
    world.note(format!("{seconds} s pass"));
    world
        .environment
        .lock()
        .unwrap()
        .advance(SignedDuration::from_secs(seconds));
}

/// Lets ten minutes of calm pass, whatever comes of them.
pub(crate) fn let_calm_pass(world: &mut World) {
    for _ in 0..20 {
        world.take_turn();
        world
            .environment
            .lock()
            .unwrap()
            .advance(SignedDuration::from_secs(30));
    }
}

/// Lets the storm end; everything must come to rest, and be as wished for.
pub(crate) fn calm(world: &mut World, passes: u32) -> Result<(), String> {
    world.note("calm");
    world.restart();
    for pass in 0..passes {
        world
            .environment
            .lock()
            .unwrap()
            .advance(SignedDuration::from_secs(200));
        if pass.is_multiple_of(20) {
            world.sweep(Depth::Everything);
        }
        let mut passes = 0;
        while world.take_turn().is_some() {
            check(world)?;
            passes += 1;
            if passes > SPINNING_PASSES {
                return Err("calm weather, and no end of turns".to_owned());
            }
            world
                .environment
                .lock()
                .unwrap()
                .advance(SignedDuration::from_secs(5));
        }
    }
    world.sweep(Depth::Everything);
    if let Some(taken) = world.take_turn()
        && taken != Taken::Ended(PassOutcome::Rested)
    {
        return Err(format!("calm weather, and still not at rest: {taken:?}"));
    }
    check_end(world)
}
