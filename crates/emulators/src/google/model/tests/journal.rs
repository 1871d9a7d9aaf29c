use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;
use crate::google::model::{Change, Google};

fn restored(fixture: &Fixture, changes: &[Change]) -> Google {
    Google::restore(fixture.configuration.clone(), changes.iter().cloned()).unwrap()
}

/// Asserts that both clouds have the same state, bindings and next due time.
#[track_caller]
fn assert_same(one: &Google, other: &Google) {
    assert_eq!(one.snapshot(), other.snapshot());
    assert_eq!(one.bindings(), other.bindings());
    assert_eq!(one.next_due(), other.next_due());
    assert_eq!(one.host_mappings(), other.host_mappings());
    assert_eq!(one.resource_ids(), other.resource_ids());
}

#[test]
fn the_journal_restores_everything_with_open_operations() {
    let mut fixture = Fixture::slow().with_endpoint();
    let number = fixture.numeric_path(CONSUMER, "e");
    let list = json!([{ "endpointUrl": number }]);
    let reply = fixture.change(&regional(SA), json!({ "consumerAcceptLists": list }));
    let link = operation(&reply)["selfLink"].as_str().unwrap().to_owned();
    operation(&fixture.post(
        &consumer_regional(CONSUMER, "forwardingRules"),
        endpoint("f"),
    ));
    operation(&fixture.delete(&global("firewalls/allow")));
    let journal = fixture.google.take_changes();
    assert_eq!(fixture.google.take_changes(), []);
    let again = restored(&fixture, &journal);
    assert_same(&fixture.google, &again);
    fixture.google = again;
    assert_eq!(fixture.google.take_changes(), []);
    assert_eq!(fixture.shown(&link)["status"], "PENDING");
    fixture.advance(DELAY);
    assert_eq!(fixture.shown(&link)["status"], "DONE");
    assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
    assert_eq!(fixture.status(CONSUMER, "f"), "PENDING");
    assert!(fixture.google.bindings().is_empty());
    assert_same(
        &fixture.google,
        &restored(&fixture, &fixture.google.snapshot()),
    );
}

#[test]
fn unpublished_lists_are_restored() {
    let lag = Duration::from_secs(4);
    let mut fixture = Fixture::lagging(lag).with_endpoint();
    let accept = json!({ "connectionPreference": "ACCEPT_AUTOMATIC" });
    operation(&fixture.change(&regional(SA), accept));
    let mut again = restored(&fixture, &fixture.google.snapshot());
    assert_same(&fixture.google, &again);
    assert_eq!(fixture.connected()[0]["status"], "PENDING");
    std::mem::swap(&mut fixture.google, &mut again);
    assert_eq!(fixture.connected()[0]["status"], "PENDING");
    fixture.advance(lag);
    assert_eq!(fixture.connected()[0]["status"], "ACCEPTED");
}

#[test]
fn request_ids_are_restored() {
    let mut fixture = Fixture::new();
    let path = format!(
        "{}?requestId=8d6f3a52-0f0b-4a53-9c26-2f4f7a9be001",
        regional("subnetworks")
    );
    let body = subnet("spare", "10.9.0.0/24", "PRIVATE");
    let first = operation(&fixture.post(&path, body.clone()));
    fixture.google = restored(&fixture, &fixture.google.snapshot());
    assert_eq!(operation(&fixture.post(&path, body)), first);
    // Restored operations expire at their time.
    fixture.advance(Duration::from_hours(1));
    let link = first["selfLink"].as_str().unwrap();
    assert_eq!(fixture.get(link).status, 404);
}

#[test]
fn a_snapshot_names_each_resource_once_and_no_deleted_one() {
    let mut fixture = Fixture::new().with_accepted();
    for _ in 0..3 {
        fixture.updated(&regional("subnetworks/nodes"), json!({}));
    }
    fixture.deleted(&consumer_regional(CONSUMER, "forwardingRules/e"));
    fixture.deleted(&regional(SA));
    fixture.advance(Duration::from_hours(1));
    let snapshot = fixture.google.snapshot();
    let mut keys: Vec<&str> = snapshot.iter().map(|it| it.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), snapshot.len());
    assert!(snapshot.iter().all(|it| it.value.is_some()));
    let resources = fixture.google.resource_ids();
    // In addition to the resources: the projects of both consumers, and a host.
    assert_eq!(snapshot.len(), resources.len() + 3);
    assert!(!keys.iter().any(|it| it.contains("serviceAttachments")));
}

#[test]
fn a_refused_request_and_a_read_write_no_change() {
    let mut fixture = Fixture::new().with_endpoint();
    fixture.google.take_changes();
    fixture.shown(&regional(SA));
    fixture.shown(&format!("projects/{PROVIDER}/aggregated/subnetworks"));
    fixture.refused(&regional("serviceAttachments"), attachment("sa"));
    fixture.patch(&regional(SA), json!({}));
    fixture.delete(&regional("subnetworks/nat"));
    assert_eq!(fixture.google.take_changes(), []);
}

#[test]
fn a_journal_with_unknown_keys_or_values_is_refused() {
    let fixture = Fixture::empty();
    let change = |key: &str, value: Value| Change {
        key: key.to_owned(),
        value: Some(value),
    };
    for change in [
        change("planet/earth", json!(1)),
        change("resource/x", json!(1)),
        change("resource/projects/p/global/networks/n", json!(1)),
        change("operation/o", json!({})),
        change("project/p", json!("x")),
    ] {
        let configuration = fixture.configuration.clone();
        let key = change.key.clone();
        let error = Google::restore(configuration, [change]).unwrap_err();
        assert!(error.to_string().contains(&key), "{error}");
    }
}

/// Sends a random request or advances time.
fn step(fixture: &mut Fixture, dice: &mut StdRng) {
    let project = [CONSUMER, OTHER_CONSUMER][dice.random_range(0..2)];
    let name = ["e", "f", "g"][dice.random_range(0..3)];
    let rule = consumer_regional(project, &format!("forwardingRules/{name}"));
    let number = fixture.get(&rule).body.unwrap()["id"].clone();
    let number = consumer_regional(
        project,
        &format!("forwardingRules/{}", number.as_str().unwrap_or("7")),
    );
    let group = |action: &str| zonal(&format!("networkEndpointGroups/neg/{action}"));
    let n1 = json!({ "networkEndpoints": [{ "instance": "n1" }] });
    let fingerprint = fixture.get(&regional(SA)).body.unwrap()["fingerprint"].clone();
    let mut change = |changes: Value| {
        let mut body = changes;
        body["fingerprint"] = fingerprint.clone();
        fixture.patch(&regional(SA), body);
    };
    let ports = ["5432", "6432"];
    match dice.random_range(0..20) {
        0 => change(json!({ "consumerAcceptLists": [{ "endpointUrl": number }] })),
        1 => change(json!({ "consumerRejectLists": [number], "consumerAcceptLists": [] })),
        2 => change(json!({ "consumerRejectLists": [], "consumerAcceptLists": [] })),
        3 => change(json!({ "reconcileConnections": dice.random_bool(0.8) })),
        4 => change(json!({ "connectionPreference": "ACCEPT_AUTOMATIC",
            "consumerAcceptLists": [], "consumerRejectLists": [] })),
        5 => change(json!({ "connectionPreference": "ACCEPT_MANUAL" })),
        6 => change(json!({ "natIpsPerEndpoint": dice.random_range(1..7) })),
        7..10 => drop(fixture.post(
            &consumer_regional(project, "forwardingRules"),
            endpoint(name),
        )),
        10 => drop(fixture.delete(&rule)),
        11 => drop(fixture.post(&regional("serviceAttachments"), attachment("sa"))),
        12 if dice.random_bool(0.3) => drop(fixture.delete(&regional(SA))),
        13 => drop(fixture.delete(&global("firewalls/allow"))),
        14 => {
            let rule = allow("allow", &ports[..dice.random_range(1..3)]);
            drop(fixture.post(&global("firewalls"), rule));
        }
        15 => drop(fixture.post(&group("attachNetworkEndpoints"), n1)),
        16 => drop(fixture.post(&group("detachNetworkEndpoints"), n1)),
        _ => fixture.advance(Duration::from_secs(dice.random_range(0..15))),
    }
}

/// Checks the invariants of every state.
fn check(fixture: &Fixture) {
    let state = &fixture.google.state;
    let ids = fixture.google.resource_ids();
    for binding in fixture.google.bindings() {
        assert!(ids.contains(&binding.endpoint), "{binding:?}");
    }
    for resource in state.resources() {
        for used in resource.uses() {
            assert!(
                state.created(&used).is_some(),
                "{} uses {used}",
                resource.id
            );
        }
        if let Some(name) = &resource.operation {
            let operation = state.operation(name);
            assert!(operation.is_some_and(|it| it.completed.is_none()), "{name}");
        } else {
            assert!(resource.is_created && !resource.is_deleting && resource.pending.is_none());
        }
    }
}

#[test]
fn at_any_point_the_journal_restores_the_same_cloud() {
    let mut most = 0;
    for seed in 0..6 {
        let mut fixture = Fixture::with_timing(DELAY, Duration::from_secs(3))
            .with_networks()
            .with_endpoint();
        let mut dice = StdRng::seed_from_u64(seed);
        let mut journal = fixture.google.take_changes();
        let mut again = restored(&fixture, &journal);
        for draws in 0..120 {
            fixture.rng = StdRng::seed_from_u64(draws);
            let (mut rng, now) = (StdRng::seed_from_u64(draws), fixture.now);
            fixture.transcript.clear();
            step(&mut fixture, &mut dice);
            for (request, reply) in &fixture.transcript {
                assert_eq!(&again.handle(request, now, &mut rng), reply, "{request:?}");
            }
            again.advance(fixture.now);
            assert_same(&again, &fixture.google);
            if draws % 16 == 0 {
                journal = fixture.google.snapshot();
                fixture.google.take_changes();
            } else {
                journal.extend(fixture.google.take_changes());
            }
            again = restored(&fixture, &journal);
            assert_same(&again, &fixture.google);
            check(&fixture);
            most = most.max(fixture.google.bindings().len());
        }
        fixture.complete_operations();
        check(&fixture);
    }
    // The random walks accepted endpoints.
    assert!(most >= 6, "{most}");
}
