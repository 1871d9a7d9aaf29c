//! Invariants of the simulation (`tests/sim/invariants.rs`) that hold for a cloud in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use underpass_model::connection::{Connection, Decision};
use underpass_model::link::{ConnectionState, Link, LinkState, shown_connection, shown_link};
use underpass_model::part::{Admission, Observed, Phase};
use underpass_store::{Fetched, Key, Kind, Lookup};

use crate::memory_cloud::MemoryCloud;
use crate::running::Running;

/// Invariants, with the state of the last check.
#[derive(Default)]
pub(super) struct Invariants {
    /// IDs of connections, by the object and the connection's name in the cloud.
    ids: BTreeMap<(String, String), String>,
    checks: u32,
    last: (usize, usize, usize),
}

// === impl Invariants ===

impl Invariants {
    /// Checks safety, at any time: nothing is admitted that was not approved, and a connection whose
    /// endpoint exists keeps its ID.
    pub(super) async fn check_always(&mut self, running: &Running, clouds: &[Arc<MemoryCloud>]) {
        // The cloud first: a decision is stored before it is sent.
        let there = everything(clouds);
        let fetched = fetch(running).await;
        let connections = by_link(&fetched);
        for (object, there) in &there {
            let Some(here) = connections.get(object) else {
                continue;
            };
            for (name, admission) in there {
                let Some(row) = here.iter().find(|it| it.identity.name == *name) else {
                    continue;
                };
                assert!(
                    *admission != Admission::Approved || row.decision == Decision::Approved,
                    "`{name}` is admitted without an approval"
                );
                let id = row.id.to_string();
                let known = self.ids.entry((object.clone(), name.clone()));
                let known = known.or_insert_with(|| id.clone());
                assert_eq!(*known, id, "`{name}` got another ID");
            }
        }
        self.ids
            .retain(|(object, name), _| there.get(object).is_some_and(|it| it.contains_key(name)));
        self.checks += 1;
    }

    /// Checks liveness: everything is as desired, and nothing else is left.
    pub(super) async fn check_end(
        &mut self,
        running: &Running,
        clouds: &[Arc<MemoryCloud>],
        links: u32,
    ) -> Result<(), String> {
        self.check_always(running, clouds).await;
        let there = everything(clouds);
        let fetched = fetch(running).await;
        let connections = by_link(&fetched);
        let rows = fetched.all::<Link>().unwrap();
        if rows.len() != links as usize {
            return Err(format!("{} links instead of {links}", rows.len()));
        }
        let mut names = BTreeSet::new();
        let mut objects = BTreeSet::new();
        for row in rows.iter().map(|row| &row.value) {
            let object = row.id.to_string();
            let observed: Option<_> = fetched
                .one::<Observed>(&Key::observed(&row.work_key()))
                .unwrap();
            let observed = observed.map(|it| it.value).unwrap_or_default();
            if row.deleting || shown_link(row, &observed) != LinkState::Active {
                return Err(format!("{object} is not active: {observed:?}"));
            }
            let settled =
                |phase: &Phase| matches!(phase, Phase::Ready | Phase::Gone | Phase::Awaited { .. });
            if observed.parts.values().any(|part| !settled(&part.phase))
                || !observed.failures.is_empty()
            {
                return Err(format!("{object} is left with work: {observed:?}"));
            }
            let there = there
                .get(&object)
                .ok_or(format!("{object} is not published"))?;
            let here = connections
                .get(&object)
                .map(Vec::as_slice)
                .unwrap_or_default();
            if here.len() != there.len() {
                return Err(format!(
                    "{object} has {} connections here, {} there",
                    here.len(),
                    there.len()
                ));
            }
            for connection in here {
                let name = &connection.identity.name;
                let state = shown_connection(row, connection, &observed);
                let expected = match state {
                    ConnectionState::PendingUserApproval => Admission::Pending,
                    ConnectionState::Connected | ConnectionState::Active => Admission::Approved,
                    ConnectionState::Rejected => Admission::Rejected,
                    ConnectionState::UserApproved | ConnectionState::Disconnected => {
                        return Err(format!("`{name}` rests as {}", state.as_str()));
                    }
                };
                if there.get(name) != Some(&expected) {
                    return Err(format!(
                        "`{name}` is {} here, {:?} there",
                        state.as_str(),
                        there.get(name)
                    ));
                }
                if state == ConnectionState::Active {
                    names.insert(format!(
                        "privatelink-{}-{}-{}",
                        connection.ordinal, row.service, row.project
                    ));
                }
            }
            objects.insert(object);
        }
        let answered: BTreeSet<_> = running
            .names
            .all()
            .into_iter()
            .map(|name| name.trim_end_matches(".underpass.test").to_owned())
            .collect();
        if answered != names {
            let extra: Vec<_> = answered.symmetric_difference(&names).take(3).collect();
            return Err(format!("names that differ: {extra:?}"));
        }
        let left: BTreeSet<String> = clouds.iter().flat_map(|it| it.objects()).collect();
        if left != objects {
            let extra: Vec<_> = left.symmetric_difference(&objects).take(3).collect();
            return Err(format!("objects that differ: {extra:?}"));
        }
        let count = connections.values().map(Vec::len).sum();
        self.last = (rows.len(), count, names.len());
        Ok(())
    }

    /// The figures of the last check.
    pub(super) fn summary(&self) -> String {
        let (links, connections, names) = self.last;
        format!(
            "{links} links, {connections} connections, {names} names; safety was checked {} times",
            self.checks
        )
    }
}

fn everything(clouds: &[Arc<MemoryCloud>]) -> BTreeMap<String, BTreeMap<String, Admission>> {
    clouds.iter().flat_map(|it| it.connections()).collect()
}

async fn fetch(running: &Running) -> Fetched {
    let kinds = [Kind::Link, Kind::Connection, Kind::Observed];
    let lookups = kinds.map(|kind| Lookup::Under(kind, Key::root()));
    running.app.store.fetch(&lookups).await.unwrap()
}

/// The connections of each link, by the name of the link's object.
fn by_link(fetched: &Fetched) -> BTreeMap<String, Vec<Connection>> {
    let links = fetched.all::<Link>().unwrap();
    let objects: BTreeMap<&str, String> = links
        .iter()
        .map(|row| (row.key.as_str(), row.value.id.to_string()))
        .collect();
    let mut connections: BTreeMap<String, Vec<Connection>> = BTreeMap::new();
    for row in fetched.all::<Connection>().unwrap() {
        let link = row.key.as_str().rsplit_once('/').map(|(link, _)| link);
        if let Some(object) = link.and_then(|link| objects.get(link)) {
            connections
                .entry(object.clone())
                .or_default()
                .push(row.value);
        }
    }
    connections
}
