use serde_json::{Value, json};

use super::world::*;
use crate::cloud_model::CloudModel as _;

fn required() -> (u16, String) {
    (400, "required".to_owned())
}

fn in_use() -> (u16, String) {
    (400, "resourceInUseByAnotherResource".to_owned())
}

/// What an attachment is refused for, with one member changed.
fn refused_with(world: &mut World, member: &str, value: Value) -> (u16, String) {
    let mut body = attachment("other");
    body[member] = value;
    world.refused(&ours("serviceAttachments"), body)
}

#[test]
fn an_attachment_is_completed_and_has_no_endpoints_yet() {
    let mut world = World::new().with_entry();
    let mut body = attachment("sa");
    body["reconcileConnections"] = json!(null);
    let made = world.made(&ours("serviceAttachments"), body);
    assert_eq!(made["targetService"], link(&ours("forwardingRules/fr")));
    assert_eq!(made["natSubnets"], json!([link(&ours("subnetworks/nat"))]));
    assert_eq!(made["connectionPreference"], "ACCEPT_MANUAL");
    assert_eq!(made["reconcileConnections"], false);
    assert_eq!(made["enableProxyProtocol"], false);
    assert_eq!(made["propagatedConnectionLimit"], 250);
    assert_eq!(made["natIpsPerEndpoint"], 1);
    assert_eq!(made.get("connectedEndpoints"), None);
    assert_eq!(made.get("consumerAcceptLists"), None);
}

#[test]
fn it_needs_a_preference_a_target_and_a_range() {
    let mut world = World::new().with_entry();
    for member in ["connectionPreference", "targetService", "natSubnets"] {
        assert_eq!(
            refused_with(&mut world, member, json!(null)),
            required(),
            "{member}"
        );
    }
    assert_eq!(
        refused_with(&mut world, "natSubnets", json!([])),
        required()
    );
    let odd = refused_with(&mut world, "connectionPreference", json!("ACCEPT"));
    assert_eq!(odd, invalid());
}

#[test]
fn the_old_name_of_the_target_is_understood() {
    let mut world = World::new().with_entry();
    let mut body = attachment("sa");
    body["producerForwardingRule"] = body["targetService"].take();
    let made = world.made(&ours("serviceAttachments"), body);
    assert_eq!(made["targetService"], link(&ours("forwardingRules/fr")));
    assert_eq!(made.get("producerForwardingRule"), None);
}

#[test]
fn its_target_stays_in_whatever_spelling() {
    let mut world = World::new().with_attachment();
    world.made(&ours("forwardingRules"), entry("fr2"));
    let reply = world.change(
        &ours(SA),
        json!({ "targetService": ours("forwardingRules/fr2") }),
    );
    assert_eq!(refusal(&reply), invalid());
    assert!(message(&reply).contains("'resource.targetService'"));
    for same in [
        format!(
            "https://compute.googleapis.com/compute/beta/{}",
            ours("forwardingRules/fr")
        ),
        format!("projects/{PROVIDER_NUMBER}/regions/{REGION}/forwardingRules/fr"),
        format!("regions/{REGION}/forwardingRules/fr"),
    ] {
        let shown = world.patched(&ours(SA), json!({ "targetService": same }));
        assert_eq!(shown["targetService"], link(&ours("forwardingRules/fr")));
    }
}

#[test]
fn its_domain_stays_and_is_one_with_a_dot_at_the_end() {
    let mut world = World::new().with_entry();
    for names in [
        json!(["a.example.com"]),
        json!(["a.example.com.", "b.example.com."]),
    ] {
        assert_eq!(refused_with(&mut world, "domainNames", names), invalid());
    }
    let mut body = attachment("sa");
    body["domainNames"] = json!(["a.example.com."]);
    world.made(&ours("serviceAttachments"), body);
    for names in [json!(["b.example.com."]), json!([]), json!(null)] {
        let reply = world.change(&ours(SA), json!({ "domainNames": names }));
        assert_eq!(refusal(&reply), invalid(), "{names}");
    }
    world.patched(&ours(SA), json!({ "domainNames": ["a.example.com."] }));
}

#[test]
fn its_target_is_an_entry_of_its_region() {
    let mut world = World::new().with_endpoint();
    // An endpoint of the provider's own, which leads elsewhere itself.
    let mut body = endpoint("inner");
    body["subnetwork"] = json!(ours("subnetworks/nodes"));
    world.made(&ours("forwardingRules"), body);
    let target = json!(ours("forwardingRules/inner"));
    assert_eq!(refused_with(&mut world, "targetService", target), invalid());
    let missing = refused_with(&mut world, "targetService", json!("none"));
    assert_eq!(missing, (404, "notFound".to_owned()));
    let foreign = json!(theirs(CONSUMER, "forwardingRules/e"));
    let refused = refused_with(&mut world, "targetService", foreign);
    assert_eq!(refused, (403, "forbidden".to_owned()));
    let collection = format!("projects/{PROVIDER}/regions/us-east1/serviceAttachments");
    let mut body = attachment("far");
    body["natSubnets"] = json!([]);
    assert_eq!(world.refused(&collection, body), invalid());
}

#[test]
fn its_ranges_are_for_translation_in_its_region_and_network_and_named_once() {
    let mut world = World::new().with_entry();
    let purpose = "PRIVATE_SERVICE_CONNECT";
    let far = format!("projects/{PROVIDER}/regions/us-east1/subnetworks");
    world.made(&far, subnet("far", "172.24.1.0/28", purpose));
    let network = json!({ "name": "net2", "autoCreateSubnetworks": false });
    world.made(&global("networks"), network);
    let mut body = subnet("foreign", "172.24.2.0/28", purpose);
    body["network"] = json!("global/networks/net2");
    world.made(&ours("subnetworks"), body);
    for (ranges, status) in [
        (json!([ours("subnetworks/nodes")]), 400),
        (json!([format!("{far}/far")]), 400),
        (json!([ours("subnetworks/foreign")]), 400),
        (json!([ours("subnetworks/nat"), "nat"]), 400),
        (json!([ours("subnetworks/none")]), 404),
    ] {
        let refused = refused_with(&mut world, "natSubnets", ranges.clone());
        assert_eq!(refused.0, status, "{ranges}");
        assert_ne!(refused.1, "resourceInUseByAnotherResource", "{ranges}");
    }
    world.made(&ours("serviceAttachments"), attachment("sa"));
}

#[test]
fn a_range_serves_one_attachment() {
    let mut world = World::new().with_attachment();
    let reply = world.post(&ours("serviceAttachments"), attachment("other"));
    assert_eq!(refusal(&reply), in_use());
    let (range, holder) = (ours("subnetworks/nat"), ours(SA));
    let expected = format!("The subnetwork resource '{range}' is already being used by '{holder}'");
    assert_eq!(message(&reply), expected);
    // Neither can another that exists already take it.
    let second = subnet("nat2", "172.24.1.0/28", "PRIVATE_SERVICE_CONNECT");
    world.made(&ours("subnetworks"), second);
    let mut body = attachment("other");
    body["natSubnets"] = json!([ours("subnetworks/nat2")]);
    world.made(&ours("serviceAttachments"), body);
    let both = json!({ "natSubnets": [ours("subnetworks/nat"), ours("subnetworks/nat2")] });
    let reply = world.change(&ours("serviceAttachments/other"), both.clone());
    assert_eq!(refusal(&reply), in_use());
    world.gone(&ours(SA));
    world.patched(&ours("serviceAttachments/other"), both);
}

#[test]
fn automatic_acceptance_has_no_lists_not_even_old_ones() {
    let mut world = World::new().with_attachment();
    let list = json!([{ "projectIdOrNum": CONSUMER, "connectionLimit": 1 }]);
    world.patched(&ours(SA), json!({ "consumerAcceptLists": list }));
    let automatic = json!({ "connectionPreference": "ACCEPT_AUTOMATIC" });
    let reply = world.change(&ours(SA), automatic);
    assert_eq!(refusal(&reply), invalid());
    assert_eq!(
        message(&reply),
        "Invalid value for field 'resource.connectionPreference': 'ACCEPT_AUTOMATIC'. Incorrect \
         combination of connection preference with accept and/or reject list"
    );
    let body = json!({ "connectionPreference": "ACCEPT_AUTOMATIC", "consumerAcceptLists": [] });
    let shown = world.patched(&ours(SA), body);
    assert_eq!(shown["connectionPreference"], "ACCEPT_AUTOMATIC");
    let body = json!({ "consumerRejectLists": [STRANGER] });
    assert_eq!(refusal(&world.change(&ours(SA), body)), invalid());
}

#[test]
fn lists_name_one_kind_which_changes_in_one_update() {
    let mut world = World::new().with_endpoint();
    let endpoint = world.numbered(CONSUMER, "e");
    let project = json!([{ "projectIdOrNum": CONSUMER, "connectionLimit": 1 }]);
    let endpoints = json!([{ "endpointUrl": endpoint }]);
    let body = json!({ "consumerAcceptLists": project, "consumerRejectLists": [STRANGER] });
    world.patched(&ours(SA), body);
    let half = world.change(&ours(SA), json!({ "consumerAcceptLists": endpoints }));
    assert_eq!(refusal(&half), invalid());
    let whole = json!({ "consumerAcceptLists": endpoints, "consumerRejectLists": [] });
    world.patched(&ours(SA), whole);
    assert_eq!(world.status(CONSUMER, "e"), "ACCEPTED");
}

#[test]
fn lists_have_a_most_and_entries_a_form() {
    let mut world = World::new().with_attachment();
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
            json!([{ "endpointUrl": theirs(CONSUMER, "forwardingRules/e") }]),
            "consumerAcceptLists[0].endpointUrl",
        ),
    ] {
        let reply = world.change(&ours(SA), json!({ member: list }));
        assert_eq!(refusal(&reply), invalid(), "{field}");
        let field = format!("'resource.{field}'");
        assert!(message(&reply).contains(&field), "{}", message(&reply));
    }
    world.patched(&ours(SA), json!({ "consumerRejectLists": vec!["a"; 64] }));
}

#[test]
fn what_an_attachment_uses_is_held_until_it_is_gone() {
    let mut world = World::new().with_attachment();
    let held = [ours("forwardingRules/fr"), ours("subnetworks/nat")];
    for path in &held {
        assert_eq!(refusal(&world.delete(path)), in_use(), "{path}");
    }
    world.gone(&ours(SA));
    for path in &held {
        world.gone(path);
    }
}

#[test]
fn its_deletion_closes_endpoints_and_the_same_name_does_not_revive_them() {
    let mut world = World::new().with_accepted();
    assert_eq!(world.google.bindings().len(), 1);
    world.gone(&ours(SA));
    assert_eq!(world.status(CONSUMER, "e"), "CLOSED");
    assert!(world.google.bindings().is_empty());
    let mut body = attachment("sa");
    body["connectionPreference"] = json!("ACCEPT_AUTOMATIC");
    world.made(&ours("serviceAttachments"), body);
    assert_eq!(world.status(CONSUMER, "e"), "CLOSED");
    assert_eq!(world.connected(), [] as [Value; 0]);
    // A new endpoint is of the new attachment, and the old one is still in the way of nothing.
    world.made(&theirs(CONSUMER, "forwardingRules"), endpoint("f"));
    assert_eq!(world.status(CONSUMER, "f"), "ACCEPTED");
    assert_eq!(world.connected().len(), 1);
    world.patched(&ours(SA), json!({ "description": "changed" }));
    assert_eq!(world.status(CONSUMER, "e"), "CLOSED");
    world.gone(&theirs(CONSUMER, "forwardingRules/e"));
    assert_eq!(world.google.bindings().len(), 1);
}

#[test]
fn an_endpoint_made_while_its_attachment_goes_is_closed_from_the_start() {
    let mut world = World::slow().with_attachment();
    operation(&world.post(&theirs(CONSUMER, "forwardingRules"), endpoint("e")));
    operation(&world.delete(&ours(SA)));
    let late = world.refused(&theirs(CONSUMER, "forwardingRules"), endpoint("f"));
    assert_eq!(late, (400, "resourceNotReady".to_owned()));
    world.settle();
    assert_eq!(world.status(CONSUMER, "e"), "CLOSED");
}
