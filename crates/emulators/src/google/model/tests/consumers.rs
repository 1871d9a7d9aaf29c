use serde_json::{Value, json};

use super::world::*;
use crate::cloud_model::CloudModel as _;

fn rules() -> String {
    theirs(CONSUMER, "forwardingRules")
}

fn project(name: &str, limit: u32) -> Value {
    json!({ "projectIdOrNum": name, "connectionLimit": limit })
}

/// What the attachment shows, as pairs of endpoint and status.
fn shown(world: &mut World) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = |it: &Value| {
        let endpoint = text(&it["endpoint"]);
        let name = endpoint.rsplit('/').next().unwrap().to_owned();
        (name, text(&it["status"]))
    };
    world.connected().iter().map(of).collect()
}

#[test]
fn a_new_endpoint_waits_and_is_shown_without_its_address() {
    let mut world = World::new().with_endpoint();
    let rule = world.seen(&theirs(CONSUMER, "forwardingRules/e"));
    assert_eq!(rule["IPAddress"], "127.64.0.2");
    assert_eq!(rule["target"], link(&ours(SA)));
    assert_eq!(rule["pscConnectionStatus"], "PENDING");
    assert_eq!(rule.get("loadBalancingScheme"), None);
    let number = rule["id"].as_str().unwrap();
    let network = format!("projects/{CONSUMER}/global/networks/net");
    let expected = json!([{
        "status": "PENDING",
        "pscConnectionId": rule["pscConnectionId"],
        "endpoint": rule["selfLink"],
        "endpointWithId": link(&theirs(CONSUMER, &format!("forwardingRules/{number}"))),
        "consumerNetwork": link(&network),
        "propagatedConnectionCount": 0,
    }]);
    assert_eq!(json!(world.connected()), expected);
    let attachment = world.seen(&format!("{}?showNatIps=true", ours(SA)));
    assert!(!attachment.to_string().contains("127.64."));
}

#[test]
fn an_entry_by_the_endpoints_number_lets_in_that_endpoint_alone() {
    let mut world = World::new().with_endpoint();
    world.made(&rules(), endpoint("f"));
    let with_id = world.connected()[0]["endpointWithId"].clone();
    let without_host = with_id.as_str().unwrap().strip_prefix(LINK).unwrap();
    for entry in [with_id.as_str().unwrap(), without_host] {
        let list = json!([{ "endpointUrl": entry, "connectionLimit": 1 }]);
        world.patched(&ours(SA), json!({ "consumerAcceptLists": list }));
        assert_eq!(world.status(CONSUMER, "e"), "ACCEPTED");
        assert_eq!(world.status(CONSUMER, "f"), "PENDING");
        let expected = [("e", "ACCEPTED"), ("f", "PENDING")];
        let expected = expected.map(|(name, status)| (name.to_owned(), status.to_owned()));
        assert_eq!(shown(&mut world), expected);
        world.patched(&ours(SA), json!({ "consumerAcceptLists": [] }));
    }
}

#[test]
fn rejection_counts_before_acceptance() {
    let mut world = World::new().with_accepted();
    let number = world.numbered(CONSUMER, "e");
    world.patched(&ours(SA), json!({ "consumerRejectLists": [number] }));
    assert_eq!(world.status(CONSUMER, "e"), "REJECTED");
    assert_eq!(world.connected()[0]["status"], "REJECTED");
    world.patched(&ours(SA), json!({ "consumerRejectLists": [] }));
    assert_eq!(world.status(CONSUMER, "e"), "ACCEPTED");
}

#[test]
fn with_reconciling_every_decision_can_be_taken_back() {
    let mut world = World::new().with_accepted();
    let number = world.numbered(CONSUMER, "e");
    for (accept, reject, status) in [
        (json!([]), json!([]), "PENDING"),
        (json!([]), json!([number]), "REJECTED"),
        (json!([{ "endpointUrl": number }]), json!([]), "ACCEPTED"),
        (json!([]), json!([number]), "REJECTED"),
        (json!([]), json!([]), "PENDING"),
    ] {
        let body = json!({ "consumerAcceptLists": accept, "consumerRejectLists": reject });
        world.patched(&ours(SA), body);
        assert_eq!(world.status(CONSUMER, "e"), status);
    }
}

#[test]
fn without_reconciling_a_decision_stays() {
    let mut world = World::new().with_attachment();
    world.patched(&ours(SA), json!({ "reconcileConnections": false }));
    for name in ["e", "f"] {
        world.made(&rules(), endpoint(name));
    }
    let (e, f) = (world.numbered(CONSUMER, "e"), world.numbered(CONSUMER, "f"));
    let lists = |accept: &[&str], reject: &[&str]| {
        let accept: Vec<Value> = accept
            .iter()
            .map(|it| json!({ "endpointUrl": it }))
            .collect();
        json!({ "consumerAcceptLists": accept, "consumerRejectLists": reject })
    };
    world.patched(&ours(SA), lists(&[&e], &[&f]));
    for body in [lists(&[], &[]), lists(&[&f], &[&e])] {
        world.patched(&ours(SA), body);
        assert_eq!(world.status(CONSUMER, "e"), "ACCEPTED");
        assert_eq!(world.status(CONSUMER, "f"), "REJECTED");
        assert_eq!(world.google.bindings().len(), 1);
    }
    // What the lists say counts once reconciling is asked for.
    world.patched(&ours(SA), json!({ "reconcileConnections": true }));
    assert_eq!(world.status(CONSUMER, "e"), "REJECTED");
    assert_eq!(world.status(CONSUMER, "f"), "ACCEPTED");
}

#[test]
fn a_limit_lets_in_so_many_and_the_next_when_one_leaves() {
    let mut world = World::new().with_attachment();
    let list = json!([project(CONSUMER, 2)]);
    world.patched(&ours(SA), json!({ "consumerAcceptLists": list }));
    for name in ["e", "f", "g"] {
        world.made(&rules(), endpoint(name));
        world.pass(DELAY);
    }
    let of = |world: &mut World| ["e", "f", "g"].map(|name| world.status(CONSUMER, name));
    assert_eq!(of(&mut world), ["ACCEPTED", "ACCEPTED", "PENDING"]);
    let list = json!([project(CONSUMER, 1)]);
    world.patched(&ours(SA), json!({ "consumerAcceptLists": list }));
    assert_eq!(of(&mut world), ["ACCEPTED", "PENDING", "PENDING"]);
    world.gone(&theirs(CONSUMER, "forwardingRules/e"));
    assert_eq!(world.status(CONSUMER, "f"), "ACCEPTED");
    assert_eq!(world.status(CONSUMER, "g"), "PENDING");
}

#[test]
fn nobody_who_is_in_is_put_out_by_somebody_older() {
    let mut world = World::new().with_endpoint();
    world.pass(DELAY);
    world.made(&rules(), endpoint("f"));
    world.admit(&[(CONSUMER, "f")]);
    let list = json!([project(CONSUMER, 1)]);
    world.patched(&ours(SA), json!({ "consumerAcceptLists": list }));
    assert_eq!(world.status(CONSUMER, "f"), "ACCEPTED");
    assert_eq!(world.status(CONSUMER, "e"), "PENDING");
}

#[test]
fn entries_may_name_projects_by_number_and_networks() {
    let mut world = World::new().with_endpoint();
    let number = world.seen(&format!("projects/{CONSUMER}"))["id"].clone();
    world.made(&theirs(STRANGER, "forwardingRules"), endpoint("e"));
    let network = format!("projects/{CONSUMER}/global/networks/net");
    for entry in [
        project(number.as_str().unwrap(), 1),
        json!({ "networkUrl": network, "connectionLimit": 1 }),
        json!({ "networkUrl": link(&network), "connectionLimit": "1" }),
    ] {
        world.patched(&ours(SA), json!({ "consumerAcceptLists": [entry] }));
        assert_eq!(world.status(CONSUMER, "e"), "ACCEPTED", "{entry}");
        assert_eq!(world.status(STRANGER, "e"), "PENDING", "{entry}");
        world.patched(&ours(SA), json!({ "consumerAcceptLists": [] }));
    }
}

#[test]
fn automatic_acceptance_lets_in_everybody() {
    let mut world = World::new().with_endpoint();
    world.patched(
        &ours(SA),
        json!({ "connectionPreference": "ACCEPT_AUTOMATIC" }),
    );
    assert_eq!(world.status(CONSUMER, "e"), "ACCEPTED");
    let made = world.made(&theirs(STRANGER, "forwardingRules"), endpoint("e"));
    assert_eq!(made["pscConnectionStatus"], "ACCEPTED");
    assert_eq!(world.connected().len(), 2);
}

#[test]
fn a_target_that_is_not_there_is_told_as_the_rule_itself() {
    let mut world = World::new().with_attachment();
    let mut body = endpoint("e");
    body["target"] = json!(ours("serviceAttachments/none"));
    let reply = world.post(&rules(), body);
    assert_eq!(refusal(&reply), (404, "notFound".to_owned()));
    let rule = theirs(CONSUMER, "forwardingRules/e");
    assert_eq!(
        message(&reply),
        format!("The resource '{rule}' was not found")
    );
}

#[test]
fn a_target_is_an_attachment_of_the_same_region() {
    let mut world = World::new().with_attachment();
    let far = format!("projects/{CONSUMER}/regions/us-east1");
    world.made(
        &format!("{far}/subnetworks"),
        subnet("far", "10.9.0.0/24", "PRIVATE"),
    );
    let mut body = endpoint("e");
    body["subnetwork"] = json!(format!("{far}/subnetworks/far"));
    let refused = world.refused(&format!("{far}/forwardingRules"), body);
    assert_eq!(refused, invalid());
    let mut body = endpoint("e");
    body["target"] = json!(ours("forwardingRules/fr"));
    assert_eq!(world.refused(&rules(), body), invalid());
    // Its provider may be named by number.
    let mut body = endpoint("e");
    body["target"] = json!(format!("projects/{PROVIDER_NUMBER}/regions/{REGION}/{SA}"));
    let made = world.made(&rules(), body);
    assert_eq!(made["target"], link(&ours(SA)));
}

#[test]
fn where_an_endpoint_leads_and_answers_stays() {
    let mut world = World::new().with_endpoint();
    let mut other = attachment("other");
    other["natSubnets"] = json!([ours("subnetworks/nat2")]);
    let second = subnet("nat2", "172.24.1.0/28", "PRIVATE_SERVICE_CONNECT");
    world.made(&ours("subnetworks"), second);
    world.made(&ours("serviceAttachments"), other);
    let path = theirs(CONSUMER, "forwardingRules/e");
    let before = world.seen(&path);
    for change in [
        json!({ "target": ours("serviceAttachments/other") }),
        json!({ "target": ours("serviceAttachments/none") }),
        json!({ "target": null }),
        json!({ "IPAddress": "127.64.0.9" }),
    ] {
        let reply = world.change(&path, change.clone());
        assert_eq!(reply.status, 400, "{change}");
    }
    assert_eq!(world.seen(&path), before);
    let same = json!({ "target": ours(SA), "allowPscGlobalAccess": true });
    let after = world.patched(&path, same);
    assert_eq!(after["allowPscGlobalAccess"], true);
    assert_eq!(after["pscConnectionId"], before["pscConnectionId"]);
}

#[test]
fn an_endpoint_that_is_deleted_vanishes_from_the_attachment() {
    let mut world = World::new().with_accepted();
    world.made(&rules(), endpoint("f"));
    world.gone(&theirs(CONSUMER, "forwardingRules/e"));
    assert_eq!(shown(&mut world), [("f".to_owned(), "PENDING".to_owned())]);
    assert!(world.google.bindings().is_empty());
    // Its number is nobody's any more: one of the same name is another.
    world.made(&rules(), endpoint("e"));
    assert_eq!(world.status(CONSUMER, "e"), "PENDING");
}

#[test]
fn an_endpoint_has_nothing_of_an_entry_and_the_reverse() {
    let mut world = World::new().with_attachment();
    for (member, value) in [
        ("loadBalancingScheme", json!("INTERNAL")),
        ("IPProtocol", json!("TCP")),
        ("allPorts", json!(true)),
        ("ports", json!(["5432"])),
        ("portRange", json!("1-2")),
        ("backendService", json!("bs")),
    ] {
        let mut body = endpoint("e");
        body[member] = value;
        assert_eq!(world.refused(&rules(), body), invalid(), "{member}");
    }
    for member in ["allowPscGlobalAccess", "noAutomateDnsZone"] {
        let mut body = entry("other");
        body[member] = json!(true);
        let refused = world.refused(&ours("forwardingRules"), body);
        assert_eq!(refused, invalid(), "{member}");
    }
    // Clients also send what they leave unset.
    let mut body = endpoint("e");
    body["loadBalancingScheme"] = json!("");
    body["allPorts"] = json!(false);
    body["ports"] = json!([]);
    body["allowPscGlobalAccess"] = json!(true);
    let made = world.made(&rules(), body);
    assert_eq!(made["allowPscGlobalAccess"], true);
    assert_eq!(made.get("ports"), None);
}

#[test]
fn an_endpoint_is_of_its_own_projects_network() {
    let mut world = World::new().with_attachment();
    let mut body = endpoint("e");
    body["subnetwork"] = json!(theirs(STRANGER, "subnetworks/default"));
    let refused = world.refused(&rules(), body);
    assert_eq!(refused, (403, "forbidden".to_owned()));
    let mut body = endpoint("e");
    body["network"] = json!(null);
    let made = world.made(&rules(), body);
    let network = link(&format!("projects/{CONSUMER}/global/networks/net"));
    assert_eq!(made["network"], network);
}
