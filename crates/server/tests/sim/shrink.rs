//! Reduces a failing run to the few steps that matter.
//!
//! Steps are removed in halves, quarters and so on to single ones, and the remaining ones lose their
//! faults, for as long as the run violates the same invariant.

use crate::planned_step::{PlannedStep, list_of, plan};
use crate::random_run::{RunOptions, RunResult, run_steps};

/// Largest number of runs for one failure: a minute or two.
const RUNS: u32 = 300;

/// A failing run whose steps all matter, unless the runs were used up.
pub(crate) struct Shrunk {
    pub(crate) steps: Vec<PlannedStep>,
    pub(crate) result: RunResult,
    /// Number of runs that it took.
    pub(crate) runs: u32,
}

struct Search<'a> {
    options: &'a RunOptions,
    /// The violation without what differs between runs.
    kind: String,
    best: Shrunk,
}

/// Reduces the run of these options, which violated an invariant.
pub(crate) fn shrink(options: &RunOptions) -> Shrunk {
    let mut steps = plan(options.cloud, options.seed, options.steps);
    let result = run_steps(options, &steps);
    // Those after the violation were not performed.
    steps.retain(|step| step.number <= result.step);
    let violation = result.violation.as_deref();
    let kind = kind(violation.expect("only a failing run is shrunk"));
    let mut search = Search {
        options,
        kind,
        best: Shrunk {
            steps,
            result,
            runs: 1,
        },
    };
    while search.remove_steps() | search.remove_faults() {}
    search.best
}

impl Search<'_> {
    /// Takes these steps if they still fail.
    fn take(&mut self, steps: Vec<PlannedStep>) -> bool {
        if self.best.runs >= RUNS {
            return false;
        }
        self.best.runs += 1;
        let result = run_steps(self.options, &steps);
        let fails = result
            .violation
            .as_deref()
            .is_some_and(|violation| kind(violation) == self.kind);
        if fails {
            self.best.steps = steps;
            self.best.result = result;
        }
        fails
    }

    fn remove_steps(&mut self) -> bool {
        let before = self.best.steps.len();
        let mut size = before;
        while size > 0 {
            let mut start = 0;
            while start < self.best.steps.len() {
                let mut steps = self.best.steps.clone();
                steps.drain(start..steps.len().min(start + size));
                if !self.take(steps) {
                    start += size;
                }
            }
            size /= 2;
        }
        self.best.steps.len() < before
    }

    fn remove_faults(&mut self) -> bool {
        let mut removed = false;
        for index in 0..self.best.steps.len() {
            let mut steps = self.best.steps.clone();
            let step = &mut steps[index];
            if step.faults.take().is_some() {
                removed |= self.take(steps);
            }
        }
        removed
    }
}

impl Shrunk {
    /// The steps, and the command that repeats them.
    pub(crate) fn report(&self, options: &RunOptions) -> String {
        let steps: Vec<String> = self.steps.iter().map(|it| format!("  {it}")).collect();
        let (cloud, seed) = (options.cloud.name(), options.seed);
        format!(
            "{} of {} steps matter ({} runs):\n{}\nrepeat them with UNDERPASS_SIM_CLOUD={cloud} \
             UNDERPASS_SIM_SEED={seed} UNDERPASS_SIM_STEPS={} UNDERPASS_SIM_KEEP={} cargo test -p \
             underpass-server --test sim every_run -- --nocapture",
            self.steps.len(),
            options.steps,
            self.runs,
            steps.join("\n"),
            options.steps,
            list_of(&self.steps),
        )
    }
}

/// The words of a violation that are no names or numbers.
pub(crate) fn kind(violation: &str) -> String {
    let is_word = |word: &&str| word.chars().all(|c| c.is_alphabetic() || c == ',');
    let words: Vec<&str> = violation.split_whitespace().filter(is_word).collect();
    words.join(" ")
}
