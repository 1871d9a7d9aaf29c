//! A store that is older than the cloud: it was restored from a backup, or lost.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use underpass_clouds::Depth;
use underpass_model::connection::{Connection, Decision as Decided};
use underpass_model::google::RejectList;
use underpass_model::link::Link;
use underpass_model::part::Admission;
use underpass_model::recovery::Presence;
use underpass_server::recovery::{HeldAccount, Side, drop_link, hold_all, planned, resume, settle};
use underpass_store::{Change, Key, Kind, Lookup, Record, Store as _, Write};

use crate::actors::Decision;
use crate::azure::Azure;
use crate::cloud::Cloud;
use crate::executor::run;
use crate::fault_at_every_effect::{connected, create, pending, settle as settle_sim};
use crate::google::Google;
use crate::injected_mistake::InjectedMistake;
use crate::random_run::converge;
use crate::simulation::{Simulation, account};

pub(crate) const CLOUDS: [&dyn Cloud; 2] = [&Azure, &Google];

pub(crate) fn simulation(cloud: &'static dyn Cloud) -> Simulation {
    let timing = *cloud.timings().first().unwrap();
    Simulation::new(cloud, 13, timing, InjectedMistake::default())
}

/// Reads every row, as a backup does.
fn backup(sim: &Simulation) -> Vec<Record> {
    let lookups = Kind::ALL.map(|kind| Lookup::Under(kind, Key::root()));
    let fetched = run(sim.memory.fetch(&lookups)).unwrap().unwrap();
    fetched.records().to_vec()
}

/// Replaces every row by those of a backup.
fn restore(sim: &mut Simulation, backup: &[Record]) {
    let mut change = Change::new();
    for row in self::backup(sim) {
        change.writes.push(Write::Remove(row.kind, row.key));
    }
    for row in backup {
        let (kind, key) = (row.kind, row.key.clone());
        let body = serde_json::from_str(&row.body).unwrap();
        change.writes.push(Write::Put(kind, key, body));
    }
    run(sim.memory.commit(change)).unwrap().unwrap();
    sim.restart();
}

fn held(sim: &Simulation) -> HeldAccount {
    run(HeldAccount::of(&*sim.memory, &account()))
        .unwrap()
        .unwrap()
        .expect("the account is on hold")
}

/// Takes the cloud's side for every difference, and resumes.
fn adopt_and_resume(sim: &Simulation) {
    for row in held(sim).links {
        let now = sim.engine.clock.now();
        let all = BTreeSet::new();
        let settled = settle(&*sim.memory, &row.value, &all, Side::Provider, "test", now);
        let settled = run(settled).unwrap().unwrap();
        let change = settled.change.delete(&row);
        run(sim.memory.commit(change)).unwrap().unwrap();
    }
    end_hold(sim);
}

pub(crate) fn end_hold(sim: &Simulation) {
    let held = held(sim);
    let now = sim.engine.clock.now();
    let ended = run(resume(&*sim.memory, &held, "test", now));
    let (change, _) = ended.unwrap().unwrap();
    run(sim.memory.commit(change)).unwrap().unwrap();
}

/// Runs sweeps and passes for a while; returns the number of writes to the cloud.
fn work(sim: &mut Simulation) -> usize {
    let writes = |sim: &Simulation| {
        let environment = sim.environment.lock().unwrap();
        let is_write = |line: &&String| {
            let line = line.trim_start();
            ["PUT ", "POST ", "PATCH ", "DELETE "]
                .iter()
                .any(|method| line.starts_with(method))
                && !line.contains("/listNetworkEndpoints")
        };
        environment.trace.iter().filter(is_write).count()
    };
    let before = writes(sim);
    for _ in 0..10 {
        sim.sweep(Depth::Everything);
        while sim.run_due_pass().is_some() {}
        sim.environment
            .lock()
            .unwrap()
            .advance(SignedDuration::from_mins(1));
    }
    writes(sim) - before
}

fn admission(sim: &mut Simulation) -> Admission {
    let cloud = sim.cloud;
    *cloud.admissions(sim).unwrap().values().next().unwrap()
}

fn connection(sim: &Simulation) -> Connection {
    let rows = sim.connections();
    assert_eq!(rows.len(), 1);
    rows[0].value.clone()
}

/// Everything but what a proof does not contain.
fn shown(connection: &Connection) -> (String, u32, Decided, u32) {
    let Connection {
        id,
        ordinal,
        decision,
        revision,
        ..
    } = connection.clone();
    (id.to_string(), ordinal, decision, revision)
}

#[test]
fn an_approval_made_after_the_backup_is_not_undone() {
    for cloud in CLOUDS {
        for setup in [create as fn(&mut Simulation), pending] {
            let mut sim = simulation(cloud);
            setup(&mut sim);
            settle_sim(&mut sim);
            let old = backup(&sim);
            if sim.connections().is_empty() {
                let [consumer, ..] = cloud.consumers();
                sim.make_endpoint(consumer);
                crate::fault_at_every_effect::discover(&mut sim);
            }
            sim.decide(0, Decision::Approve);
            settle_sim(&mut sim);
            sim.decide(0, Decision::Address);
            settle_sim(&mut sim);
            let before = connection(&sim);
            let names = sim.zone();
            restore(&mut sim, &old);
            assert_eq!(work(&mut sim), 0, "{}: nothing is written", cloud.name());
            assert_eq!(admission(&mut sim), Admission::Approved);
            let held = held(&sim);
            let [difference] = held.links.as_slice() else {
                panic!("one link differs");
            };
            assert!(difference.value.is_known);
            assert_eq!(difference.value.connections.len(), 1);
            adopt_and_resume(&sim);
            sim.connection_ids.clear();
            work(&mut sim);
            assert_eq!(shown(&connection(&sim)), shown(&before), "{}", cloud.name());
            assert_eq!(admission(&mut sim), Admission::Approved);
            if connection(&sim).address.is_some() {
                assert_eq!(sim.zone().records, names.records, "{}", cloud.name());
            }
            converge(&mut sim, 10).unwrap();
        }
    }
}

#[test]
fn an_endpoint_that_was_deleted_during_the_hold_ends_after_it() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        pending(&mut sim);
        let old = backup(&sim);
        sim.decide(0, Decision::Approve);
        settle_sim(&mut sim);
        restore(&mut sim, &old);
        work(&mut sim);
        let [consumer, ..] = cloud.consumers();
        let endpoint = sim.endpoints;
        sim.drop_endpoint(consumer, endpoint);
        sim.settle_cloud();
        adopt_and_resume(&sim);
        work(&mut sim);
        assert!(sim.connections().is_empty(), "{}", cloud.name());
    }
}

#[test]
fn a_rejection_made_after_the_backup_is_not_undone() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        connected(&mut sim);
        let old = backup(&sim);
        sim.decide(0, Decision::Reject);
        settle_sim(&mut sim);
        let rejected = admission(&mut sim);
        restore(&mut sim, &old);
        assert_eq!(work(&mut sim), 0);
        assert_eq!(admission(&mut sim), rejected, "{}", cloud.name());
        adopt_and_resume(&sim);
        work(&mut sim);
        let decision = connection(&sim).decision;
        assert!(matches!(decision, Decided::Rejected(_)), "{decision:?}");
        assert_eq!(admission(&mut sim), rejected);
    }
}

#[test]
fn a_person_can_take_the_store_s_side() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        pending(&mut sim);
        let old = backup(&sim);
        sim.decide(0, Decision::Approve);
        settle_sim(&mut sim);
        restore(&mut sim, &old);
        work(&mut sim);
        end_hold(&sim);
        work(&mut sim);
        let after = connection(&sim);
        assert!(matches!(after.decision, Decided::Rejected(_)));
        assert_ne!(admission(&mut sim), Admission::Approved, "{}", cloud.name());
        let held = run(HeldAccount::all(&*sim.memory)).unwrap().unwrap();
        assert!(held.is_empty(), "the decision is newer than the cloud's");
    }
}

#[test]
fn a_link_made_after_the_backup_puts_its_account_on_hold() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        connected(&mut sim);
        let link = sim.link().unwrap().value;
        let mut change = Change::new().remove::<Link>(sim.link_key());
        for row in sim.connections() {
            change = change.delete(&row);
        }
        run(sim.memory.commit(change)).unwrap().unwrap();
        sim.sweep(Depth::Everything);
        let held = held(&sim);
        let [difference] = held.links.as_slice() else {
            panic!("one link differs");
        };
        assert_eq!(difference.value.object, link.id.to_string());
        assert!(!difference.value.is_known);
        assert_eq!(difference.value.connections.len(), 1);
        assert_eq!(work(&mut sim), 0, "{}", cloud.name());
    }
}

#[test]
fn a_link_that_was_left_as_an_orphan_holds_its_account_once() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        connected(&mut sim);
        let mut change = Change::new().remove::<Link>(sim.link_key());
        for row in sim.connections() {
            change = change.delete(&row);
        }
        run(sim.memory.commit(change)).unwrap().unwrap();
        sim.sweep(Depth::Everything);
        end_hold(&sim);
        for _ in 0..8 {
            sim.sweep(Depth::Everything);
            let mut environment = sim.environment.lock().unwrap();
            environment.advance(SignedDuration::from_hours(10 * 24));
        }
        let held = run(HeldAccount::all(&*sim.memory)).unwrap().unwrap();
        assert!(held.is_empty(), "{}", cloud.name());
    }
}

#[test]
fn the_end_of_a_link_is_not_taken_for_an_older_store() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        connected(&mut sim);
        sim.delete_link();
        settle_sim(&mut sim);
        work(&mut sim);
        let held = run(HeldAccount::all(&*sim.memory)).unwrap().unwrap();
        assert!(held.is_empty());
    }
}

#[test]
fn a_link_that_was_deleted_after_the_backup_is_proven_absent_and_dropped() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        connected(&mut sim);
        let old = backup(&sim);
        sim.delete_link();
        settle_sim(&mut sim);
        restore(&mut sim, &old);
        let now = sim.engine.clock.now();
        let accounts = [account()];
        let holding = hold_all(&*sim.memory, accounts.iter(), now);
        run(holding).unwrap().unwrap();
        assert_eq!(work(&mut sim), 0, "{}: nothing is written", cloud.name());
        let now = sim.engine.clock.now();
        let hold = held(&sim).hold.value;
        let planning = planned(&*sim.memory, &hold, RejectList::default(), now);
        let objects = run(planning).unwrap().unwrap();
        let mut links = objects.iter();
        let (key, link) = links
            .find_map(|object| Some((&object.key, object.link.as_ref()?)))
            .unwrap();
        assert_eq!(link.presence, Presence::Absent, "{}", cloud.name());
        let dropping = drop_link(&*sim.memory, key, "test", now);
        let change = run(dropping).unwrap().unwrap().unwrap();
        run(sim.memory.commit(change)).unwrap().unwrap();
        end_hold(&sim);
        sim.connection_ids.clear();
        assert_eq!(
            work(&mut sim),
            0,
            "{}: it is not published again",
            cloud.name()
        );
        assert!(sim.link().is_none());
    }
}
