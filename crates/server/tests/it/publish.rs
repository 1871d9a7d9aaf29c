//! The publisher of private names.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::json;
use underpass_model::id::ConnectionId;
use underpass_server::publish::{Publisher, ZoneSink};
use underpass_store::{Change, Error, Fetched, Key, Kind, Lookup, Store, StoreLayer, Write};

use crate::published::{LINK, with_active_connection, with_active_link};
use crate::world::{World, Zones};

const NAME: &str = "privatelink-1-pg-1-demo.underpass.test";

/// A store that counts reads of rows, and fails them while it is told to.
struct Watched {
    inner: Arc<dyn Store>,
    reads: AtomicUsize,
    fails: AtomicBool,
    is_full: AtomicBool,
}

#[async_trait]
impl StoreLayer for Watched {
    fn inner(&self) -> &dyn Store {
        &*self.inner
    }

    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if self.fails.load(Ordering::Relaxed) {
            return Err(Error::Engine {
                action: "read rows",
                source: "the disk is gone".into(),
            });
        }
        self.inner.fetch(lookups).await
    }

    async fn commit(&self, change: Change) -> Result<(), Error> {
        if self.is_full.load(Ordering::Relaxed) {
            return Err(Error::Engine {
                action: "commit",
                source: "the disk is full".into(),
            });
        }
        self.inner.commit(change).await
    }
}

fn follower(world: &World) -> (Publisher, Arc<Watched>, Arc<Zones>) {
    let store = Arc::new(Watched {
        inner: Arc::clone(&world.app.store),
        reads: AtomicUsize::new(0),
        fails: AtomicBool::new(false),
        is_full: AtomicBool::new(false),
    });
    let zones = Arc::new(Zones::default());
    let sink: Arc<dyn ZoneSink> = Arc::clone(&zones) as Arc<dyn ZoneSink>;
    let store_of_publisher = Arc::clone(&store) as Arc<dyn Store>;
    let clock = Arc::clone(&world.app.clock);
    let (publisher, _) = Publisher::new(store_of_publisher, sink, "underpass.test", clock);
    (publisher, store, zones)
}

/// Another replica on a store.
fn replica(world: &World, store: Arc<dyn Store>) -> (Publisher, Arc<Zones>) {
    let zones = Arc::new(Zones::default());
    let sink: Arc<dyn ZoneSink> = Arc::clone(&zones) as Arc<dyn ZoneSink>;
    let clock = Arc::clone(&world.app.clock);
    let (publisher, _) = Publisher::new(store, sink, "underpass.test", clock);
    (publisher, zones)
}

async fn set_address(world: &World, id: &ConnectionId, address: &str) {
    let path = format!("{LINK}/connections/{id}");
    let moved = json!({"user_ip_address": address});
    world.admin().put(&path, moved).await.ok();
}

#[tokio::test]
async fn only_services_with_changed_rows_are_read() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = with_active_connection(&world, "e1", "127.64.0.4").await;
    let (mut publisher, store, zones) = follower(&world);
    publisher.follow().await.unwrap();
    assert_eq!(zones.last().records[NAME].to_string(), "127.64.0.4");
    let after_start = store.reads.load(Ordering::Relaxed);

    publisher.follow().await.unwrap();
    assert_eq!(store.reads.load(Ordering::Relaxed), after_start);

    // A change that is of no service with a link reads nothing.
    let project = "/v1/project/demo";
    let tags = json!({"tags": {"team": "blue"}});
    world.admin().put(project, tags).await.ok();
    publisher.follow().await.unwrap();
    assert_eq!(store.reads.load(Ordering::Relaxed), after_start);

    set_address(&world, &id, "127.64.0.5").await;
    publisher.follow().await.unwrap();
    assert_eq!(store.reads.load(Ordering::Relaxed), after_start + 1);
    assert_eq!(zones.last().records[NAME].to_string(), "127.64.0.5");
}

#[tokio::test]
async fn a_failed_read_delays_names_and_loses_none() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = with_active_connection(&world, "e1", "127.64.0.4").await;
    let (mut publisher, store, zones) = follower(&world);
    publisher.follow().await.unwrap();
    let first = zones.last().generation;

    store.fails.store(true, Ordering::Relaxed);
    set_address(&world, &id, "127.64.0.5").await;
    publisher.follow().await.unwrap_err();
    assert_eq!(zones.last().records[NAME].to_string(), "127.64.0.4");

    store.fails.store(false, Ordering::Relaxed);
    publisher.follow().await.unwrap();
    assert_eq!(zones.last().records[NAME].to_string(), "127.64.0.5");
    assert!(zones.last().generation > first);
}

#[tokio::test]
async fn replicas_publish_the_same_names_with_the_same_generation() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = with_active_connection(&world, "e1", "127.64.0.4").await;
    let (mut one, ones) = replica(&world, Arc::clone(&world.app.store));
    let (mut two, twos) = replica(&world, Arc::clone(&world.app.store));
    one.follow().await.unwrap();
    two.follow().await.unwrap();
    one.follow().await.unwrap();
    assert_eq!(ones.last(), twos.last());

    // One reads each change, the other one both together.
    set_address(&world, &id, "127.64.0.5").await;
    one.follow().await.unwrap();
    let between = ones.last();
    set_address(&world, &id, "127.64.0.6").await;
    one.follow().await.unwrap();
    two.follow().await.unwrap();
    assert_eq!(ones.last(), twos.last());
    assert!(ones.last().generation > between.generation);

    // Changes of other rows do not count.
    let tags = json!({"tags": {"team": "blue"}});
    world.admin().put("/v1/project/demo", tags).await.ok();
    one.follow().await.unwrap();
    assert_eq!(ones.last(), twos.last());
}

#[tokio::test]
async fn every_start_begins_later_generations() {
    let world = World::new().await;
    with_active_link(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    let mut last = 0;
    // The clock stands still.
    for _ in 0..3 {
        let (mut publisher, zones) = replica(&world, Arc::clone(&world.app.store));
        publisher.follow().await.unwrap();
        assert!(zones.last().generation > last);
        assert!(!zones.last().is_provisional);
        last = zones.last().generation;
    }
}

/// A store in which the address of the connection changes during the next read of rows.
struct Moving {
    inner: Arc<dyn Store>,
    moves: AtomicBool,
    change: Change,
}

#[async_trait]
impl StoreLayer for Moving {
    fn inner(&self) -> &dyn Store {
        &*self.inner
    }

    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error> {
        let fetched = self.inner.fetch(lookups).await;
        if self.moves.swap(false, Ordering::Relaxed) {
            self.inner.commit(self.change.clone()).await.unwrap();
        }
        fetched
    }
}

#[tokio::test]
async fn a_change_during_the_reading_is_in_the_same_publication() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = with_active_connection(&world, "e1", "127.64.0.4").await;
    set_address(&world, &id, "127.64.0.5").await;
    let lookup = Lookup::Under(Kind::Connection, Key::root());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let [row] = fetched.records() else {
        panic!("{fetched:?}")
    };
    let body = row.body.replace("127.64.0.5", "127.64.0.6");
    let body = serde_json::from_str(&body).unwrap();
    let store = Arc::new(Moving {
        inner: Arc::clone(&world.app.store),
        moves: AtomicBool::new(false),
        change: Change {
            writes: vec![Write::Put(Kind::Connection, row.key.clone(), body)],
            ..Change::new()
        },
    });
    let (mut one, ones) = replica(&world, Arc::clone(&store) as Arc<dyn Store>);
    one.follow().await.unwrap();
    set_address(&world, &id, "127.64.0.7").await;
    store.moves.store(true, Ordering::Relaxed);
    one.follow().await.unwrap();
    assert_eq!(ones.last().records[NAME].to_string(), "127.64.0.6");
    assert!(!ones.last().is_provisional);
    let (mut two, twos) = replica(&world, Arc::clone(&world.app.store));
    two.follow().await.unwrap();
    one.follow().await.unwrap();
    assert_eq!(ones.last(), twos.last());
}

/// A store that is replaced while it is open, as by the promotion of a standby that lags.
struct Replaced {
    stores: [Arc<dyn Store>; 2],
    is_second: AtomicBool,
}

impl StoreLayer for Replaced {
    fn inner(&self) -> &dyn Store {
        &*self.stores[usize::from(self.is_second.load(Ordering::Relaxed))]
    }
}

#[tokio::test]
async fn a_store_that_lost_changes_is_read_anew_and_served_with_later_generations() {
    let world = World::new().await;
    with_active_link(&world).await;
    for number in 4..9 {
        let name = format!("e{number}");
        with_active_connection(&world, &name, &format!("127.64.0.{number}")).await;
    }
    let older = World::new().await;
    with_active_link(&older).await;
    with_active_connection(&older, "e4", "127.64.0.4").await;
    let store = Arc::new(Replaced {
        stores: [Arc::clone(&world.app.store), Arc::clone(&older.app.store)],
        is_second: AtomicBool::new(false),
    });
    let (mut publisher, zones) = replica(&world, Arc::clone(&store) as Arc<dyn Store>);
    publisher.follow().await.unwrap();
    let before = zones.last();
    assert_eq!(before.records.len(), 5);

    store.is_second.store(true, Ordering::Relaxed);
    publisher.follow().await.unwrap();
    assert_eq!(zones.last().records.len(), 1);
    assert!(zones.last().generation > before.generation);
}

#[tokio::test]
async fn names_of_unreadable_rows_stay_and_are_not_for_transfers() {
    let world = World::new().await;
    with_active_link(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    let (mut publisher, _, zones) = follower(&world);
    publisher.follow().await.unwrap();
    let lookup = Lookup::Under(Kind::Connection, Key::root());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let [row] = fetched.records() else {
        panic!("{fetched:?}")
    };
    let put = |body| Change {
        writes: vec![Write::Put(Kind::Connection, row.key.clone(), body)],
        ..Change::new()
    };
    let broken = put(json!({"newer": true}));
    world.app.store.commit(broken).await.unwrap();
    publisher.follow().await.unwrap();
    assert_eq!(zones.last().records[NAME].to_string(), "127.64.0.4");
    assert!(zones.last().is_provisional);
}

#[tokio::test]
async fn a_store_that_cannot_be_written_delays_transfers_and_no_names() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = with_active_connection(&world, "e1", "127.64.0.4").await;
    let (mut publisher, store, zones) = follower(&world);
    store.is_full.store(true, Ordering::Relaxed);
    publisher.follow().await.unwrap();
    assert_eq!(zones.last().records[NAME].to_string(), "127.64.0.4");
    assert!(zones.last().is_provisional);
    set_address(&world, &id, "127.64.0.5").await;
    publisher.follow().await.unwrap();
    assert_eq!(zones.last().records[NAME].to_string(), "127.64.0.5");
    let before = zones.last();
    assert!(before.is_provisional);

    store.is_full.store(false, Ordering::Relaxed);
    publisher.follow().await.unwrap();
    assert!(!zones.last().is_provisional);
    assert!(zones.last().generation > before.generation);
}
