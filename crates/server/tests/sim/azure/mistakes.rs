//! Injected mistakes of the driver for Azure.

use std::sync::Arc;

use underpass_clouds::Cloud as Driver;
use underpass_model::part::{Admission, AzurePart, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};

use super::Azure;
use crate::mistakes::{MistakenDriver, StepMistake, as_requested, detect_in_driver, unchanged};

#[test]
fn approving_what_was_to_be_rejected_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Put {
                part,
                spec: Spec::Admission(_),
                tag,
            } => StepMistake::Replace(Step::Put {
                part: part.clone(),
                spec: Spec::Admission(Admission::Approved),
                tag: tag.clone(),
            }),
            _ => StepMistake::None,
        };
        Arc::new(MistakenDriver {
            inner,
            step,
            answer: as_requested,
        })
    };
    assert!(detect_in_driver(&Azure, driver).is_some());
}

#[test]
fn a_balancer_that_is_never_deleted_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Delete(Part::Azure(AzurePart::Balancer)) => StepMistake::Claim(Outcome::Gone),
            _ => StepMistake::None,
        };
        Arc::new(MistakenDriver {
            inner,
            step,
            answer: unchanged,
        })
    };
    let violation = detect_in_driver(&Azure, driver).expect("caught");
    assert!(violation.contains("left"), "{violation}");
}

#[test]
fn claiming_a_write_that_was_not_sent_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Put {
                part: part @ Part::Azure(AzurePart::Balancer),
                tag: Some(_),
                ..
            } => StepMistake::Replace(Step::Read(part.clone())),
            _ => StepMistake::None,
        };
        let answer = |step: &Step, report| match step.part() {
            Part::Azure(AzurePart::Balancer) => as_requested(step, report),
            _ => report,
        };
        Arc::new(MistakenDriver {
            inner,
            step,
            answer,
        })
    };
    assert!(detect_in_driver(&Azure, driver).is_some());
}
