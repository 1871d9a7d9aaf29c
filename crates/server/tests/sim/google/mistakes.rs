//! Injected mistakes of the driver for Google.

use std::sync::Arc;

use serde_json::Value;
use underpass_clouds::Cloud as Driver;
use underpass_model::part::{Confirmed, Facts, GooglePart, GoogleSpec, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};
use underpass_store::{Change, Kind, Write};

use super::Google;
use crate::injected_mistake::InjectedMistake;
use crate::mistakes::{
    MistakenDriver, StepMistake, as_requested, detect, detect_in_driver, detect_violation,
    in_driver, unchanged,
};

fn detect_in_request_body(garble: fn(&str, &mut Value)) -> Option<String> {
    let request_body = Some(garble);
    detect(
        &Google,
        InjectedMistake {
            request_body,
            ..InjectedMistake::default()
        },
    )
}

/// Google's own clients omit empty lists.
#[test]
fn an_empty_list_that_is_not_sent_is_caught() {
    let violation = detect_in_request_body(|path, body| {
        if let (true, Some(members)) = (path.contains("/serviceAttachments"), body.as_object_mut())
        {
            members.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
        }
    });
    assert!(violation.is_some());
}

#[test]
fn accepting_a_project_instead_of_an_endpoint_is_caught() {
    let garble = |_: &str, body: &mut Value| {
        let lists = body.get_mut("consumerAcceptLists");
        let Some(entries) = lists.and_then(Value::as_array_mut) else {
            return;
        };
        for entry in entries {
            let endpoint = entry["endpointUrl"].as_str().unwrap_or_default();
            let project = endpoint.split('/').nth(1).unwrap_or_default().to_owned();
            *entry = serde_json::json!({"projectIdOrNum": project, "connectionLimit": 10});
        }
        body["consumerRejectLists"] = serde_json::json!([]);
    };
    let mistake = InjectedMistake {
        request_body: Some(garble),
        ..InjectedMistake::default()
    };
    assert!(detect_violation(&Google, mistake, "without approval").is_some());
}

#[test]
fn disabled_reconciliation_is_caught() {
    let violation = detect_in_request_body(|_, body| {
        if let Some(flag) = body.get_mut("reconcileConnections") {
            *flag = serde_json::json!(false);
        }
    });
    assert!(violation.is_some());
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
            } => StepMistake::Replace(Step::Put {
                part: part.clone(),
                spec: Spec::Google(GoogleSpec::ServiceAttachment {
                    nat: nat.clone(),
                    accept: accept.union(reject).cloned().collect(),
                    reject: std::collections::BTreeSet::new(),
                }),
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
    assert!(detect_in_driver(&Google, driver).is_some());
}

#[test]
fn a_rule_that_denies_and_is_never_made_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Put {
                part: Part::Google(GooglePart::Deny),
                spec,
                ..
            } => StepMistake::Claim(Outcome::Ready(Confirmed {
                spec: spec.clone(),
                tag: None,
                facts: Facts::default(),
            })),
            _ => StepMistake::None,
        };
        Arc::new(MistakenDriver {
            inner,
            step,
            answer: unchanged,
        })
    };
    // Caught while a consumer is connected; the settled state is checked in any case.
    assert!(detect_violation(&Google, in_driver(driver), "is open to").is_some());
}

#[test]
fn a_rule_that_allows_every_port_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Put {
                part: Part::Google(GooglePart::Allow),
                spec: Spec::Google(GoogleSpec::Firewall { sources, .. }),
                tag,
            } => StepMistake::Replace(Step::Put {
                part: Part::Google(GooglePart::Allow),
                spec: Spec::Google(GoogleSpec::Firewall {
                    sources: sources.clone(),
                    ports: std::collections::BTreeSet::new(),
                }),
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
    // Caught while a consumer is connected; the settled state is checked in any case.
    assert!(detect_violation(&Google, in_driver(driver), "is open to").is_some());
}

#[test]
fn a_firewall_that_is_never_deleted_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Delete(Part::Google(GooglePart::Deny | GooglePart::Allow)) => {
                StepMistake::Claim(Outcome::Gone)
            }
            _ => StepMistake::None,
        };
        Arc::new(MistakenDriver {
            inner,
            step,
            answer: unchanged,
        })
    };
    let violation = detect_in_driver(&Google, driver).expect("caught");
    assert!(violation.contains("left"), "{violation}");
}

#[test]
fn a_backend_service_that_is_written_in_claims_alone_is_caught() {
    let driver = |inner| -> Arc<dyn Driver> {
        let step = |step: &Step| match step {
            Step::Put {
                part: Part::Google(GooglePart::BackendService),
                tag: Some(_),
                ..
            } => StepMistake::Replace(Step::Read(Part::Google(GooglePart::BackendService))),
            _ => StepMistake::None,
        };
        let answer = |step: &Step, report| match step.part() {
            Part::Google(GooglePart::BackendService) => as_requested(step, report),
            _ => report,
        };
        Arc::new(MistakenDriver {
            inner,
            step,
            answer,
        })
    };
    assert!(detect_in_driver(&Google, driver).is_some());
}

#[test]
fn ranges_that_are_never_given_back_are_caught() {
    let store = |change: &mut Change| {
        change
            .writes
            .retain(|write| !matches!(write, Write::Remove(Kind::NatRange, _)));
    };
    let mistake = InjectedMistake {
        store: Some(store),
        ..InjectedMistake::default()
    };
    let violation = detect(&Google, mistake).expect("caught");
    assert!(violation.contains("claimed"), "{violation}");
}
