use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

fn rules() -> String {
    consumer_regional(CONSUMER, "forwardingRules")
}

fn project(name: &str, limit: u32) -> Value {
    json!({ "projectIdOrNum": name, "connectionLimit": limit })
}

/// Connected endpoints of the attachment, as pairs of endpoint and status.
fn shown(fixture: &mut Fixture) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = |it: &Value| {
        let endpoint = text(&it["endpoint"]);
        let name = endpoint.rsplit('/').next().unwrap().to_owned();
        (name, text(&it["status"]))
    };
    fixture.connected().iter().map(of).collect()
}

#[test]
fn a_new_endpoint_is_pending_and_listed_without_its_address() {
    let mut fixture = Fixture::new().with_endpoint();
    let rule = fixture.shown(&consumer_regional(CONSUMER, "forwardingRules/e"));
    assert_eq!(rule["IPAddress"], "127.64.0.2");
    assert_eq!(rule["target"], link(&regional(SA)));
    assert_eq!(rule["pscConnectionStatus"], "PENDING");
    assert_eq!(rule.get("loadBalancingScheme"), None);
    let number = rule["id"].as_str().unwrap();
    let network = format!("projects/{CONSUMER}/global/networks/net");
    let expected = json!([{
        "status": "PENDING",
        "pscConnectionId": rule["pscConnectionId"],
        "endpoint": rule["selfLink"],
        "endpointWithId": link(&consumer_regional(CONSUMER, &format!("forwardingRules/{number}"))),
        "consumerNetwork": link(&network),
        "propagatedConnectionCount": 0,
    }]);
    assert_eq!(json!(fixture.connected()), expected);
    let attachment = fixture.shown(&format!("{}?showNatIps=true", regional(SA)));
    assert!(!attachment.to_string().contains("127.64."));
}

#[test]
fn an_accept_entry_by_numeric_id_accepts_that_endpoint_only() {
    let mut fixture = Fixture::new().with_endpoint();
    fixture.created(&rules(), endpoint("f"));
    let with_id = fixture.connected()[0]["endpointWithId"].clone();
    let without_host = with_id.as_str().unwrap().strip_prefix(LINK).unwrap();
    for load_balancer in [with_id.as_str().unwrap(), without_host] {
        let list = json!([{ "endpointUrl": load_balancer, "connectionLimit": 1 }]);
        fixture.updated(&regional(SA), json!({ "consumerAcceptLists": list }));
        assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
        assert_eq!(fixture.status(CONSUMER, "f"), "PENDING");
        let expected = [("e", "ACCEPTED"), ("f", "PENDING")];
        let expected = expected.map(|(name, status)| (name.to_owned(), status.to_owned()));
        assert_eq!(shown(&mut fixture), expected);
        fixture.updated(&regional(SA), json!({ "consumerAcceptLists": [] }));
    }
}

#[test]
fn the_reject_list_takes_precedence() {
    let mut fixture = Fixture::new().with_accepted();
    let number = fixture.numeric_path(CONSUMER, "e");
    fixture.updated(&regional(SA), json!({ "consumerRejectLists": [number] }));
    assert_eq!(fixture.status(CONSUMER, "e"), "REJECTED");
    assert_eq!(fixture.connected()[0]["status"], "REJECTED");
    fixture.updated(&regional(SA), json!({ "consumerRejectLists": [] }));
    assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
}

#[test]
fn with_reconciliation_every_decision_can_be_reversed() {
    let mut fixture = Fixture::new().with_accepted();
    let number = fixture.numeric_path(CONSUMER, "e");
    for (accept, reject, status) in [
        (json!([]), json!([]), "PENDING"),
        (json!([]), json!([number]), "REJECTED"),
        (json!([{ "endpointUrl": number }]), json!([]), "ACCEPTED"),
        (json!([]), json!([number]), "REJECTED"),
        (json!([]), json!([]), "PENDING"),
    ] {
        let body = json!({ "consumerAcceptLists": accept, "consumerRejectLists": reject });
        fixture.updated(&regional(SA), body);
        assert_eq!(fixture.status(CONSUMER, "e"), status);
    }
}

#[test]
fn without_reconciliation_a_decision_is_final() {
    let mut fixture = Fixture::new().with_attachment();
    fixture.updated(&regional(SA), json!({ "reconcileConnections": false }));
    for name in ["e", "f"] {
        fixture.created(&rules(), endpoint(name));
    }
    let (e, f) = (
        fixture.numeric_path(CONSUMER, "e"),
        fixture.numeric_path(CONSUMER, "f"),
    );
    let lists = |accept: &[&str], reject: &[&str]| {
        let accept: Vec<Value> = accept
            .iter()
            .map(|it| json!({ "endpointUrl": it }))
            .collect();
        json!({ "consumerAcceptLists": accept, "consumerRejectLists": reject })
    };
    fixture.updated(&regional(SA), lists(&[&e], &[&f]));
    for body in [lists(&[], &[]), lists(&[&f], &[&e])] {
        fixture.updated(&regional(SA), body);
        assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
        assert_eq!(fixture.status(CONSUMER, "f"), "REJECTED");
        assert_eq!(fixture.google.bindings().len(), 1);
    }
    // The lists apply to existing connections once reconciliation is enabled.
    fixture.updated(&regional(SA), json!({ "reconcileConnections": true }));
    assert_eq!(fixture.status(CONSUMER, "e"), "REJECTED");
    assert_eq!(fixture.status(CONSUMER, "f"), "ACCEPTED");
}

#[test]
fn a_connection_limit_accepts_the_next_when_one_is_deleted() {
    let mut fixture = Fixture::new().with_attachment();
    let list = json!([project(CONSUMER, 2)]);
    fixture.updated(&regional(SA), json!({ "consumerAcceptLists": list }));
    for name in ["e", "f", "g"] {
        fixture.created(&rules(), endpoint(name));
        fixture.advance(DELAY);
    }
    let of = |fixture: &mut Fixture| ["e", "f", "g"].map(|name| fixture.status(CONSUMER, name));
    assert_eq!(of(&mut fixture), ["ACCEPTED", "ACCEPTED", "PENDING"]);
    let list = json!([project(CONSUMER, 1)]);
    fixture.updated(&regional(SA), json!({ "consumerAcceptLists": list }));
    assert_eq!(of(&mut fixture), ["ACCEPTED", "PENDING", "PENDING"]);
    fixture.deleted(&consumer_regional(CONSUMER, "forwardingRules/e"));
    assert_eq!(fixture.status(CONSUMER, "f"), "ACCEPTED");
    assert_eq!(fixture.status(CONSUMER, "g"), "PENDING");
}

#[test]
fn an_accepted_endpoint_is_not_replaced_by_an_older_pending_one() {
    let mut fixture = Fixture::new().with_endpoint();
    fixture.advance(DELAY);
    fixture.created(&rules(), endpoint("f"));
    fixture.accept(&[(CONSUMER, "f")]);
    let list = json!([project(CONSUMER, 1)]);
    fixture.updated(&regional(SA), json!({ "consumerAcceptLists": list }));
    assert_eq!(fixture.status(CONSUMER, "f"), "ACCEPTED");
    assert_eq!(fixture.status(CONSUMER, "e"), "PENDING");
}

#[test]
fn entries_may_name_projects_by_number_and_networks() {
    let mut fixture = Fixture::new().with_endpoint();
    let number = fixture.shown(&format!("projects/{CONSUMER}"))["id"].clone();
    fixture.created(
        &consumer_regional(OTHER_CONSUMER, "forwardingRules"),
        endpoint("e"),
    );
    let network = format!("projects/{CONSUMER}/global/networks/net");
    for load_balancer in [
        project(number.as_str().unwrap(), 1),
        json!({ "networkUrl": network, "connectionLimit": 1 }),
        json!({ "networkUrl": link(&network), "connectionLimit": "1" }),
    ] {
        fixture.updated(
            &regional(SA),
            json!({ "consumerAcceptLists": [load_balancer] }),
        );
        assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED", "{load_balancer}");
        assert_eq!(
            fixture.status(OTHER_CONSUMER, "e"),
            "PENDING",
            "{load_balancer}"
        );
        fixture.updated(&regional(SA), json!({ "consumerAcceptLists": [] }));
    }
}

#[test]
fn automatic_acceptance_accepts_all_consumers() {
    let mut fixture = Fixture::new().with_endpoint();
    fixture.updated(
        &regional(SA),
        json!({ "connectionPreference": "ACCEPT_AUTOMATIC" }),
    );
    assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
    let created = fixture.created(
        &consumer_regional(OTHER_CONSUMER, "forwardingRules"),
        endpoint("e"),
    );
    assert_eq!(created["pscConnectionStatus"], "ACCEPTED");
    assert_eq!(fixture.connected().len(), 2);
}

#[test]
fn for_a_missing_target_the_message_names_the_rule() {
    let mut fixture = Fixture::new().with_attachment();
    let mut body = endpoint("e");
    body["target"] = json!(regional("serviceAttachments/none"));
    let reply = fixture.post(&rules(), body);
    assert_eq!(refusal(&reply), (404, "notFound".to_owned()));
    let rule = consumer_regional(CONSUMER, "forwardingRules/e");
    assert_eq!(
        message(&reply),
        format!("The resource '{rule}' was not found")
    );
}

#[test]
fn a_target_is_an_attachment_of_the_same_region() {
    let mut fixture = Fixture::new().with_attachment();
    let far = format!("projects/{CONSUMER}/regions/us-east1");
    fixture.created(
        &format!("{far}/subnetworks"),
        subnet("far", "10.9.0.0/24", "PRIVATE"),
    );
    let mut body = endpoint("e");
    body["subnetwork"] = json!(format!("{far}/subnetworks/far"));
    let refused = fixture.refused(&format!("{far}/forwardingRules"), body);
    assert_eq!(refused, invalid());
    let mut body = endpoint("e");
    body["target"] = json!(regional("forwardingRules/fr"));
    assert_eq!(fixture.refused(&rules(), body), invalid());
    // The provider's project may be named by number.
    let mut body = endpoint("e");
    body["target"] = json!(format!("projects/{PROVIDER_NUMBER}/regions/{REGION}/{SA}"));
    let created = fixture.created(&rules(), body);
    assert_eq!(created["target"], link(&regional(SA)));
}

#[test]
fn target_and_address_of_an_endpoint_are_immutable() {
    let mut fixture = Fixture::new().with_endpoint();
    let mut other = attachment("other");
    other["natSubnets"] = json!([regional("subnetworks/nat2")]);
    let second = subnet("nat2", "172.24.1.0/28", "PRIVATE_SERVICE_CONNECT");
    fixture.created(&regional("subnetworks"), second);
    fixture.created(&regional("serviceAttachments"), other);
    let path = consumer_regional(CONSUMER, "forwardingRules/e");
    let before = fixture.shown(&path);
    for change in [
        json!({ "target": regional("serviceAttachments/other") }),
        json!({ "target": regional("serviceAttachments/none") }),
        json!({ "target": null }),
        json!({ "IPAddress": "127.64.0.9" }),
    ] {
        let reply = fixture.change(&path, change.clone());
        assert_eq!(reply.status, 400, "{change}");
    }
    assert_eq!(fixture.shown(&path), before);
    let same = json!({ "target": regional(SA), "allowPscGlobalAccess": true });
    let after = fixture.updated(&path, same);
    assert_eq!(after["allowPscGlobalAccess"], true);
    assert_eq!(after["pscConnectionId"], before["pscConnectionId"]);
}

#[test]
fn a_deleted_endpoint_is_no_longer_listed() {
    let mut fixture = Fixture::new().with_accepted();
    fixture.created(&rules(), endpoint("f"));
    fixture.deleted(&consumer_regional(CONSUMER, "forwardingRules/e"));
    assert_eq!(
        shown(&mut fixture),
        [("f".to_owned(), "PENDING".to_owned())]
    );
    assert!(fixture.google.bindings().is_empty());
    // Its numeric id is gone: a new endpoint of the same name has another one.
    fixture.created(&rules(), endpoint("e"));
    assert_eq!(fixture.status(CONSUMER, "e"), "PENDING");
}

#[test]
fn endpoints_and_load_balancers_exclude_each_others_members() {
    let mut fixture = Fixture::new().with_attachment();
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
        assert_eq!(fixture.refused(&rules(), body), invalid(), "{member}");
    }
    for member in ["allowPscGlobalAccess", "noAutomateDnsZone"] {
        let mut body = load_balancer("other");
        body[member] = json!(true);
        let refused = fixture.refused(&regional("forwardingRules"), body);
        assert_eq!(refused, invalid(), "{member}");
    }
    // Clients also send unset members.
    let mut body = endpoint("e");
    body["loadBalancingScheme"] = json!("");
    body["allPorts"] = json!(false);
    body["ports"] = json!([]);
    body["allowPscGlobalAccess"] = json!(true);
    let created = fixture.created(&rules(), body);
    assert_eq!(created["allowPscGlobalAccess"], true);
    assert_eq!(created.get("ports"), None);
}

#[test]
fn an_endpoint_is_in_a_network_of_its_own_project() {
    let mut fixture = Fixture::new().with_attachment();
    let mut body = endpoint("e");
    body["subnetwork"] = json!(consumer_regional(OTHER_CONSUMER, "subnetworks/default"));
    let refused = fixture.refused(&rules(), body);
    assert_eq!(refused, (403, "forbidden".to_owned()));
    let mut body = endpoint("e");
    body["network"] = json!(null);
    let created = fixture.created(&rules(), body);
    let network = link(&format!("projects/{CONSUMER}/global/networks/net"));
    assert_eq!(created["network"], network);
}
