//! Subnets of the network that are not ours, within the range for NAT.

use ipnet::Ipv4Net;
use serde_json::json;
use underpass_clouds::Depth;
use underpass_model::part::Observed;
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::WorkKey;
use underpass_store::{Key, Versioned};

use super::actors::claims;
use super::regional;
use super::setup::create;
use crate::actors::Decision;
use crate::cloud::CloudSetup as _;
use crate::fault_at_every_effect::{connected, create as publish, settle};
use crate::google::Google;
use crate::injected_mistake::InjectedMistake;
use crate::random_run::converge;
use crate::simulation::{Simulation, project, vpc_id};

fn simulation() -> Simulation {
    let timing = *Google.timings().first().unwrap();
    Simulation::new(&Google, 13, timing, InjectedMistake::default())
}

/// Adds a subnet of the operator to the network.
fn add_subnet(sim: &mut Simulation, name: &str, range: &str) {
    let body = json!({"name": name, "network": "global/networks/net", "ipCidrRange": range,
        "purpose": "PRIVATE"});
    create(sim, &regional("subnetworks"), body);
}

fn ranges(sim: &Simulation) -> Vec<String> {
    let link = sim.link().unwrap().value;
    link.nat_ranges.iter().map(ToString::to_string).collect()
}

fn reserved(sim: &Simulation) -> Vec<Ipv4Net> {
    claims(sim).iter().map(|row| row.value.piece).collect()
}

#[test]
fn a_range_that_the_cloud_refuses_is_replaced_until_one_is_free() {
    let mut sim = simulation();
    add_subnet(&mut sim, "theirs", "172.24.0.0/26");
    connected(&mut sim);
    assert_eq!(ranges(&sim), ["172.24.0.64/28"]);
    assert_eq!(reserved(&sim), ["172.24.0.64/28".parse().unwrap()]);
    assert_eq!(sim.link().unwrap().value.refused_ranges.len(), 3);
    assert!(sim.observed().failures.is_empty());
    converge(&mut sim, 40).unwrap();
}

#[test]
fn a_further_range_that_the_cloud_refuses_is_replaced_and_the_first_one_stays() {
    let mut sim = simulation();
    connected(&mut sim);
    add_subnet(&mut sim, "theirs", "172.24.0.32/27");
    for _ in 0..10 {
        sim.make_endpoint(super::CONSUMERS[0]);
    }
    sim.settle_cloud();
    sim.sweep(Depth::Connections);
    for index in 0..sim.connections().len() {
        sim.decide(index, Decision::Approve);
    }
    settle(&mut sim);
    assert_eq!(ranges(&sim), ["172.24.0.0/28", "172.24.0.64/27"]);
    converge(&mut sim, 40).unwrap();
}

#[test]
fn a_range_that_was_used_stays_when_its_subnet_was_replaced_by_another_one() {
    let mut sim = simulation();
    connected(&mut sim);
    let name = sim.published_name().unwrap();
    let path = regional(&format!("subnetworks/{name}-nat-172-24-0-0-28"));
    // The attachment is gone for a moment, so that its subnet can be deleted.
    let attachment = regional(&format!("serviceAttachments/{name}"));
    assert_eq!(sim.provider("DELETE", &attachment, None).0, 200);
    sim.settle_cloud();
    assert_eq!(sim.provider("DELETE", &path, None).0, 200);
    sim.settle_cloud();
    add_subnet(&mut sim, "theirs", "172.24.0.0/28");
    for _ in 0..6 {
        sim.sweep(Depth::Everything);
        settle_briefly(&mut sim);
    }
    assert_eq!(ranges(&sim), ["172.24.0.0/28"]);
    let failures = sim.observed().failures;
    assert!(failures.values().any(|it| it.code == "NatRangeOverlapped"));
}

/// Runs due passes for ten minutes.
fn settle_briefly(sim: &mut Simulation) {
    for _ in 0..20 {
        while sim.run_due_pass().is_some() {}
        let mut environment = sim.environment.lock().unwrap();
        environment.advance(jiff::SignedDuration::from_secs(30));
    }
}

#[test]
fn a_sweep_notes_what_is_not_ours_in_the_network() {
    let mut sim = simulation();
    publish(&mut sim);
    settle(&mut sim);
    let noted = |sim: &Simulation| {
        let work = WorkKey::Vpc(project(), vpc_id());
        let row: Versioned<Observed> = sim.one(&Key::observed(&work)).unwrap();
        row.value.foreign_ranges
    };
    let vpc: Versioned<ProjectVpc> = sim.one(&Key::vpc(&project(), vpc_id())).unwrap();
    assert_eq!(vpc.value.network_key(), super::global("networks/net"));
    sim.sweep(Depth::Everything);
    assert!(noted(&sim).is_empty(), "its own range is not foreign");
    add_subnet(&mut sim, "theirs", "172.24.128.0/20");
    sim.sweep(Depth::Everything);
    assert_eq!(noted(&sim), ["172.24.128.0/20".parse().unwrap()].into());
    let path = regional("subnetworks/theirs");
    assert_eq!(sim.provider("DELETE", &path, None).0, 200);
    sim.settle_cloud();
    sim.sweep(Depth::Everything);
    assert!(noted(&sim).is_empty());
}
