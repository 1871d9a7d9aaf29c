//! Mistakes planted on purpose: each must be caught, or the simulation proves nothing.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_clouds::{Cloud, Error, Finding, Report, Scope};
use underpass_model::part::{Admission, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};
use underpass_model::site::Site;
use underpass_store::{Change, Kind, WorkEdit, Write};

use crate::story::{Plan, tell};
use crate::world::Planted;

/// Seeds within which each mistake must be caught.
const SEEDS: u64 = 96;

fn caught(planted: Planted) -> Option<String> {
    (0..SEEDS).find_map(|seed| {
        tell(&Plan {
            seed,
            steps: 120,
            planted,
        })
        .broken
    })
}

/// A driver that twists a step before it performs it, or the answer after.
struct Twisted {
    inner: Arc<dyn Cloud>,
    step: fn(&Step) -> Option<Step>,
    answer: fn(&Step, Report) -> Report,
}

#[async_trait]
impl Cloud for Twisted {
    async fn perform(&self, site: &Site, step: &Step, now: Timestamp) -> Result<Report, Error> {
        match (self.step)(step) {
            None => Ok(Report {
                outcome: Outcome::Gone,
                connections: None,
            }),
            Some(twisted) => {
                let report = self.inner.perform(site, &twisted, now).await?;
                Ok((self.answer)(step, report))
            }
        }
    }

    async fn sweep(&self, scope: &Scope, now: Timestamp) -> Result<Vec<Finding>, Error> {
        self.inner.sweep(scope, now).await
    }
}

fn plain(_: &Step, report: Report) -> Report {
    report
}

#[test]
fn approving_what_was_to_be_rejected_is_caught() {
    let driver = |inner| -> Arc<dyn Cloud> {
        let step = |step: &Step| match step {
            Step::Put {
                part,
                spec: Spec::Admission(_),
                tag,
            } => Some(Step::Put {
                part: part.clone(),
                spec: Spec::Admission(Admission::Approved),
                tag: tag.clone(),
            }),
            other => Some(other.clone()),
        };
        Arc::new(Twisted {
            inner,
            step,
            answer: plain,
        })
    };
    let broken = caught(Planted {
        driver: Some(driver),
        store: None,
    });
    assert!(broken.is_some());
}

#[test]
fn a_balancer_that_is_never_deleted_is_caught() {
    let driver = |inner| -> Arc<dyn Cloud> {
        let step = |step: &Step| match step {
            Step::Delete(Part::Balancer) => None,
            other => Some(other.clone()),
        };
        Arc::new(Twisted {
            inner,
            step,
            answer: plain,
        })
    };
    let broken = caught(Planted {
        driver: Some(driver),
        store: None,
    })
    .expect("caught");
    assert!(broken.contains("left"), "{broken}");
}

#[test]
fn claiming_a_write_succeeded_without_doing_it_is_caught() {
    let driver = |inner| -> Arc<dyn Cloud> {
        let step = |step: &Step| match step {
            Step::Put {
                part: part @ Part::Balancer,
                tag: Some(_),
                ..
            } => Some(Step::Read(part.clone())),
            other => Some(other.clone()),
        };
        let answer = |step: &Step, mut report: Report| {
            if let (
                Step::Put {
                    part: Part::Balancer,
                    spec,
                    ..
                },
                Outcome::Ready(confirmed),
            ) = (step, &mut report.outcome)
            {
                confirmed.spec = spec.clone();
            }
            report
        };
        Arc::new(Twisted {
            inner,
            step,
            answer,
        })
    };
    assert!(
        caught(Planted {
            driver: Some(driver),
            store: None
        })
        .is_some()
    );
}

#[test]
fn replacing_the_published_service_to_change_it_is_caught() {
    let driver = |inner| -> Arc<dyn Cloud> {
        let step = |step: &Step| match step {
            Step::Put {
                part: part @ Part::Attachment,
                tag: Some(_),
                ..
            } => Some(Step::Delete(part.clone())),
            other => Some(other.clone()),
        };
        Arc::new(Twisted {
            inner,
            step,
            answer: plain,
        })
    };
    let broken = caught(Planted {
        driver: Some(driver),
        store: None,
    });
    assert!(broken.is_some());
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
    assert!(
        caught(Planted {
            driver: None,
            store: Some(store)
        })
        .is_some()
    );
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
    assert!(
        caught(Planted {
            driver: None,
            store: Some(store)
        })
        .is_some()
    );
}

#[test]
fn without_a_mistake_nothing_is_caught() {
    let driver = |inner| -> Arc<dyn Cloud> {
        Arc::new(Twisted {
            inner,
            step: |step| Some(step.clone()),
            answer: plain,
        })
    };
    let calm = (0..8).find_map(|seed| {
        tell(&Plan {
            seed,
            steps: 120,
            planted: Planted {
                driver: Some(driver),
                store: None,
            },
        })
        .broken
    });
    assert_eq!(calm, None);
}
