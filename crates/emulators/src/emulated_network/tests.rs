use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;

use super::EmulatedNetwork;
use crate::binding::Binding;
use crate::change::Change;
use crate::cloud_model::CloudModel;
use crate::endpoints::endpoints;
use crate::health::{HealthTable, Probe};
use crate::ids;
use crate::journal::Journal;

/// A cloud that counts the calls of `advance` up to a goal, and answers with the count.
struct Counting {
    count: u32,
    goal: u32,
    changes: Vec<Change>,
    health: HealthTable,
}

#[derive(Serialize, Deserialize)]
struct NoHost;

impl CloudModel for Counting {
    type Request = ();
    type Reply = u32;
    type HostMapping = NoHost;
    type Fault = ();

    fn handle(&mut self, (): &(), _: Timestamp, _: &mut dyn Rng) -> u32 {
        self.count
    }

    fn advance(&mut self, _: Timestamp) {
        self.count += 1;
        self.changes.push(Change {
            key: "count".to_owned(),
            value: Some(json!(self.count)),
        });
    }

    fn next_due(&self) -> Option<Timestamp> {
        (self.count < self.goal).then_some(Timestamp::UNIX_EPOCH)
    }

    fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    fn snapshot(&self) -> Vec<Change> {
        Vec::new()
    }

    fn bindings(&self) -> Vec<Binding> {
        Vec::new()
    }

    fn probes(&self, _: Timestamp) -> BTreeSet<Probe> {
        BTreeSet::new()
    }

    fn health_mut(&mut self) -> &mut HealthTable {
        &mut self.health
    }

    fn map_host(&mut self, _: NoHost) {}

    fn host_mappings(&self) -> Vec<NoHost> {
        Vec::new()
    }

    fn host(_: &NoHost) -> IpAddr {
        Ipv4Addr::LOCALHOST.into()
    }

    fn inject_fault(&mut self, (): ()) {}

    fn resource_ids(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The reply to a request that waits for `done`, in a cloud that counts to `goal`.
async fn waited(goal: u32, patience: Duration, done: fn(&u32) -> bool) -> u32 {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open::<Change>(directory.path(), "counting").unwrap();
    let journal = Arc::new(journal);
    let (endpoints, relay) = endpoints(Arc::clone(&journal), None);
    let cloud = Counting {
        count: 0,
        goal,
        changes: Vec::new(),
        health: HealthTable::default(),
    };
    let network =
        EmulatedNetwork::new(cloud, ids::generator().unwrap(), journal, endpoints).unwrap();
    let (stop, stopped) = watch::channel(false);
    let carrying = tokio::spawn(relay.run(stopped.clone()));
    let reply = tokio::select! {
        reply = network.handle_until(&(), patience, done) => reply.unwrap(),
        ended = network.tick(stopped) => unreachable!("{ended:?}"),
    };
    stop.send(true).unwrap();
    carrying.await.unwrap();
    reply
}

#[tokio::test]
async fn a_request_that_waits_is_answered_as_soon_as_the_cloud_has_come_so_far() {
    let plenty = Duration::from_hours(1);
    assert_eq!(waited(3, plenty, |count| *count == 0).await, 0);
    assert_eq!(waited(3, plenty, |count| *count == 3).await, 3);
}

#[tokio::test]
async fn a_request_that_waits_in_vain_is_answered_when_its_patience_is_over() {
    assert_eq!(waited(0, Duration::ZERO, |_| false).await, 0);
}
