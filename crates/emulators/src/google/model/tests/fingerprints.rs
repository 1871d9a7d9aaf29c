use serde_json::{Value, json};

use super::fixture::*;

/// Resources whose updates need the current fingerprint.
fn fingerprinted() -> [String; 3] {
    [
        regional("subnetworks/nat"),
        regional("backendServices/bs"),
        regional(SA),
    ]
}

#[test]
fn an_update_needs_the_current_fingerprint() {
    let mut fixture = Fixture::new().with_attachment();
    for path in fingerprinted() {
        let before = fixture.shown(&path);
        for fingerprint in [json!(null), json!(""), json!("AAAAAAAAAAA=")] {
            let body = json!({ "description": "changed", "fingerprint": fingerprint });
            let reply = fixture.patch(&path, body);
            let expected = (412, "conditionNotMet".to_owned());
            assert_eq!(refusal(&reply), expected, "{path} {fingerprint}");
        }
        let reply = fixture.patch(&path, json!({ "description": "changed" }));
        assert_eq!(reply.status, 412);
        assert_eq!(fixture.shown(&path), before);
        let after = fixture.updated(&path, json!({ "description": "changed" }));
        assert_eq!(after["description"], "changed");
    }
}

#[test]
fn every_update_changes_the_fingerprint() {
    let mut fixture = Fixture::new().with_attachment();
    for path in fingerprinted() {
        let first = fixture.shown(&path)["fingerprint"].clone();
        assert!(
            first.as_str().is_some_and(|it| it.ends_with('=')),
            "{first}"
        );
        let second = fixture.updated(&path, json!({}))["fingerprint"].clone();
        assert_ne!(first, second, "{path}");
        let stale = fixture.patch(&path, json!({ "fingerprint": first }));
        assert_eq!(stale.status, 412, "{path}");
        assert_eq!(fixture.shown(&path)["fingerprint"], second);
    }
}

#[test]
fn the_fingerprint_changes_when_the_operation_completes() {
    let mut fixture = Fixture::slow().with_attachment();
    let before = fixture.shown(&regional(SA))["fingerprint"].clone();
    let body = json!({ "description": "changed", "fingerprint": before });
    operation(&fixture.patch(&regional(SA), body.clone()));
    assert_eq!(fixture.shown(&regional(SA))["fingerprint"], before);
    fixture.advance(DELAY);
    assert_ne!(fixture.shown(&regional(SA))["fingerprint"], before);
    // Of two clients with the same fingerprint, the second is refused.
    assert_eq!(fixture.patch(&regional(SA), body).status, 412);
}

#[test]
fn a_change_of_another_resource_keeps_the_fingerprint() {
    let mut fixture = Fixture::new().with_endpoint();
    let before: Vec<Value> = fingerprinted()
        .map(|path| fixture.shown(&path)["fingerprint"].clone())
        .into();
    fixture.accept(&[(CONSUMER, "e")]);
    let after: Vec<Value> = fingerprinted()
        .map(|path| fixture.shown(&path)["fingerprint"].clone())
        .into();
    assert_eq!(before[..2], after[..2]);
    assert_ne!(before[2], after[2]);
}

#[test]
fn a_forwarding_rule_is_updated_without_a_fingerprint_but_not_with_an_outdated_one() {
    let mut fixture = Fixture::new().with_endpoint();
    for (path, member) in [
        (regional("forwardingRules/fr"), "allowGlobalAccess"),
        (
            consumer_regional(CONSUMER, "forwardingRules/e"),
            "allowPscGlobalAccess",
        ),
    ] {
        let first = fixture.shown(&path);
        assert_eq!(first["networkTier"], "PREMIUM");
        operation(&fixture.patch(&path, json!({ member: true, "networkTier": "PREMIUM" })));
        let second = fixture.shown(&path);
        assert_eq!(second[member], true, "{path}");
        assert_ne!(second["fingerprint"], first["fingerprint"], "{path}");
        for fingerprint in [first["fingerprint"].clone(), json!("")] {
            let body = json!({ member: false, "fingerprint": fingerprint });
            let expected = (412, "conditionNotMet".to_owned());
            assert_eq!(refusal(&fixture.patch(&path, body)), expected, "{path}");
        }
        assert_eq!(fixture.shown(&path), second);
        let body = json!({ member: false, "fingerprint": second["fingerprint"] });
        operation(&fixture.patch(&path, body));
        assert_eq!(fixture.shown(&path)[member], false, "{path}");
    }
}

#[test]
fn only_a_few_members_of_a_forwarding_rule_can_be_changed() {
    let mut fixture = Fixture::new().with_endpoint();
    for path in [
        regional("forwardingRules/fr"),
        consumer_regional(CONSUMER, "forwardingRules/e"),
    ] {
        let before = fixture.shown(&path);
        for change in [
            json!({ "description": "changed" }),
            json!({ "labels": { "team": "blue" } }),
            json!({ "networkTier": "STANDARD" }),
            json!({ "serviceLabel": "changed" }),
            json!({ "sourceIpRanges": ["10.0.0.0/8"] }),
        ] {
            let reply = fixture.patch(&path, change.clone());
            assert_eq!(refusal(&reply), invalid(), "{path} {change}");
        }
        // A client sends back what it read.
        operation(&fixture.patch(&path, before.clone()));
        let after = fixture.shown(&path);
        assert_eq!(after["IPAddress"], before["IPAddress"]);
    }
}

#[test]
fn firewall_rules_and_health_checks_have_no_fingerprint() {
    let mut fixture = Fixture::new().with_attachment();
    for path in [global("firewalls/allow"), regional("healthChecks/hc")] {
        assert_eq!(fixture.shown(&path).get("fingerprint"), None);
        let reply = fixture.patch(&path, json!({ "description": "changed" }));
        operation(&reply);
        assert_eq!(fixture.shown(&path)["description"], "changed");
    }
}

#[test]
fn a_patch_merges_objects_replaces_lists_and_removes_by_null() {
    let mut fixture = Fixture::new().with_attachment();
    let lists = json!({
        "metadata": { "a": "1", "b": "2" }, "description": "ours",
        "consumerAcceptLists": [
            { "projectIdOrNum": CONSUMER, "connectionLimit": 1 },
            { "projectIdOrNum": OTHER_CONSUMER, "connectionLimit": 2 },
        ],
    });
    fixture.updated(&regional(SA), lists);
    let patch = json!({
        "metadata": { "b": "3", "a": null }, "description": null,
        "consumerAcceptLists": [{ "projectIdOrNum": OTHER_CONSUMER, "connectionLimit": 3 }],
    });
    let shown = fixture.updated(&regional(SA), patch);
    assert_eq!(shown["metadata"], json!({ "b": "3" }));
    assert_eq!(shown.get("description"), None);
    let left = json!([{ "projectIdOrNum": OTHER_CONSUMER, "connectionLimit": 3 }]);
    assert_eq!(shown["consumerAcceptLists"], left);
    assert_eq!(shown["reconcileConnections"], true);
}

#[test]
fn an_empty_list_clears_and_an_absent_list_keeps() {
    let mut fixture = Fixture::new().with_accepted();
    let shown = fixture.updated(&regional(SA), json!({ "description": "changed" }));
    assert!(shown["consumerAcceptLists"].is_array());
    assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
    let shown = fixture.updated(&regional(SA), json!({ "consumerAcceptLists": [] }));
    assert_eq!(shown.get("consumerAcceptLists"), None);
    assert_eq!(fixture.status(CONSUMER, "e"), "PENDING");
}

#[test]
fn a_put_replaces_everything() {
    let mut fixture = Fixture::new().with_load_balancer();
    let path = regional("backendServices/bs");
    fixture.updated(&path, json!({ "description": "ours" }));
    let mut body = backend_service("bs");
    assert_eq!(fixture.send("PUT", &path, Some(body.clone())).status, 412);
    body["fingerprint"] = fixture.shown(&path)["fingerprint"].clone();
    body["backends"] = json!([]);
    operation(&fixture.send("PUT", &path, Some(body)));
    let shown = fixture.shown(&path);
    assert_eq!(shown.get("description"), None);
    assert_eq!(shown.get("backends"), None);
    assert!(shown["healthChecks"].is_array());
}

#[test]
fn a_name_is_immutable() {
    let mut fixture = Fixture::new().with_attachment();
    for name in [json!("other"), json!(null), json!("")] {
        let reply = fixture.change(&regional(SA), json!({ "name": name }));
        assert_eq!(refusal(&reply), invalid(), "{name}");
    }
    fixture.updated(&regional(SA), json!({ "name": "sa" }));
    let mut rule = allow("other", &["1"]);
    let reply = fixture.send("PUT", &global("firewalls/allow"), Some(rule.clone()));
    assert_eq!(refusal(&reply), invalid());
    rule["name"] = json!("allow");
    operation(&fixture.send("PUT", &global("firewalls/allow"), Some(rule)));
}
