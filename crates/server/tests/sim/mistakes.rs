//! Mistakes planted on purpose: each must be caught, or the simulation proves nothing.
//!
//! Those that any cloud's driver or any store could make are here, the others with their cloud.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_clouds::{Cloud as Driver, Error, Listing, Report, Scope};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::part::Part;
use underpass_model::reconcile::{Outcome, Step};
use underpass_store::{Change, Kind, WorkEdit, Write};

use crate::azure::Azure;
use crate::cloud::Cloud;
use crate::google::Google;
use crate::story::{Plan, STEPS, tell};
use crate::world::Planted;

/// Seeds within which each mistake must be caught.
const SEEDS: u64 = 96;

/// What is said when a mistake is caught; `None`: it is not.
pub(crate) fn caught(cloud: &'static dyn Cloud, planted: Planted) -> Option<String> {
    caught_saying(cloud, planted, "")
}

/// The same where the mistake must be caught by a certain invariant, by what it says.
pub(crate) fn caught_saying(
    cloud: &'static dyn Cloud,
    planted: Planted,
    words: &str,
) -> Option<String> {
    let broken = |seed| {
        let steps = STEPS;
        tell(&Plan {
            cloud,
            seed,
            steps,
            planted,
        })
        .broken
    };
    (0..SEEDS)
        .filter_map(broken)
        .find(|broken| broken.contains(words))
}

/// A mistake of the driver's.
pub(crate) fn driving(driver: fn(Arc<dyn Driver>) -> Arc<dyn Driver>) -> Planted {
    Planted {
        driver: Some(driver),
        ..Planted::default()
    }
}

/// The same where it is the driver's mistake.
pub(crate) fn caught_driving(
    cloud: &'static dyn Cloud,
    driver: fn(Arc<dyn Driver>) -> Arc<dyn Driver>,
) -> Option<String> {
    caught(cloud, driving(driver))
}

/// A driver that twists a step before it performs it, or the answer after.
pub(crate) struct Twisted {
    pub(crate) inner: Arc<dyn Driver>,
    pub(crate) step: fn(&Step) -> Twist,
    pub(crate) answer: fn(&Step, Report) -> Report,
}

/// What is made of a step.
pub(crate) enum Twist {
    /// Nothing but what it says.
    Straight,
    /// Another one is performed.
    Into(Step),
    /// Nothing is performed, and this is claimed.
    Claim(Outcome),
}

#[async_trait]
impl Driver for Twisted {
    async fn perform(
        &self,
        site: &CloudTarget,
        step: &Step,
        now: Timestamp,
    ) -> Result<Report, Error> {
        let twisted = match (self.step)(step) {
            Twist::Straight => step.clone(),
            Twist::Into(twisted) => twisted,
            Twist::Claim(outcome) => {
                return Ok(Report {
                    outcome,
                    connections: None,
                });
            }
        };
        let report = self.inner.perform(site, &twisted, now).await?;
        Ok((self.answer)(step, report))
    }

    async fn sweep(&self, scope: &Scope, now: Timestamp) -> Result<Listing, Error> {
        self.inner.sweep(scope, now).await
    }
}

pub(crate) fn plain(_: &Step, report: Report) -> Report {
    report
}

/// Claims that a write made what it was to make, whatever it made.
pub(crate) fn as_told(step: &Step, mut report: Report) -> Report {
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
            } => Twist::Into(Step::Delete(part.clone())),
            _ => Twist::Straight,
        };
        Arc::new(Twisted {
            inner,
            step,
            answer: plain,
        })
    };
    for cloud in CLOUDS {
        let broken = caught_saying(cloud, driving(driver), "was replaced");
        assert!(broken.is_some(), "{}", cloud.name());
    }
}

#[test]
fn not_marking_doubt_before_a_write_is_caught() {
    // Commits what was known before instead of the doubt.
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
        let planted = Planted {
            store: Some(store),
            ..Planted::default()
        };
        assert!(caught(cloud, planted).is_some(), "{}", cloud.name());
    }
}

#[test]
fn resting_instead_of_waiting_is_caught() {
    let store = |change: &mut Change| {
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
    };
    for cloud in CLOUDS {
        let planted = Planted {
            store: Some(store),
            ..Planted::default()
        };
        assert!(caught(cloud, planted).is_some(), "{}", cloud.name());
    }
}

#[test]
fn without_a_mistake_nothing_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        Arc::new(Twisted {
            inner,
            step: |_| Twist::Straight,
            answer: plain,
        })
    };
    for cloud in CLOUDS {
        let calm = (0..8).find_map(|seed| {
            tell(&Plan {
                cloud,
                seed,
                steps: STEPS,
                planted: Planted {
                    driver: Some(driver),
                    ..Planted::default()
                },
            })
            .broken
        });
        assert_eq!(calm, None, "{}", cloud.name());
    }
}
