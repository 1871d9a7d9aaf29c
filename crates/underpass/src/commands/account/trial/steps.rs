//! Steps of a trial: each is repeated until it ends, within a limit.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use underpass_clouds::{Cloud, Error, ErrorKind, Report};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::observed_connection::ObservedConnection;
use underpass_model::part::{Admission, Confirmed, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};

use super::record::{Phase, StepRecord, seconds};
use crate::clock;
use crate::printer::Printer;

/// Longest duration of one step: 15 min, several times that of the slowest known operation.
const STEP_LIMIT: Duration = Duration::from_mins(15);

/// Pause before a step is repeated: 3 s.
const PAUSE: Duration = Duration::from_secs(3);

/// Longest pause between two polls: 15 s.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The steps so far.
pub(super) struct Steps {
    cloud: Arc<dyn Cloud>,
    stop: watch::Receiver<bool>,
    wait: Duration,
    printer: Printer,
    phase: Phase,
    records: Vec<StepRecord>,
}

/// A step failed; its record has the reason.
pub(super) struct StepFailed;

impl Steps {
    pub(super) fn new(
        cloud: Arc<dyn Cloud>,
        stop: watch::Receiver<bool>,
        wait: Duration,
        printer: Printer,
    ) -> Self {
        Self {
            cloud,
            stop,
            wait,
            printer,
            phase: Phase::Make,
            records: Vec::new(),
        }
    }

    pub(super) fn into_records(self) -> Vec<StepRecord> {
        self.records
    }

    pub(super) fn begin(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Makes or changes a part; returns its confirmed state.
    pub(super) async fn put(
        &mut self,
        name: &str,
        target: &CloudTarget,
        part: Part,
        spec: Spec,
        tag: Option<String>,
    ) -> Result<Confirmed, StepFailed> {
        let step = Step::Put { part, spec, tag };
        let report = self.perform(name, target, step).await?;
        match report.outcome {
            Outcome::Ready(confirmed) | Outcome::Found(confirmed) => Ok(confirmed),
            other => Err(self.fail(name, &format!("ended as {other:?}"))),
        }
    }

    /// Reads a part.
    pub(super) async fn read(
        &mut self,
        name: &str,
        target: &CloudTarget,
        part: Part,
    ) -> Result<Report, StepFailed> {
        self.perform(name, target, Step::Read(part)).await
    }

    /// Deletes a part; goes on after a failure.
    pub(super) async fn delete(&mut self, name: &str, target: &CloudTarget, part: Part) {
        // The record has the failure.
        let _recorded = self.perform(name, target, Step::Delete(part)).await;
    }

    /// Waits for an endpoint of the operator, shown in this part.
    pub(super) async fn endpoint(
        &mut self,
        target: &CloudTarget,
        how: &str,
    ) -> Option<ObservedConnection> {
        if self.wait.is_zero() {
            return None;
        }
        let seconds_left = self.wait.as_secs();
        self.printer
            .say(&format!("waiting {seconds_left} s for an endpoint. {how}"));
        let begun = clock::instant();
        let name = "an endpoint connects";
        while begun.elapsed() < self.wait && !*self.stop.borrow() {
            let step = Step::Read(Part::Attachment);
            let read = self.cloud.perform(target, &step, clock::now()).await;
            let connections = read.ok().and_then(|it| it.connections);
            if let Some(found) = connections.and_then(|it| it.into_iter().next()) {
                let seen = format!("shown as {:?}, {:?}", found.admission, found.identity);
                self.push(name, begun.elapsed(), None, seen);
                return Some(found);
            }
            self.pause(PAUSE).await;
        }
        None
    }

    /// Lists the networks of these targets.
    pub(super) async fn list(
        &mut self,
        name: &str,
        targets: &[CloudTarget],
    ) -> Result<(), StepFailed> {
        let begun = clock::instant();
        match self.cloud.networks(targets, clock::now()).await {
            Ok(listing) => match listing.unlisted.into_values().next() {
                None => {
                    let seen = format!("{} parts found", listing.findings.len());
                    self.push(name, begun.elapsed(), None, seen);
                    Ok(())
                }
                Some(reason) => Err(self.fail(name, &reason)),
            },
            Err(error) => Err(self.fail(name, &error.to_string())),
        }
    }

    /// Reads the version tag of the attachment.
    pub(super) async fn tag(
        &mut self,
        name: &str,
        target: &CloudTarget,
    ) -> Result<Option<String>, StepFailed> {
        let report = self.read(name, target, Part::Attachment).await?;
        match report.outcome {
            Outcome::Ready(confirmed) | Outcome::Found(confirmed) => Ok(confirmed.tag),
            other => Err(self.fail(name, &format!("ended as {other:?}"))),
        }
    }

    /// Reads the attachment until its only connection is in a state.
    pub(super) async fn until(
        &mut self,
        name: &str,
        target: &CloudTarget,
        is_shown: impl Fn(Admission) -> bool,
    ) -> Result<(), StepFailed> {
        let begun = clock::instant();
        while begun.elapsed() < STEP_LIMIT && !*self.stop.borrow() {
            let step = Step::Read(Part::Attachment);
            let read = self.cloud.perform(target, &step, clock::now()).await;
            let connections = read.ok().and_then(|it| it.connections);
            let first = connections.and_then(|it| it.into_iter().next());
            if let Some(found) = first
                && is_shown(found.admission)
            {
                let seen = format!("as {:?}", found.admission);
                self.push(name, begun.elapsed(), None, seen);
                return Ok(());
            }
            self.pause(PAUSE).await;
        }
        Err(self.fail(name, "the attachment does not show it"))
    }

    /// Performs a step until it ends.
    async fn perform(
        &mut self,
        name: &str,
        target: &CloudTarget,
        first: Step,
    ) -> Result<Report, StepFailed> {
        // After a signal only deletions go on.
        if self.is_stopped() {
            return Err(self.fail(name, "stopped by a signal"));
        }
        let begun = clock::instant();
        let (mut step, mut polls, mut refusals) = (first.clone(), 0_u32, Vec::new());
        loop {
            let now = clock::now();
            let performed = self.cloud.perform(target, &step, now).await;
            let is_over = begun.elapsed() > STEP_LIMIT;
            match performed {
                Ok(report) => {
                    let Outcome::Making {
                        operation,
                        check_after,
                        kind,
                    } = &report.outcome
                    else {
                        let seen = noted(polls, &refusals);
                        self.push(name, begun.elapsed(), None, seen);
                        return Ok(report);
                    };
                    if is_over {
                        return Err(self.end(
                            name,
                            begun.elapsed(),
                            "the step does not end",
                            &refusals,
                        ));
                    }
                    polls += 1;
                    let pause = check_after.duration_since(now);
                    let part = part_of(&first);
                    step = match operation {
                        Some(operation) => Step::Poll {
                            part,
                            operation: operation.clone(),
                            kind: *kind,
                        },
                        None => Step::Read(part),
                    };
                    let pause = Duration::try_from(pause).unwrap_or_default();
                    self.pause(pause.min(LONGEST_PAUSE)).await;
                }
                Err(error) if is_transient(&error) && self.is_stopped() => {
                    let reason = format!("stopped by a signal; before: {error}");
                    return Err(self.end(name, begun.elapsed(), &reason, &refusals));
                }
                Err(error) if is_transient(&error) && !is_over => {
                    refusals.push(error.code.clone());
                    step = first.clone();
                    self.pause(PAUSE).await;
                }
                Err(error) => {
                    return Err(self.end(name, begun.elapsed(), &error.to_string(), &refusals));
                }
            }
        }
    }

    /// Records a failure that is no failed call.
    pub(super) fn fail(&mut self, name: &str, reason: &str) -> StepFailed {
        self.end(name, Duration::ZERO, reason, &[])
    }

    fn end(&mut self, name: &str, took: Duration, reason: &str, refusals: &[String]) -> StepFailed {
        self.push(name, took, Some(reason.to_owned()), noted(0, refusals));
        StepFailed
    }

    fn push(&mut self, name: &str, took: Duration, error: Option<String>, seen: String) {
        let result = error.as_ref().map_or("ok", String::as_str);
        self.printer.say(&format!("{name}: {result}"));
        self.records.push(StepRecord {
            step: name.to_owned(),
            phase: self.phase,
            seconds: seconds(took),
            error,
            seen,
        });
    }

    fn is_stopped(&self) -> bool {
        *self.stop.borrow() && self.phase != Phase::Delete
    }

    /// Pauses; until a signal, unless this deletes or the signal has come.
    async fn pause(&mut self, pause: Duration) {
        if self.phase == Phase::Delete || *self.stop.borrow() {
            sleep(pause).await;
            return;
        }
        tokio::select! {
            () = sleep(pause) => {}
            _ = self.stop.changed() => {}
        }
    }
}

fn part_of(step: &Step) -> Part {
    match step {
        Step::Read(part)
        | Step::Survey(part)
        | Step::Delete(part)
        | Step::Put { part, .. }
        | Step::Poll { part, .. } => part.clone(),
    }
}

/// Reports whether a step is repeated: also after an absence, because a resource may not be shown yet.
fn is_transient(error: &Error) -> bool {
    match error.kind {
        ErrorKind::Retry { .. } | ErrorKind::Conflict | ErrorKind::InDoubt | ErrorKind::Missing => {
            true
        }
        ErrorKind::Denied | ErrorKind::Quota | ErrorKind::Invalid | ErrorKind::NotOurs => false,
    }
}

fn noted(polls: u32, refusals: &[String]) -> String {
    let mut notes = Vec::new();
    if polls > 0 {
        notes.push(format!("{polls} polls"));
    }
    if !refusals.is_empty() {
        notes.push(format!("repeated after {}", refusals.join(", ")));
    }
    notes.join("; ")
}

#[cfg(test)]
mod tests;
