//! The record of a trial, for its report.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use underpass_clouds::{AccountFinding, CheckKind, CheckStatus};

use super::trial_target::TrialTarget;
use crate::failure::Failure;

/// The record of a trial.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) began: Timestamp,
    pub(super) version: &'static str,
    pub(super) check: Vec<AccountFinding>,
    pub(super) steps: Vec<StepRecord>,
}

/// One step.
#[derive(Debug, Clone, Serialize)]
pub(super) struct StepRecord {
    pub(super) step: String,
    pub(super) phase: Phase,
    pub(super) seconds: f64,
    /// `None`: it succeeded.
    pub(super) error: Option<String>,
    /// Observations worth noting, one a line.
    pub(super) seen: String,
}

/// The phase of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    Make,
    Watch,
    Delete,
}

impl Record {
    pub(super) fn new(
        account: String,
        region: String,
        began: Timestamp,
        check: Vec<AccountFinding>,
    ) -> Self {
        Self {
            account,
            region,
            began,
            version: env!("CARGO_PKG_VERSION"),
            check,
            steps: Vec::new(),
        }
    }

    /// Reports whether the account signs in and answers; what is missing otherwise, the steps show.
    pub(super) fn may_begin(&self) -> bool {
        let is_ok = |kind| {
            let mut found = self.check.iter();
            found.any(|it| it.check == kind && it.status == CheckStatus::Ok)
        };
        is_ok(CheckKind::SignIn) && is_ok(CheckKind::Reachability)
    }

    /// Reports whether a step succeeded.
    pub(super) fn step(&self, name: &str) -> Option<&StepRecord> {
        let mut steps = self.steps.iter();
        steps.find(|it| it.step == name && it.error.is_none())
    }

    /// The end of the command.
    ///
    /// # Errors
    /// A step failed, or something is left.
    pub(super) fn conclude(&self, target: &TrialTarget) -> Result<(), Failure> {
        if self.steps.is_empty() {
            return Err(
                Failure::refused("the account cannot be used. Nothing was made")
                    .hint("correct what `underpass account check` names"),
            );
        }
        let failed = |phase| {
            let mut steps = self.steps.iter();
            steps.any(|it| it.phase == phase && it.error.is_some())
        };
        if failed(Phase::Delete) {
            return Err(
                Failure::refused(format!("something of {} is left", target.made()))
                    .hint("delete it in the cloud; the report names the steps that failed"),
            );
        }
        if failed(Phase::Make) || failed(Phase::Watch) {
            return Err(Failure::refused(
                "a step failed. All that was made is deleted",
            ));
        }
        Ok(())
    }
}

/// Seconds with milliseconds.
pub(super) fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}
