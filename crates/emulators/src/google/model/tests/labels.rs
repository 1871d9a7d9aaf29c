use serde_json::{Value, json};

use super::fixture::*;

/// The fingerprint of a resource without labels.
const NONE: &str = "42WmSpB8rSM=";

fn addresses() -> String {
    consumer_regional(CONSUMER, "addresses")
}

fn address_named(name: &str) -> Value {
    json!({ "name": name, "addressType": "INTERNAL", "subnetwork": "default" })
}

/// A load balancer's rule, an endpoint and an address.
fn labelled() -> (Fixture, [String; 3]) {
    let mut fixture = Fixture::new().with_endpoint();
    fixture.created(&addresses(), address_named("a"));
    let paths = [
        regional("forwardingRules/fr"),
        consumer_regional(CONSUMER, "forwardingRules/e"),
        consumer_regional(CONSUMER, "addresses/a"),
    ];
    (fixture, paths)
}

/// Sets labels with the current fingerprint.
#[track_caller]
fn set(fixture: &mut Fixture, path: &str, labels: &Value) -> Value {
    let fingerprint = fixture.shown(path)["labelFingerprint"].clone();
    let body = json!({ "labelFingerprint": fingerprint, "labels": labels });
    let reply = fixture.post(&format!("{path}/setLabels"), body);
    assert_eq!(operation(&reply)["operationType"], "setLabels");
    fixture.shown(path)
}

#[test]
fn labels_are_replaced_with_the_current_fingerprint() {
    let (mut fixture, paths) = labelled();
    for path in paths {
        let before = fixture.shown(&path);
        assert_eq!(before["labelFingerprint"], NONE, "{path}");
        assert_eq!(before.get("labels"), None, "{path}");
        let labels = json!({ "team": "blue", "größe": "", "x_1": "2-b" });
        let first = set(&mut fixture, &path, &labels);
        assert_eq!(first["labels"], labels, "{path}");
        let second = set(&mut fixture, &path, &json!({ "team": "red" }));
        assert_eq!(second["labels"], json!({ "team": "red" }), "{path}");
        let fingerprints = [&before, &first, &second].map(|it| it["labelFingerprint"].clone());
        assert_ne!(fingerprints[0], fingerprints[1], "{path}");
        assert_ne!(fingerprints[1], fingerprints[2], "{path}");
        let none = set(&mut fixture, &path, &json!({}));
        assert_eq!(none.get("labels"), None, "{path}");
        assert_eq!(none["labelFingerprint"], NONE, "{path}");
    }
}

#[test]
fn another_fingerprint_is_refused_as_reported() {
    let (mut fixture, paths) = labelled();
    for path in paths {
        set(&mut fixture, &path, &json!({ "team": "blue" }));
        let before = fixture.shown(&path);
        for body in [
            json!({ "labels": { "team": "red" } }),
            json!({ "labels": { "team": "red" }, "labelFingerprint": "" }),
            json!({ "labels": { "team": "red" }, "labelFingerprint": null }),
            json!({ "labels": { "team": "red" }, "labelFingerprint": NONE }),
        ] {
            let reply = fixture.post(&format!("{path}/setLabels"), body.clone());
            assert_eq!(
                refusal(&reply),
                (412, "conditionNotMet".to_owned()),
                "{body}"
            );
            let expected = "Labels fingerprint either invalid or resource labels have changed";
            assert_eq!(message(&reply), expected);
            let entry = reply.body.unwrap()["error"]["errors"][0].clone();
            assert_eq!(entry["location"], "If-Match");
            assert_eq!(entry["locationType"], "header");
        }
        assert_eq!(fixture.shown(&path), before);
    }
}

#[test]
fn labels_change_when_the_operation_completes() {
    let mut fixture = Fixture::slow().with_endpoint();
    let path = consumer_regional(CONSUMER, "forwardingRules/e");
    let body = json!({ "labelFingerprint": NONE, "labels": { "team": "blue" } });
    operation(&fixture.post(&format!("{path}/setLabels"), body.clone()));
    assert_eq!(fixture.shown(&path).get("labels"), None);
    let again = fixture.post(&format!("{path}/setLabels"), body.clone());
    assert_eq!(refusal(&again), (400, "resourceNotReady".to_owned()));
    fixture.advance(DELAY);
    assert_eq!(fixture.shown(&path)["labels"], body["labels"]);
    // Of two clients with the same fingerprint, the second is refused.
    let late = fixture.post(&format!("{path}/setLabels"), body);
    assert_eq!(late.status, 412);
}

#[test]
fn labels_keep_the_connection_and_its_bytes() {
    let mut fixture = Fixture::new().with_accepted();
    let path = consumer_regional(CONSUMER, "forwardingRules/e");
    let before = fixture.shown(&path);
    let after = set(&mut fixture, &path, &json!({ "team": "blue" }));
    for member in ["pscConnectionId", "pscConnectionStatus", "IPAddress", "id"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert_eq!(fixture.connected().len(), 1);
}

#[test]
fn labels_have_the_form_of_labels() {
    let (mut fixture, [rule, _, address]) = labelled();
    let many: serde_json::Map<String, Value> =
        (0..65).map(|it| (format!("k{it}"), json!("v"))).collect();
    for labels in [
        json!({ "Team": "blue" }),
        json!({ "1team": "blue" }),
        json!({ "": "blue" }),
        json!({ "a.b": "blue" }),
        json!({ "k".repeat(64): "blue" }),
        json!({ "team": "Blue" }),
        json!({ "team": "a b" }),
        json!({ "team": "v".repeat(64) }),
        Value::Object(many),
    ] {
        for path in [&rule, &address] {
            let body = json!({ "labelFingerprint": NONE, "labels": labels });
            let reply = fixture.post(&format!("{path}/setLabels"), body);
            assert_eq!(refusal(&reply), invalid(), "{labels}");
            assert!(message(&reply).starts_with("Invalid value for field 'labels': ''."));
        }
        let mut body = address_named("other");
        body["labels"] = labels.clone();
        assert_eq!(fixture.refused(&addresses(), body), invalid(), "{labels}");
        let mut body = load_balancer("other");
        body["labels"] = labels.clone();
        let refused = fixture.refused(&regional("forwardingRules"), body);
        assert_eq!(refused, invalid(), "{labels}");
    }
    for labels in [json!({ "team": 1 }), json!(["team"]), json!("team")] {
        let body = json!({ "labelFingerprint": NONE, "labels": labels });
        let reply = fixture.post(&format!("{rule}/setLabels"), body);
        assert_eq!(refusal(&reply), invalid(), "{labels}");
    }
    let body = json!({ "labelFingerprint": NONE, "label": {} });
    let reply = fixture.post(&format!("{rule}/setLabels"), body);
    assert_eq!(refusal(&reply), (400, "badRequest".to_owned()));
}

#[test]
fn labels_are_kept_from_the_insert_except_of_an_endpoint() {
    let mut fixture = Fixture::new().with_endpoint();
    let labels = json!({ "team": "blue" });
    let mut body = address_named("a");
    body["labels"] = labels.clone();
    let created = fixture.created(&addresses(), body);
    assert_eq!(created["labels"], labels);
    assert_ne!(created["labelFingerprint"], NONE);
    let mut body = load_balancer("other");
    body["labels"] = labels.clone();
    let shown = fixture.created(&regional("forwardingRules"), body);
    assert_eq!(shown["labels"], labels);
    assert_eq!(shown["labelFingerprint"], created["labelFingerprint"]);
    let rules = consumer_regional(CONSUMER, "forwardingRules");
    let mut body = endpoint("f");
    body["labels"] = labels;
    assert_eq!(fixture.refused(&rules, body.clone()), invalid());
    // Clients also send unset members.
    body["labels"] = json!({});
    assert_eq!(fixture.created(&rules, body).get("labels"), None);
}

#[test]
fn a_missing_resource_and_other_kinds_have_no_labels_to_set() {
    let mut fixture = Fixture::new().with_attachment();
    let body = json!({ "labelFingerprint": NONE, "labels": {} });
    for path in [
        regional("forwardingRules/none"),
        regional("addresses/none"),
        regional("serviceAttachments/sa"),
    ] {
        let reply = fixture.post(&format!("{path}/setLabels"), body.clone());
        assert_eq!(refusal(&reply), (404, "notFound".to_owned()), "{path}");
    }
}
