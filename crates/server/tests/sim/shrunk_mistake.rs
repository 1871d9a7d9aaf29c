//! Injected mistakes whose runs are reduced to the few steps that matter.

use crate::azure::Azure;
use crate::cloud::Cloud;
use crate::injected_mistake::InjectedMistake;
use crate::mistakes::resting_store;
use crate::planned_step::{kept, list_of, plan};
use crate::random_run::{RunOptions, run_steps, simulate};
use crate::shrink::{kind, shrink};

/// Steps of the run that is shrunk.
const LONG: u32 = 240;

/// First long run in which the mistake is detected.
fn failing_run(cloud: &'static dyn Cloud, mistake: InjectedMistake) -> Option<RunOptions> {
    let options = |seed| RunOptions {
        cloud,
        seed,
        steps: LONG,
        mistake,
    };
    (0..32)
        .map(options)
        .find(|options| simulate(options).violation.is_some())
}

#[test]
fn a_long_failing_run_is_reduced_to_the_steps_that_matter() {
    let cloud: &'static dyn Cloud = &Azure;
    let mistake = InjectedMistake {
        store: Some(resting_store),
        ..InjectedMistake::default()
    };
    let options = failing_run(cloud, mistake).unwrap();
    let shrunk = shrink(&options);
    let violation = shrunk.result.violation.clone().unwrap();
    println!("{violation}\n{}", shrunk.report(&options));
    assert!(shrunk.steps.len() <= 12, "{}", shrunk.report(&options));

    // The printed list repeats the run, and without any of the steps it does not fail.
    let planned = plan(cloud, options.seed, LONG);
    let steps = kept(planned, &list_of(&shrunk.steps));
    assert_eq!(steps, shrunk.steps);
    assert_eq!(run_steps(&options, &steps).trace, shrunk.result.trace);
    for index in 0..steps.len() {
        let mut fewer = steps.clone();
        fewer.remove(index);
        let found = run_steps(&options, &fewer).violation;
        let same = found.is_some_and(|found| kind(&found) == kind(&violation));
        assert!(!same, "{} does not matter", steps[index]);
    }

    let without = InjectedMistake::default();
    let options = RunOptions {
        mistake: without,
        ..options
    };
    assert_eq!(run_steps(&options, &steps).violation, None);
}
