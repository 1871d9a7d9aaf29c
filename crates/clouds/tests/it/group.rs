use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::part::{AzurePart, OperationKind, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};

use crate::script::{Script, empty, json as reply};
use crate::world::{GROUP, absent, found, outcome, perform, put, ready, signed_in, tags, target};

fn group(tags: &Value, state: &str) -> Value {
    json!({
        "id": GROUP,
        "name": "vpc-1",
        "location": "westeurope",
        "tags": tags,
        "properties": {"provisioningState": state},
    })
}

fn make() -> Step {
    put(Part::Azure(AzurePart::Group), Spec::Present, None)
}

#[test]
fn a_group_is_made_only_where_none_is() {
    let script = signed_in();
    script
        .on("GET /vpc-1", absent())
        .on("PUT /vpc-1", reply(201, &group(&tags(), "Succeeded")));
    let confirmed = ready(outcome(&script, &make()));
    assert_eq!(confirmed.facts.id.as_deref(), Some(GROUP));
    insta::assert_json_snapshot!(script.writes()[0].json(), @r#"
    {
      "location": "westeurope",
      "tags": {
        "underpass-incarnation": "s0a1b2c3d4e5",
        "underpass-managed": "link/demo/pg-1/azure"
      }
    }
    "#);
}

#[test]
fn a_group_of_ours_is_taken_over_and_a_foreign_one_is_refused() {
    let script = signed_in();
    script.on("GET /vpc-1", reply(200, &group(&tags(), "Succeeded")));
    found(outcome(&script, &make()));

    for step in [
        make(),
        Step::Read(Part::Azure(AzurePart::Group)),
        Step::Survey(Part::Azure(AzurePart::Group)),
        Step::Delete(Part::Azure(AzurePart::Group)),
    ] {
        let script = signed_in();
        let foreign =
            json!({"underpass-managed": "link/demo/pg-1/azure", "underpass-incarnation": "other"});
        script.on("GET /vpc-1", reply(200, &group(&foreign, "Succeeded")));
        let error = perform(&script, &target(), &step).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotOurs);
        assert!(script.writes().is_empty());
    }
}

#[test]
fn a_listing_of_an_empty_group_deletes_nothing() {
    let script = signed_in();
    script
        .on("GET /vpc-1", reply(200, &group(&tags(), "Succeeded")))
        .on(
            "GET /resourceGroups/vpc-1/resources",
            reply(200, &json!({"value": []})),
        );
    let survey = Step::Survey(Part::Azure(AzurePart::Group));
    assert_eq!(outcome(&script, &survey), Outcome::Empty);
    assert!(script.writes().is_empty());
    let network = Step::Survey(Part::Network);
    let error = perform(&Script::new(), &target(), &network).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "it is no container");
}

#[test]
fn an_empty_group_is_deleted_and_its_location_is_asked_at() {
    let operation = "https://management.test/subscriptions/sub-1/operationresults/abc?t=1";
    let script = signed_in();
    script
        .on("GET /vpc-1", reply(200, &group(&tags(), "Succeeded")))
        .on(
            "GET /resourceGroups/vpc-1/resources",
            reply(200, &json!({"value": []})),
        )
        .on("DELETE /vpc-1", empty(202).with("location", operation));
    let outcome = outcome(&script, &Step::Delete(Part::Azure(AzurePart::Group)));
    let Outcome::Making {
        operation: Some(handle),
        kind: OperationKind::Delete,
        ..
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!(handle, operation);
}

#[test]
fn a_group_that_holds_something_is_left_alone() {
    let listed = json!({"value": [{"id": "/subscriptions/sub-1/x/disk-1"}, {"name": "disk-2"}]});
    let part = Part::Azure(AzurePart::Group);
    for step in [Step::Survey(part.clone()), Step::Delete(part)] {
        let script = signed_in();
        script
            .on("GET /vpc-1", reply(200, &group(&tags(), "Succeeded")))
            .on("GET /resources", reply(200, &listed));
        let error = perform(&script, &target(), &step).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Retry { after: None });
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"delete resource group `vpc-1`: resource group `vpc-1` still contains /subscriptions/sub-1/x/disk-1, disk-2 (GroupNotEmpty)");
        }
        assert!(error.remedy.is_some());
        assert!(script.writes().is_empty());
    }
}

#[test]
fn a_group_on_its_way_out_is_not_deleted_again() {
    let script = signed_in();
    script.on("GET /vpc-1", reply(200, &group(&tags(), "Deleting")));
    let outcome = outcome(&script, &Step::Delete(Part::Azure(AzurePart::Group)));
    assert!(matches!(
        outcome,
        Outcome::Making {
            operation: None,
            kind: OperationKind::Delete,
            ..
        }
    ));
}
