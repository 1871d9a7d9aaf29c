use serde_json::json;
use underpass_clouds::ErrorKind;
use underpass_model::part::{GooglePart, OperationKind, Part};
use underpass_model::reconcile::{Evidence, Outcome, Step};

use super::world::{
    GLOBAL, REGION, ZONE, absent, done, later, ours, outcome, perform, refused, running,
};
use crate::script::{Script, json as reply};

#[test]
fn a_removal_waits_for_what_still_uses_it() {
    let script = Script::new();
    let busy = "The resource is already being used by 'x'";
    script
        .on(
            "GET /up-s0a1b2c3d4e5-hc",
            reply(200, &ours("up-s0a1b2c3d4e5-hc", json!({}))),
        )
        .on(
            "DELETE /up-s0a1b2c3d4e5-hc",
            refused(400, "resourceInUseByAnotherResource", busy),
        );
    let error = perform(
        &script,
        &Step::Delete(Part::Google(GooglePart::HealthCheck)),
    )
    .unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Retry { after: Some(_) }));
    assert!(error.remedy.is_some());
}

#[test]
fn every_part_is_removed_by_one_write_done_at_once_or_later() {
    let nat = Part::Google(GooglePart::NatSubnet("172.24.0.0/28".parse().unwrap()));
    for (part, path) in [
        (
            nat,
            format!("{REGION}/subnetworks/up-s0a1b2c3d4e5-nat-172-24-0-0-28"),
        ),
        (
            Part::Google(GooglePart::Deny),
            format!("{GLOBAL}/firewalls/up-s0a1b2c3d4e5-deny"),
        ),
        (
            Part::Google(GooglePart::Allow),
            format!("{GLOBAL}/firewalls/up-s0a1b2c3d4e5-allow"),
        ),
        (
            Part::Google(GooglePart::HealthCheck),
            format!("{REGION}/healthChecks/up-s0a1b2c3d4e5-hc"),
        ),
        (
            Part::Google(GooglePart::EndpointGroup("europe-west1-b".to_owned())),
            format!("{ZONE}/networkEndpointGroups/up-s0a1b2c3d4e5-neg"),
        ),
        (
            Part::Google(GooglePart::BackendService),
            format!("{REGION}/backendServices/up-s0a1b2c3d4e5-bs"),
        ),
        (
            Part::Google(GooglePart::ForwardingRule),
            format!("{REGION}/forwardingRules/up-s0a1b2c3d4e5-fr"),
        ),
        (
            Part::Attachment,
            format!("{REGION}/serviceAttachments/up-s0a1b2c3d4e5"),
        ),
    ] {
        let (scope, _) = path.split_at(path.rmatch_indices('/').nth(1).unwrap().0);
        let under_way = Outcome::Making {
            operation: Some(format!("{scope}/operations/operation-1")),
            check_after: later(1),
            kind: OperationKind::Delete,
        };
        for (answer, expected) in [
            (done(), Outcome::Gone),
            (absent(), Outcome::Absent(Evidence::Alone)),
            (running(), under_way),
        ] {
            let script = Script::new();
            script
                .on(
                    &format!("GET /compute/v1/{path}"),
                    reply(200, &ours("x", json!({}))),
                )
                .on(&format!("DELETE /compute/v1/{path}"), answer);
            let step = Step::Delete(part.clone());
            assert_eq!(outcome(&script, &step), expected, "{part}");
        }
    }
}

#[test]
fn what_is_not_found_is_not_removed_and_not_proven_gone() {
    let script = Script::new();
    script.on("GET /up-s0a1b2c3d4e5-fr", absent());
    assert_eq!(
        outcome(
            &script,
            &Step::Delete(Part::Google(GooglePart::ForwardingRule))
        ),
        Outcome::Absent(Evidence::Alone)
    );
}
