use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

fn required() -> (u16, String) {
    (400, "required".to_owned())
}

fn in_use() -> (u16, String) {
    (400, "resourceInUseByAnotherResource".to_owned())
}

/// Status and reason of the refusal of an attachment with one member changed.
fn refused_with(fixture: &mut Fixture, member: &str, value: Value) -> (u16, String) {
    let mut body = attachment("other");
    body[member] = value;
    fixture.refused(&regional("serviceAttachments"), body)
}

#[test]
fn an_attachment_is_completed_and_has_no_endpoints_yet() {
    let mut fixture = Fixture::new().with_load_balancer();
    let mut body = attachment("sa");
    body["reconcileConnections"] = json!(null);
    let created = fixture.created(&regional("serviceAttachments"), body);
    assert_eq!(
        created["targetService"],
        link(&regional("forwardingRules/fr"))
    );
    assert_eq!(
        created["natSubnets"],
        json!([link(&regional("subnetworks/nat"))])
    );
    assert_eq!(created["connectionPreference"], "ACCEPT_MANUAL");
    assert_eq!(created["reconcileConnections"], false);
    assert_eq!(created["enableProxyProtocol"], false);
    assert_eq!(created["propagatedConnectionLimit"], 250);
    assert_eq!(created["natIpsPerEndpoint"], 1);
    assert_eq!(created.get("connectedEndpoints"), None);
    assert_eq!(created.get("consumerAcceptLists"), None);
}

#[test]
fn an_attachment_needs_a_preference_a_target_and_a_nat_subnet() {
    let mut fixture = Fixture::new().with_load_balancer();
    for member in ["connectionPreference", "targetService", "natSubnets"] {
        assert_eq!(
            refused_with(&mut fixture, member, json!(null)),
            required(),
            "{member}"
        );
    }
    assert_eq!(
        refused_with(&mut fixture, "natSubnets", json!([])),
        required()
    );
    let odd = refused_with(&mut fixture, "connectionPreference", json!("ACCEPT"));
    assert_eq!(odd, invalid());
}

#[test]
fn the_deprecated_name_of_the_target_is_accepted() {
    let mut fixture = Fixture::new().with_load_balancer();
    let mut body = attachment("sa");
    body["producerForwardingRule"] = body["targetService"].take();
    let created = fixture.created(&regional("serviceAttachments"), body);
    assert_eq!(
        created["targetService"],
        link(&regional("forwardingRules/fr"))
    );
    assert_eq!(created["producerForwardingRule"], created["targetService"]);
    // A client sends back what it read, and cannot have both differ.
    fixture.created(&regional("forwardingRules"), load_balancer("fr2"));
    let same = json!({ "producerForwardingRule": created["producerForwardingRule"] });
    fixture.updated(&regional(SA), same);
    let other = json!({ "producerForwardingRule": regional("forwardingRules/fr2") });
    assert_eq!(refusal(&fixture.change(&regional(SA), other)), invalid());
}

#[test]
fn the_target_is_immutable_in_any_spelling() {
    let mut fixture = Fixture::new().with_attachment();
    fixture.created(&regional("forwardingRules"), load_balancer("fr2"));
    let reply = fixture.change(
        &regional(SA),
        json!({ "targetService": regional("forwardingRules/fr2") }),
    );
    assert_eq!(refusal(&reply), invalid());
    assert!(message(&reply).contains("'resource.targetService'"));
    for same in [
        format!(
            "https://compute.googleapis.com/compute/beta/{}",
            regional("forwardingRules/fr")
        ),
        format!("projects/{PROVIDER_NUMBER}/regions/{REGION}/forwardingRules/fr"),
        format!("regions/{REGION}/forwardingRules/fr"),
    ] {
        let shown = fixture.updated(&regional(SA), json!({ "targetService": same }));
        assert_eq!(
            shown["targetService"],
            link(&regional("forwardingRules/fr"))
        );
    }
}

#[test]
fn the_domain_name_is_immutable_and_ends_with_a_dot() {
    let mut fixture = Fixture::new().with_load_balancer();
    for names in [
        json!(["a.example.com"]),
        json!(["a.example.com.", "b.example.com."]),
    ] {
        assert_eq!(refused_with(&mut fixture, "domainNames", names), invalid());
    }
    let mut body = attachment("sa");
    body["domainNames"] = json!(["a.example.com."]);
    fixture.created(&regional("serviceAttachments"), body);
    for names in [json!(["b.example.com."]), json!([]), json!(null)] {
        let reply = fixture.change(&regional(SA), json!({ "domainNames": names }));
        assert_eq!(refusal(&reply), invalid(), "{names}");
    }
    fixture.updated(&regional(SA), json!({ "domainNames": ["a.example.com."] }));
}

#[test]
fn the_target_is_an_internal_forwarding_rule_of_the_region() {
    let mut fixture = Fixture::new().with_endpoint();
    // An endpoint in the provider's project, which targets another attachment.
    let mut body = endpoint("inner");
    body["subnetwork"] = json!(regional("subnetworks/nodes"));
    fixture.created(&regional("forwardingRules"), body);
    let target = json!(regional("forwardingRules/inner"));
    assert_eq!(
        refused_with(&mut fixture, "targetService", target),
        invalid()
    );
    let missing = refused_with(&mut fixture, "targetService", json!("none"));
    assert_eq!(missing, (404, "notFound".to_owned()));
    let foreign = json!(consumer_regional(CONSUMER, "forwardingRules/e"));
    let refused = refused_with(&mut fixture, "targetService", foreign);
    assert_eq!(refused, (403, "forbidden".to_owned()));
    let collection = format!("projects/{PROVIDER}/regions/us-east1/serviceAttachments");
    let mut body = attachment("far");
    body["natSubnets"] = json!([]);
    assert_eq!(fixture.refused(&collection, body), invalid());
}

#[test]
fn nat_subnets_are_of_the_region_and_network_and_listed_once() {
    let mut fixture = Fixture::new().with_load_balancer();
    let purpose = "PRIVATE_SERVICE_CONNECT";
    let far = format!("projects/{PROVIDER}/regions/us-east1/subnetworks");
    fixture.created(&far, subnet("far", "172.24.1.0/28", purpose));
    let network = json!({ "name": "net2", "autoCreateSubnetworks": false });
    fixture.created(&global("networks"), network);
    let mut body = subnet("foreign", "172.24.2.0/28", purpose);
    body["network"] = json!("global/networks/net2");
    fixture.created(&regional("subnetworks"), body);
    for (ranges, status) in [
        (json!([regional("subnetworks/nodes")]), 400),
        (json!([format!("{far}/far")]), 400),
        (json!([regional("subnetworks/foreign")]), 400),
        (json!([regional("subnetworks/nat"), "nat"]), 400),
        (json!([regional("subnetworks/none")]), 404),
    ] {
        let refused = refused_with(&mut fixture, "natSubnets", ranges.clone());
        assert_eq!(refused.0, status, "{ranges}");
        assert_ne!(refused.1, "resourceInUseByAnotherResource", "{ranges}");
    }
    fixture.created(&regional("serviceAttachments"), attachment("sa"));
}

#[test]
fn a_nat_subnet_serves_one_attachment() {
    let mut fixture = Fixture::new().with_attachment();
    let reply = fixture.post(&regional("serviceAttachments"), attachment("other"));
    assert_eq!(refusal(&reply), in_use());
    let (range, holder) = (regional("subnetworks/nat"), regional(SA));
    let expected = format!("The subnetwork resource '{range}' is already being used by '{holder}'");
    assert_eq!(message(&reply), expected);
    // An update cannot take it either.
    let second = subnet("nat2", "172.24.1.0/28", "PRIVATE_SERVICE_CONNECT");
    fixture.created(&regional("subnetworks"), second);
    let mut body = attachment("other");
    body["natSubnets"] = json!([regional("subnetworks/nat2")]);
    fixture.created(&regional("serviceAttachments"), body);
    let both = json!({ "natSubnets": [regional("subnetworks/nat"), regional("subnetworks/nat2")] });
    let reply = fixture.change(&regional("serviceAttachments/other"), both.clone());
    assert_eq!(refusal(&reply), in_use());
    fixture.deleted(&regional(SA));
    fixture.updated(&regional("serviceAttachments/other"), both);
}

#[test]
fn automatic_acceptance_excludes_lists_also_existing_ones() {
    let mut fixture = Fixture::new().with_attachment();
    let list = json!([{ "projectIdOrNum": CONSUMER, "connectionLimit": 1 }]);
    fixture.updated(&regional(SA), json!({ "consumerAcceptLists": list }));
    let automatic = json!({ "connectionPreference": "ACCEPT_AUTOMATIC" });
    let reply = fixture.change(&regional(SA), automatic);
    assert_eq!(refusal(&reply), invalid());
    assert_eq!(
        message(&reply),
        "Invalid value for field 'resource.connectionPreference': 'ACCEPT_AUTOMATIC'. Incorrect \
         combination of connection preference with accept and/or reject list"
    );
    let body = json!({ "connectionPreference": "ACCEPT_AUTOMATIC", "consumerAcceptLists": [] });
    let shown = fixture.updated(&regional(SA), body);
    assert_eq!(shown["connectionPreference"], "ACCEPT_AUTOMATIC");
    let body = json!({ "consumerRejectLists": [OTHER_CONSUMER] });
    assert_eq!(refusal(&fixture.change(&regional(SA), body)), invalid());
}

#[test]
fn lists_name_one_kind_which_changes_in_one_update() {
    let mut fixture = Fixture::new().with_endpoint();
    let endpoint = fixture.numeric_path(CONSUMER, "e");
    let project = json!([{ "projectIdOrNum": CONSUMER, "connectionLimit": 1 }]);
    let endpoints = json!([{ "endpointUrl": endpoint }]);
    let body = json!({ "consumerAcceptLists": project, "consumerRejectLists": [OTHER_CONSUMER] });
    fixture.updated(&regional(SA), body);
    let half = fixture.change(&regional(SA), json!({ "consumerAcceptLists": endpoints }));
    assert_eq!(refusal(&half), invalid());
    let whole = json!({ "consumerAcceptLists": endpoints, "consumerRejectLists": [] });
    fixture.updated(&regional(SA), whole);
    assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
}

#[test]
fn lists_have_a_maximum_length_and_entries_are_checked() {
    let mut fixture = Fixture::new().with_attachment();
    for (member, list, field) in [
        (
            "consumerRejectLists",
            json!(vec!["a"; 65]),
            "consumerRejectLists[64]",
        ),
        ("consumerAcceptLists", json!([{}]), "consumerAcceptLists[0]"),
        (
            "consumerAcceptLists",
            json!(["guest-app"]),
            "consumerAcceptLists[0]",
        ),
        (
            "consumerAcceptLists",
            json!([{ "projectIdOrNum": "a", "connectionLimit": 4_294_967_296_u64 }]),
            "consumerAcceptLists[0].connectionLimit",
        ),
        (
            "consumerAcceptLists",
            json!([{ "endpointUrl": consumer_regional(CONSUMER, "forwardingRules/e") }]),
            "consumerAcceptLists[0].endpointUrl",
        ),
    ] {
        let reply = fixture.change(&regional(SA), json!({ member: list }));
        assert_eq!(refusal(&reply), invalid(), "{field}");
        let field = format!("'resource.{field}'");
        assert!(message(&reply).contains(&field), "{}", message(&reply));
    }
    fixture.updated(
        &regional(SA),
        json!({ "consumerRejectLists": vec!["a"; 64] }),
    );
}

#[test]
fn resources_that_an_attachment_uses_cannot_be_deleted() {
    let mut fixture = Fixture::new().with_attachment();
    let held = [regional("forwardingRules/fr"), regional("subnetworks/nat")];
    for path in &held {
        assert_eq!(refusal(&fixture.delete(path)), in_use(), "{path}");
    }
    fixture.deleted(&regional(SA));
    for path in &held {
        fixture.deleted(path);
    }
}

#[test]
fn deleting_an_attachment_closes_endpoints_for_good() {
    let mut fixture = Fixture::new().with_accepted();
    assert_eq!(fixture.google.bindings().len(), 1);
    fixture.deleted(&regional(SA));
    assert_eq!(fixture.status(CONSUMER, "e"), "CLOSED");
    assert!(fixture.google.bindings().is_empty());
    let mut body = attachment("sa");
    body["connectionPreference"] = json!("ACCEPT_AUTOMATIC");
    fixture.created(&regional("serviceAttachments"), body);
    assert_eq!(fixture.status(CONSUMER, "e"), "CLOSED");
    assert_eq!(fixture.connected(), [] as [Value; 0]);
    // A new endpoint connects to the new attachment; the old one does not interfere.
    fixture.created(
        &consumer_regional(CONSUMER, "forwardingRules"),
        endpoint("f"),
    );
    assert_eq!(fixture.status(CONSUMER, "f"), "ACCEPTED");
    assert_eq!(fixture.connected().len(), 1);
    fixture.updated(&regional(SA), json!({ "description": "changed" }));
    assert_eq!(fixture.status(CONSUMER, "e"), "CLOSED");
    fixture.deleted(&consumer_regional(CONSUMER, "forwardingRules/e"));
    assert_eq!(fixture.google.bindings().len(), 1);
}

#[test]
fn an_endpoint_created_during_the_deletion_of_its_attachment_is_closed() {
    let mut fixture = Fixture::slow().with_attachment();
    operation(&fixture.post(
        &consumer_regional(CONSUMER, "forwardingRules"),
        endpoint("e"),
    ));
    operation(&fixture.delete(&regional(SA)));
    let late = fixture.refused(
        &consumer_regional(CONSUMER, "forwardingRules"),
        endpoint("f"),
    );
    assert_eq!(late, (400, "resourceNotReady".to_owned()));
    fixture.complete_operations();
    assert_eq!(fixture.status(CONSUMER, "e"), "CLOSED");
}
