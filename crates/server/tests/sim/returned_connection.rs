//! Connections that a cloud does not show for longer than a proof of absence takes.

use jiff::SignedDuration;
use underpass_clouds::Depth;
use underpass_model::connection::{Connection, Decision as Decided, RejectReason};
use underpass_model::part::Admission;

use crate::actors::Decision;
use crate::azure::Azure;
use crate::cloud::Cloud;
use crate::fault_at_every_effect::{connected, create, discover, settle};
use crate::google::Google;
use crate::injected_mistake::InjectedMistake;
use crate::simulation::Simulation;

const CLOUDS: [&dyn Cloud; 2] = [&Azure, &Google];

/// Longest time in which an absence is proven, in minutes.
const PROOF: u32 = 10;

fn simulation(cloud: &'static dyn Cloud) -> Simulation {
    let timing = *cloud.timings().first().unwrap();
    Simulation::new(cloud, 11, timing, InjectedMistake::default())
}

/// The only connection.
fn connection(sim: &Simulation) -> Connection {
    let rows = sim.connections();
    assert_eq!(rows.len(), 1);
    rows[0].value.clone()
}

/// Hides a connection until it has ended, and shows it again.
fn end_and_return(sim: &mut Simulation, connection: &Connection) {
    let name = connection.identity.name.clone();
    sim.environment.lock().unwrap().false_answers.hidden = Some(name);
    for _ in 0..PROOF {
        sim.sweep(Depth::Connections);
        while sim.run_due_pass().is_some() {}
        sim.environment
            .lock()
            .unwrap()
            .advance(SignedDuration::from_mins(1));
    }
    assert!(sim.connections().is_empty(), "its absence is proven");
    sim.environment.lock().unwrap().false_answers.hidden = None;
    // The invariant that existing endpoints keep their connections does not hold for such a lie.
    sim.connection_ids.clear();
    discover(sim);
}

/// The cloud's own state of the only connection.
fn admission(sim: &mut Simulation) -> Admission {
    let cloud = sim.cloud;
    let admissions = cloud.admissions(sim).unwrap();
    *admissions.values().next().unwrap()
}

#[test]
fn an_approved_connection_returns_with_its_decision_ordinal_and_address() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        connected(&mut sim);
        let before = connection(&sim);
        assert_eq!(before.decision, Decided::Approved);
        let names: Vec<_> = sim.zone().records.into_keys().collect();
        end_and_return(&mut sim, &before);
        assert_eq!(connection(&sim), before, "{}", cloud.name());
        assert_eq!(admission(&mut sim), Admission::Approved);
        let after: Vec<_> = sim.zone().records.into_keys().collect();
        assert_eq!(after, names, "{}", cloud.name());
    }
}

#[test]
fn a_rejected_connection_stays_rejected_when_it_returns() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        connected(&mut sim);
        sim.decide(0, Decision::Reject);
        settle(&mut sim);
        let before = connection(&sim);
        end_and_return(&mut sim, &before);
        let after = connection(&sim);
        let by_user = Decided::Rejected(RejectReason::ByUser);
        assert_eq!(after.decision, by_user, "{}", cloud.name());
        assert_eq!(after.id, before.id);
        assert_ne!(admission(&mut sim), Admission::Approved);
    }
}

#[test]
fn ordinals_count_on_in_a_new_link() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        connected(&mut sim);
        assert_eq!(connection(&sim).ordinal, 1);
        sim.delete_link();
        settle(&mut sim);
        assert!(sim.link().is_none());
        create(&mut sim);
        settle(&mut sim);
        let [consumer, ..] = cloud.consumers();
        sim.make_endpoint(consumer);
        discover(&mut sim);
        let ordinal = connection(&sim).ordinal;
        assert_eq!(
            ordinal,
            2,
            "{}: a name stays with its consumer",
            cloud.name()
        );
    }
}
