use serde_json::{Value, json};

use super::world::*;

fn fingerprinted() -> [String; 4] {
    [
        ours("subnetworks/nat"),
        ours("backendServices/bs"),
        ours("forwardingRules/fr"),
        ours(SA),
    ]
}

#[test]
fn a_change_needs_the_current_fingerprint() {
    let mut world = World::new().with_attachment();
    for path in fingerprinted() {
        let before = world.seen(&path);
        for fingerprint in [json!(null), json!(""), json!("AAAAAAAAAAA="), json!(7)] {
            let body = json!({ "description": "changed", "fingerprint": fingerprint });
            let reply = world.patch(&path, body);
            let expected = (412, "conditionNotMet".to_owned());
            assert_eq!(refusal(&reply), expected, "{path} {fingerprint}");
        }
        let reply = world.patch(&path, json!({ "description": "changed" }));
        assert_eq!(reply.status, 412);
        assert_eq!(world.seen(&path), before);
        let after = world.patched(&path, json!({ "description": "changed" }));
        assert_eq!(after["description"], "changed");
    }
}

#[test]
fn every_write_makes_another_fingerprint_and_outdates_the_last() {
    let mut world = World::new().with_attachment();
    for path in fingerprinted() {
        let first = world.seen(&path)["fingerprint"].clone();
        assert!(
            first.as_str().is_some_and(|it| it.ends_with('=')),
            "{first}"
        );
        let second = world.patched(&path, json!({}))["fingerprint"].clone();
        assert_ne!(first, second, "{path}");
        let stale = world.patch(&path, json!({ "fingerprint": first }));
        assert_eq!(stale.status, 412, "{path}");
        assert_eq!(world.seen(&path)["fingerprint"], second);
    }
}

#[test]
fn the_fingerprint_changes_when_the_operation_ends() {
    let mut world = World::slow().with_attachment();
    let before = world.seen(&ours(SA))["fingerprint"].clone();
    let body = json!({ "description": "changed", "fingerprint": before });
    operation(&world.patch(&ours(SA), body.clone()));
    assert_eq!(world.seen(&ours(SA))["fingerprint"], before);
    world.pass(DELAY);
    assert_ne!(world.seen(&ours(SA))["fingerprint"], before);
    // Of two who read the same, the second has to read again.
    assert_eq!(world.patch(&ours(SA), body).status, 412);
}

#[test]
fn a_change_elsewhere_leaves_a_fingerprint_alone() {
    let mut world = World::new().with_endpoint();
    let before: Vec<Value> = fingerprinted()
        .map(|path| world.seen(&path)["fingerprint"].clone())
        .into();
    world.admit(&[(CONSUMER, "e")]);
    let after: Vec<Value> = fingerprinted()
        .map(|path| world.seen(&path)["fingerprint"].clone())
        .into();
    assert_eq!(before[..3], after[..3]);
    assert_ne!(before[3], after[3]);
}

#[test]
fn firewall_rules_and_health_checks_have_none() {
    let mut world = World::new().with_attachment();
    for path in [global("firewalls/allow"), ours("healthChecks/hc")] {
        assert_eq!(world.seen(&path).get("fingerprint"), None);
        let reply = world.patch(&path, json!({ "description": "changed" }));
        operation(&reply);
        assert_eq!(world.seen(&path)["description"], "changed");
    }
}

#[test]
fn a_patch_goes_into_objects_replaces_lists_whole_and_takes_out_by_null() {
    let mut world = World::new().with_attachment();
    let lists = json!({
        "metadata": { "a": "1", "b": "2" }, "description": "ours",
        "consumerAcceptLists": [
            { "projectIdOrNum": CONSUMER, "connectionLimit": 1 },
            { "projectIdOrNum": STRANGER, "connectionLimit": 2 },
        ],
    });
    world.patched(&ours(SA), lists);
    let patch = json!({
        "metadata": { "b": "3", "a": null }, "description": null,
        "consumerAcceptLists": [{ "projectIdOrNum": STRANGER, "connectionLimit": 3 }],
    });
    let shown = world.patched(&ours(SA), patch);
    assert_eq!(shown["metadata"], json!({ "b": "3" }));
    assert_eq!(shown.get("description"), None);
    let left = json!([{ "projectIdOrNum": STRANGER, "connectionLimit": 3 }]);
    assert_eq!(shown["consumerAcceptLists"], left);
    assert_eq!(shown["reconcileConnections"], true);
}

#[test]
fn an_empty_list_is_really_empty_and_one_not_sent_stays() {
    let mut world = World::new().with_accepted();
    let shown = world.patched(&ours(SA), json!({ "description": "changed" }));
    assert!(shown["consumerAcceptLists"].is_array());
    assert_eq!(world.status(CONSUMER, "e"), "ACCEPTED");
    let shown = world.patched(&ours(SA), json!({ "consumerAcceptLists": [] }));
    assert_eq!(shown.get("consumerAcceptLists"), None);
    assert_eq!(world.status(CONSUMER, "e"), "PENDING");
}

#[test]
fn a_put_replaces_everything() {
    let mut world = World::new().with_entry();
    let path = ours("backendServices/bs");
    world.patched(&path, json!({ "description": "ours" }));
    let mut body = backend_service("bs");
    assert_eq!(world.send("PUT", &path, Some(body.clone())).status, 412);
    body["fingerprint"] = world.seen(&path)["fingerprint"].clone();
    body["backends"] = json!([]);
    operation(&world.send("PUT", &path, Some(body)));
    let shown = world.seen(&path);
    assert_eq!(shown.get("description"), None);
    assert_eq!(shown.get("backends"), None);
    assert!(shown["healthChecks"].is_array());
}

#[test]
fn a_name_stays() {
    let mut world = World::new().with_attachment();
    for name in [json!("other"), json!(null), json!("")] {
        let reply = world.change(&ours(SA), json!({ "name": name }));
        assert_eq!(refusal(&reply), invalid(), "{name}");
    }
    world.patched(&ours(SA), json!({ "name": "sa" }));
    let mut rule = allow("other", &["1"]);
    let reply = world.send("PUT", &global("firewalls/allow"), Some(rule.clone()));
    assert_eq!(refusal(&reply), invalid());
    rule["name"] = json!("allow");
    operation(&world.send("PUT", &global("firewalls/allow"), Some(rule)));
}
