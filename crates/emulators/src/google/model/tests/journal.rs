use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::world::*;
use crate::cloud_model::CloudModel as _;
use crate::google::model::{Change, Google};

fn restored(world: &World, changes: &[Change]) -> Google {
    Google::restore(world.configuration.clone(), changes.iter().cloned()).unwrap()
}

/// Both hold the same and will do the same.
#[track_caller]
fn assert_same(one: &Google, other: &Google) {
    assert_eq!(one.snapshot(), other.snapshot());
    assert_eq!(one.bindings(), other.bindings());
    assert_eq!(one.next_due(), other.next_due());
    assert_eq!(one.host_mappings(), other.host_mappings());
    assert_eq!(one.resource_ids(), other.resource_ids());
}

#[test]
fn the_journal_gives_everything_back_with_operations_under_way() {
    let mut world = World::slow().with_endpoint();
    let number = world.numbered(CONSUMER, "e");
    let list = json!([{ "endpointUrl": number }]);
    let reply = world.change(&ours(SA), json!({ "consumerAcceptLists": list }));
    let link = operation(&reply)["selfLink"].as_str().unwrap().to_owned();
    operation(&world.post(&theirs(CONSUMER, "forwardingRules"), endpoint("f")));
    operation(&world.delete(&global("firewalls/allow")));
    let journal = world.google.take_changes();
    assert_eq!(world.google.take_changes(), []);
    let again = restored(&world, &journal);
    assert_same(&world.google, &again);
    world.google = again;
    assert_eq!(world.google.take_changes(), []);
    assert_eq!(world.seen(&link)["status"], "PENDING");
    world.pass(DELAY);
    assert_eq!(world.seen(&link)["status"], "DONE");
    assert_eq!(world.status(CONSUMER, "e"), "ACCEPTED");
    assert_eq!(world.status(CONSUMER, "f"), "PENDING");
    assert!(world.google.bindings().is_empty());
    assert_same(&world.google, &restored(&world, &world.google.snapshot()));
}

#[test]
fn what_is_on_its_way_to_show_is_given_back_too() {
    let lag = Duration::from_secs(4);
    let mut world = World::lagging(lag).with_endpoint();
    let accept = json!({ "connectionPreference": "ACCEPT_AUTOMATIC" });
    operation(&world.change(&ours(SA), accept));
    let mut again = restored(&world, &world.google.snapshot());
    assert_same(&world.google, &again);
    assert_eq!(world.connected()[0]["status"], "PENDING");
    std::mem::swap(&mut world.google, &mut again);
    assert_eq!(world.connected()[0]["status"], "PENDING");
    world.pass(lag);
    assert_eq!(world.connected()[0]["status"], "ACCEPTED");
}

#[test]
fn request_ids_are_given_back() {
    let mut world = World::new();
    let path = format!(
        "{}?requestId=8d6f3a52-0f0b-4a53-9c26-2f4f7a9be001",
        ours("subnetworks")
    );
    let body = subnet("spare", "10.9.0.0/24", "PRIVATE");
    let first = operation(&world.post(&path, body.clone()));
    world.google = restored(&world, &world.google.snapshot());
    assert_eq!(operation(&world.post(&path, body)), first);
    // Operations that ended before are forgotten in their time.
    world.pass(Duration::from_hours(1));
    let link = first["selfLink"].as_str().unwrap();
    assert_eq!(world.get(link).status, 404);
}

#[test]
fn a_snapshot_names_each_thing_once_and_nothing_that_is_gone() {
    let mut world = World::new().with_accepted();
    for _ in 0..3 {
        world.patched(&ours("subnetworks/nodes"), json!({}));
    }
    world.gone(&theirs(CONSUMER, "forwardingRules/e"));
    world.gone(&ours(SA));
    world.pass(Duration::from_hours(1));
    let snapshot = world.google.snapshot();
    let mut keys: Vec<&str> = snapshot.iter().map(|it| it.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), snapshot.len());
    assert!(snapshot.iter().all(|it| it.value.is_some()));
    let resources = world.google.resource_ids();
    // Beside the resources: the projects of both consumers, and a host.
    assert_eq!(snapshot.len(), resources.len() + 3);
    assert!(!keys.iter().any(|it| it.contains("serviceAttachments")));
}

#[test]
fn a_request_that_is_refused_or_only_reads_leaves_nothing_to_write() {
    let mut world = World::new().with_endpoint();
    world.google.take_changes();
    world.seen(&ours(SA));
    world.seen(&format!("projects/{PROVIDER}/aggregated/subnetworks"));
    world.refused(&ours("serviceAttachments"), attachment("sa"));
    world.patch(&ours(SA), json!({}));
    world.delete(&ours("subnetworks/nat"));
    assert_eq!(world.google.take_changes(), []);
}

#[test]
fn a_journal_of_another_kind_is_refused() {
    let world = World::empty();
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
        let configuration = world.configuration.clone();
        let key = change.key.clone();
        let error = Google::restore(configuration, [change]).unwrap_err();
        assert!(error.to_string().contains(&key), "{error}");
    }
}

/// One random request or lapse of time.
fn step(world: &mut World, dice: &mut StdRng) {
    let project = [CONSUMER, STRANGER][dice.random_range(0..2)];
    let name = ["e", "f", "g"][dice.random_range(0..3)];
    let rule = theirs(project, &format!("forwardingRules/{name}"));
    let number = world.get(&rule).body.unwrap()["id"].clone();
    let number = theirs(
        project,
        &format!("forwardingRules/{}", number.as_str().unwrap_or("7")),
    );
    let group = |action: &str| zonal(&format!("networkEndpointGroups/neg/{action}"));
    let n1 = json!({ "networkEndpoints": [{ "instance": "n1" }] });
    let fingerprint = world.get(&ours(SA)).body.unwrap()["fingerprint"].clone();
    let mut change = |changes: Value| {
        let mut body = changes;
        body["fingerprint"] = fingerprint.clone();
        world.patch(&ours(SA), body);
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
        7..10 => drop(world.post(&theirs(project, "forwardingRules"), endpoint(name))),
        10 => drop(world.delete(&rule)),
        11 => drop(world.post(&ours("serviceAttachments"), attachment("sa"))),
        12 if dice.random_bool(0.3) => drop(world.delete(&ours(SA))),
        13 => drop(world.delete(&global("firewalls/allow"))),
        14 => {
            let rule = allow("allow", &ports[..dice.random_range(1..3)]);
            drop(world.post(&global("firewalls"), rule));
        }
        15 => drop(world.post(&group("attachNetworkEndpoints"), n1)),
        16 => drop(world.post(&group("detachNetworkEndpoints"), n1)),
        _ => world.pass(Duration::from_secs(dice.random_range(0..15))),
    }
}

/// What holds in every state.
fn check(world: &World) {
    let state = &world.google.state;
    let ids = world.google.resource_ids();
    for binding in world.google.bindings() {
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
fn at_any_point_the_journal_gives_the_same_cloud_that_answers_the_same() {
    let mut most = 0;
    for seed in 0..6 {
        let mut world = World::with(DELAY, Duration::from_secs(3))
            .furnished()
            .with_endpoint();
        let mut dice = StdRng::seed_from_u64(seed);
        let mut journal = world.google.take_changes();
        let mut again = restored(&world, &journal);
        for draws in 0..120 {
            world.rng = StdRng::seed_from_u64(draws);
            let (mut rng, now) = (StdRng::seed_from_u64(draws), world.now);
            world.transcript.clear();
            step(&mut world, &mut dice);
            for (request, reply) in &world.transcript {
                assert_eq!(&again.handle(request, now, &mut rng), reply, "{request:?}");
            }
            again.advance(world.now);
            assert_same(&again, &world.google);
            if draws % 16 == 0 {
                journal = world.google.snapshot();
                world.google.take_changes();
            } else {
                journal.extend(world.google.take_changes());
            }
            again = restored(&world, &journal);
            assert_same(&again, &world.google);
            check(&world);
            most = most.max(world.google.bindings().len());
        }
        world.settle();
        check(&world);
    }
    // The walks got somewhere.
    assert!(most >= 6, "{most}");
}
