//! Mistakes that only a driver for Azure can make.

use std::sync::Arc;

use underpass_clouds::Cloud as Driver;
use underpass_model::part::{Admission, AzurePart, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};

use super::Azure;
use crate::mistakes::{Twist, Twisted, as_told, caught_driving, plain};

#[test]
fn approving_what_was_to_be_rejected_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Put {
                part,
                spec: Spec::Admission(_),
                tag,
            } => Twist::Into(Step::Put {
                part: part.clone(),
                spec: Spec::Admission(Admission::Approved),
                tag: tag.clone(),
            }),
            _ => Twist::Straight,
        };
        Arc::new(Twisted {
            inner,
            step,
            answer: as_told,
        })
    };
    assert!(caught_driving(&Azure, driver).is_some());
}

#[test]
fn a_balancer_that_is_never_deleted_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Delete(Part::Azure(AzurePart::Balancer)) => Twist::Claim(Outcome::Gone),
            _ => Twist::Straight,
        };
        Arc::new(Twisted {
            inner,
            step,
            answer: plain,
        })
    };
    let broken = caught_driving(&Azure, driver).expect("caught");
    assert!(broken.contains("left"), "{broken}");
}

#[test]
fn claiming_a_write_succeeded_without_doing_it_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Put {
                part: part @ Part::Azure(AzurePart::Balancer),
                tag: Some(_),
                ..
            } => Twist::Into(Step::Read(part.clone())),
            _ => Twist::Straight,
        };
        let answer = |step: &Step, report| match step.part() {
            Part::Azure(AzurePart::Balancer) => as_told(step, report),
            _ => report,
        };
        Arc::new(Twisted {
            inner,
            step,
            answer,
        })
    };
    assert!(caught_driving(&Azure, driver).is_some());
}
