//! Removal of an orphan: a link that the store lost, and that an operator left.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use underpass_clouds::Depth;
use underpass_model::ended_link::EndedLink;
use underpass_model::id::LinkId;
use underpass_model::link::Link;
use underpass_model::orphan::Orphan;
use underpass_model::part::Observed;
use underpass_server::recovery::KnownOrphan;
use underpass_store::{Change, Key, Kind, Store as _};

use crate::environment::CrashPoint;
use crate::executor::run;
use crate::fault_at_every_effect::connected;
use crate::older_store::{CLOUDS, end_hold, simulation};
use crate::simulation::{Simulation, account};

const NAME: &str = "operator";

/// Rounds of a minute: operations, the proofs of absence and their pauses end within them.
const ROUNDS: u32 = 120;

/// Loses a connected link, ends the hold of its account without adopting it, and lists it.
fn orphaned(sim: &mut Simulation) -> LinkId {
    connected(sim);
    let link = sim.link().unwrap().value.id;
    lose(sim);
    sim.sweep(Depth::Everything);
    end_hold(sim);
    sim.sweep(Depth::Everything);
    link
}

/// Removes every row of the link.
fn lose(sim: &Simulation) {
    let mut change = Change::new()
        .remove::<Link>(sim.link_key())
        .remove::<Observed>(Key::observed(&sim.work_key()));
    for row in sim.connections() {
        change = change.delete(&row);
    }
    run(sim.memory.commit(change)).unwrap().unwrap();
}

fn orphans(sim: &Simulation) -> Vec<Orphan> {
    let rows = sim.all::<Orphan>(Kind::Orphan, Key::root());
    rows.into_iter().map(|row| row.value).collect()
}

/// Requests the removal as the API does.
fn request(sim: &Simulation, link: &LinkId) {
    let found = run(KnownOrphan::find(&*sim.memory, &account(), link));
    let found = found.unwrap().unwrap().unwrap();
    let name = found.row.value.name.clone();
    let requested = found.request_removal(&name, NAME, sim.engine.clock.now());
    let (change, _) = requested.unwrap().unwrap();
    run(sim.memory.commit(change)).unwrap().unwrap();
}

/// Runs passes and sweeps until the orphan is removed.
fn work(sim: &mut Simulation) {
    for round in 0..ROUNDS {
        while sim.run_due_pass().is_some() {}
        if round.is_multiple_of(10) {
            sim.sweep(Depth::Everything);
        }
        if orphans(sim).is_empty() {
            return;
        }
        let mut environment = sim.environment.lock().unwrap();
        environment.advance(SignedDuration::from_mins(1));
    }
    let observed = sim.all::<Observed>(Kind::Observed, Key::observed_orphans());
    panic!("the orphan is not removed: {:?} {observed:?}", orphans(sim));
}

fn resources(sim: &Simulation) -> BTreeSet<String> {
    let environment = sim.environment.lock().unwrap();
    environment.model.resource_ids().into_iter().collect()
}

fn of_link(sim: &Simulation, link: &LinkId) -> BTreeSet<String> {
    let mut resources = resources(sim);
    resources.retain(|id| id.contains(link.as_str()));
    resources
}

/// Asserts that the link is gone, and nothing else: not an endpoint, not the network, not a node.
fn assert_only_it_is_gone(sim: &mut Simulation, link: &LinkId, before: &BTreeSet<String>) {
    let name = sim.cloud.name();
    assert_eq!(of_link(sim, link), BTreeSet::new(), "{name}");
    let mut kept = before.clone();
    kept.retain(|id| !id.contains(link.as_str()));
    assert_eq!(resources(sim), kept, "{name}");
    let rows = sim.all::<Observed>(Kind::Observed, Key::observed_orphans());
    assert!(rows.is_empty(), "{name}");
    let ended = sim.one::<EndedLink>(&Key::ended_link(link.as_str()));
    assert!(ended.is_some(), "{name}");
}

#[test]
fn a_lost_link_that_is_left_is_listed_with_its_connections_and_nothing_is_deleted() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        let link = orphaned(&mut sim);
        let before = resources(&sim);
        for _ in 0..5 {
            while sim.run_due_pass().is_some() {}
            sim.sweep(Depth::Everything);
            let mut environment = sim.environment.lock().unwrap();
            environment.advance(SignedDuration::from_mins(1));
        }
        let listed = orphans(&sim);
        let [orphan] = listed.as_slice() else {
            panic!("one orphan: {listed:?}");
        };
        assert_eq!(orphan.link, link);
        assert_eq!(orphan.name, format!("up-{link}"));
        assert_eq!(orphan.managed, sim.work_key().to_string());
        assert!(orphan.is_proven);
        assert_eq!(orphan.approved(), 1);
        assert!(orphan.last_seen_at > orphan.first_seen_at);
        let expected = of_link(&sim, &link).len();
        assert!(orphan.parts.len() >= expected, "{:?}", orphan.parts);
        assert_eq!(resources(&sim), before, "{}", cloud.name());
    }
}

#[test]
fn an_orphan_is_removed_with_all_its_parts_and_nothing_else() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        let link = orphaned(&mut sim);
        let before = resources(&sim);
        request(&sim, &link);
        // A request that is repeated changes nothing.
        request(&sim, &link);
        work(&mut sim);
        assert_only_it_is_gone(&mut sim, &link, &before);
        sim.sweep(Depth::Everything);
        assert_eq!(orphans(&sim), []);
    }
}

#[test]
fn a_crash_around_any_effect_of_a_removal_or_its_repetition_ends_the_same() {
    for cloud in CLOUDS {
        let effects = |alter: &dyn Fn(&Simulation)| {
            let mut sim = simulation(cloud);
            let link = orphaned(&mut sim);
            let before = resources(&sim);
            let first = sim.environment.lock().unwrap().effects;
            alter(&sim);
            request(&sim, &link);
            work(&mut sim);
            assert_only_it_is_gone(&mut sim, &link, &before);
            let last = sim.environment.lock().unwrap().effects;
            first..last
        };
        let all = effects(&|_| {});
        assert!(all.clone().count() > 4, "{}: {all:?}", cloud.name());
        for effect in all.clone() {
            // A crash before an effect equals a crash after the effect that precedes it.
            let points: &[CrashPoint] = if effect == all.start {
                &[CrashPoint::Before, CrashPoint::After]
            } else {
                &[CrashPoint::After]
            };
            for point in points {
                effects(&|sim| {
                    sim.environment.lock().unwrap().crash_at = Some((effect, *point));
                });
            }
            effects(&|sim| sim.environment.lock().unwrap().repeat_at = Some(effect));
        }
    }
}

#[test]
fn what_lost_its_tag_since_is_not_deleted_and_neither_is_the_rest() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        let link = orphaned(&mut sim);
        let before = resources(&sim);
        // The request names another link than the tags in the cloud.
        let key = Key::orphan(&account(), &link);
        let mut row = sim.one::<Orphan>(&key).unwrap();
        row.value.managed = row.value.managed.replace("link/demo/", "link/other/");
        let change = Change::new().update(&row).unwrap();
        run(sim.memory.commit(change)).unwrap().unwrap();
        request(&sim, &link);
        for _ in 0..20 {
            while sim.run_due_pass().is_some() {}
            let mut environment = sim.environment.lock().unwrap();
            environment.advance(SignedDuration::from_mins(1));
        }
        assert_eq!(resources(&sim), before, "{}", cloud.name());
        let [observed] =
            <[_; 1]>::try_from(sim.all::<Observed>(Kind::Observed, Key::observed_orphans()))
                .unwrap();
        let codes: BTreeSet<_> = observed
            .value
            .failures
            .values()
            .map(|it| &*it.code)
            .collect();
        assert_eq!(codes, BTreeSet::from(["NotOurs"]), "{}", cloud.name());
    }
}

#[test]
fn a_link_of_the_store_is_no_orphan_whatever_was_requested() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        let link = orphaned(&mut sim);
        let before = resources(&sim);
        request(&sim, &link);
        // As a restored backup has it.
        let mut other = simulation(cloud);
        connected(&mut other);
        let mut owner = other.link().unwrap().value;
        owner.id = link.clone();
        let change = Change::new().put(sim.link_key(), &owner).unwrap();
        run(sim.memory.commit(change)).unwrap().unwrap();
        let found = run(KnownOrphan::find(&*sim.memory, &account(), &link));
        let refused = found.unwrap().unwrap().unwrap().check_removable();
        assert_eq!(refused.unwrap_err().code, "orphan_adopted");
        while sim.run_due_pass().is_some() {}
        assert_eq!(resources(&sim), before, "{}", cloud.name());
        sim.sweep(Depth::Everything);
        assert_eq!(orphans(&sim), [], "{}", cloud.name());
    }
}

#[test]
fn an_orphan_that_was_deleted_in_the_cloud_leaves_the_list() {
    for cloud in CLOUDS {
        let mut sim = simulation(cloud);
        let link = orphaned(&mut sim);
        let key = Key::orphan(&account(), &link);
        let mut row = sim.one::<Orphan>(&key).unwrap();
        request(&sim, &link);
        work(&mut sim);
        // The row of an orphan that is gone.
        row.value.removal = None;
        let change = Change::new().put(row.key, &row.value).unwrap();
        run(sim.memory.commit(change)).unwrap().unwrap();
        sim.sweep(Depth::Everything);
        assert_eq!(orphans(&sim).len(), 1, "one listing proves nothing");
        sim.environment
            .lock()
            .unwrap()
            .advance(SignedDuration::from_mins(2));
        sim.sweep(Depth::Everything);
        assert_eq!(orphans(&sim), []);
    }
}
