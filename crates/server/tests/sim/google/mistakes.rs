//! Mistakes that only a driver for Google can make.

use std::sync::Arc;

use serde_json::Value;
use underpass_clouds::Cloud as Driver;
use underpass_model::part::{Confirmed, Facts, GooglePart, GoogleSpec, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};
use underpass_store::{Change, Kind, Write};

use super::Google;
use crate::mistakes::{
    Twist, Twisted, as_told, caught, caught_driving, caught_saying, driving, plain,
};
use crate::world::Planted;

fn caught_on_the_wire(garble: fn(&str, &mut Value)) -> Option<String> {
    let wire = Some(garble);
    caught(
        &Google,
        Planted {
            wire,
            ..Planted::default()
        },
    )
}

/// Google's own clients omit empty lists.
#[test]
fn an_empty_list_that_is_not_sent_is_caught() {
    let broken = caught_on_the_wire(|path, body| {
        if let (true, Some(members)) = (path.contains("/serviceAttachments"), body.as_object_mut())
        {
            members.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
        }
    });
    assert!(broken.is_some());
}

#[test]
fn accepting_a_project_instead_of_an_endpoint_is_caught() {
    let garble = |_: &str, body: &mut Value| {
        let Some(entries) = body["consumerAcceptLists"].as_array_mut() else {
            return;
        };
        for entry in entries {
            let endpoint = entry["endpointUrl"].as_str().unwrap_or_default();
            let project = endpoint.split('/').nth(1).unwrap_or_default().to_owned();
            *entry = serde_json::json!({"projectIdOrNum": project, "connectionLimit": 10});
        }
        body["consumerRejectLists"] = serde_json::json!([]);
    };
    let planted = Planted {
        wire: Some(garble),
        ..Planted::default()
    };
    assert!(caught_saying(&Google, planted, "nobody approved").is_some());
}

#[test]
fn disabled_reconciliation_is_caught() {
    let broken = caught_on_the_wire(|_, body| {
        if let Some(flag) = body.get_mut("reconcileConnections") {
            *flag = serde_json::json!(false);
        }
    });
    assert!(broken.is_some());
}

#[test]
fn accepting_what_was_to_be_rejected_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Put {
                part,
                spec:
                    Spec::Google(GoogleSpec::ServiceAttachment {
                        nat,
                        accept,
                        reject,
                    }),
                tag,
            } => Twist::Into(Step::Put {
                part: part.clone(),
                spec: Spec::Google(GoogleSpec::ServiceAttachment {
                    nat: nat.clone(),
                    accept: accept.union(reject).cloned().collect(),
                    reject: std::collections::BTreeSet::new(),
                }),
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
    assert!(caught_driving(&Google, driver).is_some());
}

#[test]
fn a_rule_that_denies_and_is_never_made_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Put {
                part: Part::Google(GooglePart::Deny),
                spec,
                ..
            } => Twist::Claim(Outcome::Ready(Confirmed {
                spec: spec.clone(),
                tag: None,
                facts: Facts::default(),
            })),
            _ => Twist::Straight,
        };
        Arc::new(Twisted {
            inner,
            step,
            answer: plain,
        })
    };
    // Caught while a consumer is connected; the settled state is checked in any case.
    assert!(caught_saying(&Google, driving(driver), "is open to").is_some());
}

#[test]
fn a_rule_that_allows_every_port_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Put {
                part: Part::Google(GooglePart::Allow),
                spec: Spec::Google(GoogleSpec::Firewall { sources, .. }),
                tag,
            } => Twist::Into(Step::Put {
                part: Part::Google(GooglePart::Allow),
                spec: Spec::Google(GoogleSpec::Firewall {
                    sources: sources.clone(),
                    ports: std::collections::BTreeSet::new(),
                }),
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
    // Caught while a consumer is connected; the settled state is checked in any case.
    assert!(caught_saying(&Google, driving(driver), "is open to").is_some());
}

#[test]
fn a_firewall_that_is_never_deleted_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Delete(Part::Google(GooglePart::Deny | GooglePart::Allow)) => {
                Twist::Claim(Outcome::Gone)
            }
            _ => Twist::Straight,
        };
        Arc::new(Twisted {
            inner,
            step,
            answer: plain,
        })
    };
    let broken = caught_driving(&Google, driver).expect("caught");
    assert!(broken.contains("left"), "{broken}");
}

#[test]
fn a_backend_service_that_is_written_in_claims_alone_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Put {
                part: Part::Google(GooglePart::BackendService),
                tag: Some(_),
                ..
            } => Twist::Into(Step::Read(Part::Google(GooglePart::BackendService))),
            _ => Twist::Straight,
        };
        let answer = |step: &Step, report| match step.part() {
            Part::Google(GooglePart::BackendService) => as_told(step, report),
            _ => report,
        };
        Arc::new(Twisted {
            inner,
            step,
            answer,
        })
    };
    assert!(caught_driving(&Google, driver).is_some());
}

#[test]
fn ranges_that_are_never_given_back_are_caught() {
    let store = |change: &mut Change| {
        change
            .writes
            .retain(|write| !matches!(write, Write::Remove(Kind::NatRange, _)));
    };
    let planted = Planted {
        store: Some(store),
        ..Planted::default()
    };
    let broken = caught(&Google, planted).expect("caught");
    assert!(broken.contains("claimed"), "{broken}");
}
