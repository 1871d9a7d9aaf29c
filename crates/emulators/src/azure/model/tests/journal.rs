use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use super::fixture::*;
use super::private_dns::{LINK, ZONE, addresses, link, zone};
use crate::azure::model::{Azure, Change};
use crate::cloud_model::CloudModel as _;

fn restored(fixture: &Fixture, changes: &[Change]) -> Azure {
    Azure::restore(
        fixture.azure.state.configuration().clone(),
        changes.iter().cloned(),
    )
    .unwrap()
}

/// Checks that both clouds have the same state and behave alike.
#[track_caller]
fn assert_same(one: &Azure, other: &Azure) {
    assert_eq!(one.snapshot(), other.snapshot());
    assert_eq!(one.bindings(), other.bindings());
    assert_eq!(one.next_due(), other.next_due());
    assert_eq!(one.host_mappings(), other.host_mappings());
}

#[test]
fn the_journal_restores_everything_with_operations_in_progress() {
    let mut fixture = Fixture::slow().with_endpoint();
    let connection = fixture.connection();
    fixture.put(&connection, decision("Approved"));
    let reply = fixture.put(&ours("loadBalancers/lb"), balancer(&[5432, 5433]));
    let url = header(&reply, "azure-asyncoperation").unwrap().to_owned();
    let journal = fixture.azure.take_changes();
    assert!(fixture.azure.take_changes().is_empty());
    let again = restored(&fixture, &journal);
    assert_same(&fixture.azure, &again);
    fixture.azure = again;
    assert_eq!(fixture.seen(&url)["status"], "InProgress");
    fixture.pass(DELAY);
    assert_eq!(fixture.seen(&url)["status"], "Succeeded");
    assert_eq!(fixture.azure.bindings().len(), 2);
    assert_same(
        &fixture.azure,
        &restored(&fixture, &fixture.azure.snapshot()),
    );
}

#[test]
fn a_journal_of_another_kind_is_refused() {
    let fixture = Fixture::empty();
    let change = |key: &str| Change {
        key: key.to_owned(),
        value: Some(json!(1)),
    };
    let configuration = || fixture.azure.state.configuration().clone();
    let unknown = Azure::restore(configuration(), [change("planet/earth")]).unwrap_err();
    assert!(unknown.to_string().contains("planet/earth"));
    let odd = Azure::restore(configuration(), [change("resource/x")]).unwrap_err();
    assert!(odd.to_string().contains("resource/x"));
}

/// Sends one random request, or lets time pass.
fn step(fixture: &mut Fixture, dice: &mut StdRng) {
    let alias = fixture.alias_if_any();
    let ports: Vec<u16> = (5432..5432 + dice.random_range(0..4)).collect();
    let visible = [CONSUMER, STRANGER, "*"][dice.random_range(0..3)];
    let endpoint = theirs(["privateEndpoints/e", "privateEndpoints/f"][dice.random_range(0..2)]);
    match dice.random_range(0..22) {
        0 => drop(fixture.put(&ours("loadBalancers/lb"), balancer(&ports))),
        1 => drop(fixture.put(&ours("networkInterfaces/n1"), interface(&["lb"]))),
        2 => drop(fixture.put(&ours("networkInterfaces/n1"), interface(&[]))),
        3 => drop(fixture.put(&ours("privateLinkServices/s"), service(&[visible]))),
        4 | 5 => drop(fixture.consumer().put(&endpoint, manual(&alias))),
        6 => drop(fixture.consumer().delete(&endpoint)),
        7 | 8 => {
            let list = fixture.get(&ours("privateLinkServices/s/privateEndpointConnections"));
            let list = list.body.unwrap();
            let Some(id) = list["value"][0]["id"].as_str() else {
                return;
            };
            match dice.random_range(0..3) {
                0 => drop(fixture.put(id, decision("Approved"))),
                1 => drop(fixture.put(id, decision("Rejected"))),
                _ => drop(fixture.delete(id)),
            }
        }
        9 => drop(fixture.delete(&ours("privateLinkServices/s"))),
        10 => drop(fixture.delete(&ours("loadBalancers/lb"))),
        11 => drop(fixture.delete(&ours("virtualNetworks/v/subnets/nat"))),
        12 => drop(fixture.consumer().put(&theirs(ZONE), zone())),
        13 => {
            let network = theirs("virtualNetworks/v");
            drop(fixture.consumer().put(&theirs(LINK), link(&network)));
        }
        14 => {
            let record_set = theirs(&format!("{ZONE}/A/db"));
            drop(
                fixture
                    .consumer()
                    .put(&record_set, addresses(&["127.64.0.4"])),
            );
        }
        15 => {
            let group = format!("{endpoint}/privateDnsZoneGroups/default");
            let zone = theirs(ZONE);
            let config = json!({ "name": "z", "properties": { "privateDnsZoneId": zone } });
            let body = json!({ "properties": { "privateDnsZoneConfigs": [config] } });
            drop(fixture.consumer().put(&group, body));
        }
        16 => {
            let path = [LINK, ZONE][dice.random_range(0..2)];
            drop(fixture.consumer().delete(&theirs(path)));
        }
        _ => fixture.pass(std::time::Duration::from_secs(dice.random_range(0..15))),
    }
}

impl Fixture {
    fn alias_if_any(&mut self) -> String {
        let service = self.get(&ours("privateLinkServices/s")).body.unwrap();
        service["properties"]["alias"]
            .as_str()
            .unwrap_or("none")
            .to_owned()
    }
}

/// Checks the invariants of every state.
fn check(fixture: &Fixture) {
    let state = &fixture.azure.state;
    let ids = fixture.azure.resource_ids();
    for binding in fixture.azure.bindings() {
        assert!(ids.contains(&binding.endpoint) && ids.contains(&binding.connection));
    }
    for resource in state.resources() {
        // Every relation, every open operation and every parent exists.
        for related in resource.relations.values() {
            assert!(
                state.resource(related).is_some()
                    || resource
                        .related(super::super::resource::Relation::Connection)
                        .is_none(),
                "{resource:?}"
            );
        }
        if let Some(operation) = &resource.operation {
            assert!(
                state
                    .operation(operation)
                    .is_some_and(|it| it.finished.is_none())
            );
        }
        if let Some(parent) = resource.id.parent() {
            assert!(state.resource(&parent).is_some(), "{}", resource.id);
        }
    }
}

/// The cloud after random requests, and the maximum number of concurrent listeners.
fn random_requests(seed: u64, steps: usize) -> (Fixture, usize) {
    let mut fixture = Fixture::slow();
    let mut dice = StdRng::seed_from_u64(seed);
    let mut journal = fixture.azure.take_changes();
    let mut most = 0;
    for _ in 0..steps {
        step(&mut fixture, &mut dice);
        check(&fixture);
        most = most.max(fixture.azure.bindings().len());
        journal.extend(fixture.azure.take_changes());
    }
    assert_same(&fixture.azure, &restored(&fixture, &journal));
    fixture.settle();
    check(&fixture);
    let at_rest = |it: &super::super::resource::Resource| it.operation.is_none();
    assert!(fixture.azure.state.resources().all(at_rest), "seed {seed}");
    (fixture, most)
}

#[test]
fn random_requests_keep_the_state_consistent_and_the_journal_complete() {
    let mut statuses = std::collections::BTreeSet::new();
    let mut listeners = 0;
    for seed in 0..40 {
        let (fixture, most) = random_requests(seed, 240);
        statuses.extend(fixture.transcript.iter().map(|(_, reply)| reply.status));
        listeners += most;
    }
    // The random requests meet every kind of reply and approved endpoints.
    for status in [200, 201, 202, 204, 400, 404, 409, 429] {
        assert!(statuses.contains(&status), "{status}");
    }
    assert!(listeners > 0);
}

#[test]
fn the_same_seed_gives_the_same_answers() {
    assert_eq!(
        random_requests(3, 200).0.transcript,
        random_requests(3, 200).0.transcript
    );
}
