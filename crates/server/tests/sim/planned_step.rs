//! Steps of a random run, drawn from its seed before it begins.
//!
//! A step carries all that was drawn for it, so a run can be repeated with some of its steps only,
//! and the others meet what they met before.

use std::fmt;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use underpass_clouds::Depth;

use crate::actors::Decision;
use crate::cloud::Cloud;

/// Stream of the plan, apart from the other draws of the same seed.
const STREAM: u64 = 0x5eed_0003;

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedStep {
    /// Position in the plan of the seed, from 1.
    pub(crate) number: u32,
    /// Index of the service that the action refers to.
    pub(crate) service: usize,
    pub(crate) action: Action,
    /// Seed of the faults that the step meets; `None`: it meets none.
    pub(crate) faults: Option<u64>,
}

/// Action of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// The process performs a pass that is due.
    Pass,
    /// Time passes, in seconds.
    Wait(i64),
    Sweep(Depth),
    /// `usize` selects among the inputs that are valid then, here and below.
    CreateLink(usize),
    DeleteLink,
    /// Index of the consumer.
    MakeEndpoint(usize),
    /// Index of the consumer; the number selects among the endpoints that exist then.
    DropEndpoint(usize, u32),
    Decide(Decision, usize),
    Toggle {
        component: &'static str,
        open: bool,
    },
    SetNodes(usize),
    ActAsProvider(usize),
    /// Way and seed of the change.
    ChangeOutOfBand(usize, u64),
}

/// Draws the steps of a run.
pub(crate) fn plan(cloud: &dyn Cloud, seed: u64, steps: u32) -> Vec<PlannedStep> {
    let mut rng = StdRng::seed_from_u64(seed ^ STREAM);
    let services = cloud.services().len();
    (1..=steps)
        .map(|number| PlannedStep {
            number,
            service: rng.random_range(0..services),
            action: action(&mut rng),
            faults: Some(rng.random()),
        })
        .collect()
}

fn action(rng: &mut StdRng) -> Action {
    let pick = rng.random_range(0..16_usize);
    let consumer = pick % 2;
    match rng.random_range(0..100_u32) {
        0..44 => Action::Pass,
        44..54 => Action::Wait(seconds(rng)),
        54..61 => Action::Sweep(if rng.random_ratio(1, 3) {
            Depth::Everything
        } else {
            Depth::Connections
        }),
        61..66 => Action::CreateLink(pick),
        66..68 => Action::DeleteLink,
        68..74 => Action::MakeEndpoint(consumer),
        // The uninvited one.
        74..75 => Action::MakeEndpoint(2),
        75..77 => Action::DropEndpoint(consumer, rng.random()),
        77..83 => Action::Decide(Decision::Approve, pick),
        83..86 => Action::Decide(Decision::Address, pick),
        86..88 => Action::Decide(Decision::Reject, pick),
        88..90 => Action::Decide(Decision::Restore, pick),
        90..95 => Action::Toggle {
            component: ["pg", "pgbouncer"][pick % 2],
            open: rng.random_ratio(2, 3),
        },
        95..97 => Action::SetNodes(pick),
        97..98 => Action::ActAsProvider(pick),
        98..99 => Action::ChangeOutOfBand(0, rng.random()),
        _ => Action::ChangeOutOfBand(1, rng.random()),
    }
}

fn seconds(rng: &mut StdRng) -> i64 {
    match rng.random_range(0..10_u32) {
        0 => rng.random_range(3_600..100_000),
        1..4 => rng.random_range(60..400),
        _ => rng.random_range(1..20),
    }
}

/// The steps of a plan that a list such as `3,17-,40` keeps; `-` marks a step without faults.
pub(crate) fn kept(plan: Vec<PlannedStep>, list: &str) -> Vec<PlannedStep> {
    let entries: Vec<(u32, bool)> = list
        .split(',')
        .map(|entry| match entry.strip_suffix('-') {
            Some(number) => (number.parse().unwrap(), false),
            None => (entry.parse().unwrap(), true),
        })
        .collect();
    plan.into_iter()
        .filter_map(|mut step| {
            let (_, faults) = entries.iter().find(|(number, _)| *number == step.number)?;
            step.faults = step.faults.filter(|_| *faults);
            Some(step)
        })
        .collect()
}

/// The list that keeps exactly these steps.
pub(crate) fn list_of(steps: &[PlannedStep]) -> String {
    let entries: Vec<String> = steps
        .iter()
        .map(|step| {
            let mark = if step.faults.is_some() { "" } else { "-" };
            format!("{}{mark}", step.number)
        })
        .collect();
    entries.join(",")
}

impl fmt::Display for PlannedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults = if self.faults.is_some() {
            ", with faults"
        } else {
            ""
        };
        write!(
            f,
            "step {}: service {}, {:?}{faults}",
            self.number, self.service, self.action
        )
    }
}
