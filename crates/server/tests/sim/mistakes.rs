//! Injected mistakes, each of which the simulation must detect.
//!
//! Mistakes of one cloud's driver are in the files of that cloud.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_clouds::{Cloud as Driver, Error, Listing, PlacedAttachment, Report, Scope};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::part::Part;
use underpass_model::reconcile::{Outcome, Step};
use underpass_store::{Change, Kind, WorkEdit, Write};

use crate::azure::Azure;
use crate::cloud::Cloud;
use crate::google::Google;
use crate::injected_mistake::InjectedMistake;
use crate::random_run::{RunOptions, STEPS, simulate};

/// Number of seeds within which each mistake must be detected.
const SEEDS: u64 = 96;

/// First violation that a mistake causes, or `None` if it is not detected.
pub(crate) fn detect(cloud: &'static dyn Cloud, mistake: InjectedMistake) -> Option<String> {
    detect_violation(cloud, mistake, "")
}

/// First violation whose message contains `words`.
pub(crate) fn detect_violation(
    cloud: &'static dyn Cloud,
    mistake: InjectedMistake,
    words: &str,
) -> Option<String> {
    let violation = |seed| {
        let steps = STEPS;
        simulate(&RunOptions {
            cloud,
            seed,
            steps,
            mistake,
        })
        .violation
    };
    (0..SEEDS)
        .filter_map(violation)
        .find(|violation| violation.contains(words))
}

/// Mistake of the driver.
pub(crate) fn in_driver(driver: fn(Arc<dyn Driver>) -> Arc<dyn Driver>) -> InjectedMistake {
    InjectedMistake {
        driver: Some(driver),
        ..InjectedMistake::default()
    }
}

/// First violation that a mistake of the driver causes.
pub(crate) fn detect_in_driver(
    cloud: &'static dyn Cloud,
    driver: fn(Arc<dyn Driver>) -> Arc<dyn Driver>,
) -> Option<String> {
    detect(cloud, in_driver(driver))
}

/// Driver that performs another step than requested, or alters the report.
pub(crate) struct MistakenDriver {
    pub(crate) inner: Arc<dyn Driver>,
    pub(crate) step: fn(&Step) -> StepMistake,
    pub(crate) answer: fn(&Step, Report) -> Report,
}

/// Alteration of a step.
pub(crate) enum StepMistake {
    /// The step is performed as requested.
    None,
    /// Another step is performed.
    Replace(Step),
    /// No step is performed, and this outcome is reported.
    Claim(Outcome),
}

#[async_trait]
impl Driver for MistakenDriver {
    async fn perform(
        &self,
        target: &CloudTarget,
        step: &Step,
        now: Timestamp,
    ) -> Result<Report, Error> {
        let twisted = match (self.step)(step) {
            StepMistake::None => step.clone(),
            StepMistake::Replace(twisted) => twisted,
            StepMistake::Claim(outcome) => {
                return Ok(Report {
                    outcome,
                    connections: None,
                });
            }
        };
        let report = self.inner.perform(target, &twisted, now).await?;
        Ok((self.answer)(step, report))
    }

    async fn sweep(&self, scope: &Scope, now: Timestamp) -> Result<Listing, Error> {
        self.inner.sweep(scope, now).await
    }

    async fn attachments(&self, now: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        self.inner.attachments(now).await
    }

    async fn networks(&self, targets: &[CloudTarget], now: Timestamp) -> Result<Listing, Error> {
        self.inner.networks(targets, now).await
    }
}

pub(crate) fn unchanged(_: &Step, report: Report) -> Report {
    report
}

/// Reports that a write produced the requested spec.
pub(crate) fn as_requested(step: &Step, mut report: Report) -> Report {
    if let (Step::Put { spec, .. }, Outcome::Ready(confirmed)) = (step, &mut report.outcome) {
        confirmed.spec = spec.clone();
    }
    report
}

const CLOUDS: [&dyn Cloud; 2] = [&Azure, &Google];

#[test]
fn replacing_the_published_service_to_change_it_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Put {
                part: part @ Part::Attachment,
                tag: Some(_),
                ..
            } => StepMistake::Replace(Step::Delete(part.clone())),
            _ => StepMistake::None,
        };
        Arc::new(MistakenDriver {
            inner,
            step,
            answer: unchanged,
        })
    };
    for cloud in CLOUDS {
        let violation = detect_violation(cloud, in_driver(driver), "was replaced");
        assert!(violation.is_some(), "{}", cloud.name());
    }
}

#[test]
fn not_marking_a_part_unknown_before_a_write_is_caught() {
    // Commits the last observation instead of the unknown state.
    let store = |change: &mut Change| {
        for write in &mut change.writes {
            let Write::Put(Kind::Observed, _, body) = write else {
                continue;
            };
            let Some(parts) = body
                .get_mut("parts")
                .and_then(|parts| parts.as_object_mut())
            else {
                continue;
            };
            parts.retain(|_, seen| seen["phase"] != "unknown" || seen.get("last").is_some());
            for seen in parts.values_mut() {
                if seen["phase"] == "unknown" {
                    let last = seen["last"].clone();
                    *seen = serde_json::json!({"phase": "ready", "last": last});
                }
            }
        }
    };
    for cloud in CLOUDS {
        let mistake = InjectedMistake {
            store: Some(store),
            ..InjectedMistake::default()
        };
        assert!(detect(cloud, mistake).is_some(), "{}", cloud.name());
    }
}

/// Ends work that is to be repeated later.
pub(crate) fn resting_store(change: &mut Change) {
    for edit in &mut change.work {
        if let WorkEdit::Reschedule {
            key,
            epoch,
            generation,
            ..
        } = edit
        {
            let (key, epoch, generation) = (key.clone(), *epoch, *generation);
            *edit = WorkEdit::Finish {
                key,
                epoch,
                generation,
            };
        }
    }
}

#[test]
fn resting_instead_of_waiting_is_caught() {
    for cloud in CLOUDS {
        let mistake = InjectedMistake {
            store: Some(resting_store),
            ..InjectedMistake::default()
        };
        assert!(detect(cloud, mistake).is_some(), "{}", cloud.name());
    }
}

#[test]
fn without_a_mistake_nothing_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        Arc::new(MistakenDriver {
            inner,
            step: |_| StepMistake::None,
            answer: unchanged,
        })
    };
    for cloud in CLOUDS {
        let violation = (0..8).find_map(|seed| {
            simulate(&RunOptions {
                cloud,
                seed,
                steps: STEPS,
                mistake: InjectedMistake {
                    driver: Some(driver),
                    ..InjectedMistake::default()
                },
            })
            .violation
        });
        assert_eq!(violation, None, "{}", cloud.name());
    }
}

/// Driver that takes one answer "not found" for the truth.
struct CredulousDriver(Arc<dyn Driver>);

#[async_trait]
impl Driver for CredulousDriver {
    async fn perform(
        &self,
        target: &CloudTarget,
        step: &Step,
        now: Timestamp,
    ) -> Result<Report, Error> {
        let gone = Report {
            outcome: Outcome::Gone,
            connections: None,
        };
        match self.0.perform(target, step, now).await {
            Ok(Report {
                outcome: Outcome::Absent(_),
                connections,
            }) => Ok(Report {
                connections,
                ..gone
            }),
            Err(error) if error.code == "ContradictoryAnswers" => Ok(gone),
            other => other,
        }
    }

    async fn sweep(&self, scope: &Scope, now: Timestamp) -> Result<Listing, Error> {
        self.0.sweep(scope, now).await
    }

    async fn attachments(&self, now: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        self.0.attachments(now).await
    }

    async fn networks(&self, targets: &[CloudTarget], now: Timestamp) -> Result<Listing, Error> {
        self.0.networks(targets, now).await
    }
}

#[test]
fn trusting_one_read_that_finds_nothing_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> { Arc::new(CredulousDriver(inner)) };
    for cloud in CLOUDS {
        assert!(
            detect_in_driver(cloud, driver).is_some(),
            "{}",
            cloud.name()
        );
    }
}
