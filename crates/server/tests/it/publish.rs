//! The publisher of private names.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::json;
use underpass_server::publish::{Publisher, ZoneSink};
use underpass_store::{Error, Fetched, Lookup, Store, StoreLayer};

use crate::published::{LINK, with_active_connection, with_active_link};
use crate::world::{World, Zones};

const NAME: &str = "privatelink-1-pg-1-demo.underpass.test";

/// A store that counts reads of rows, and fails them while it is told to.
struct Watched {
    inner: Arc<dyn Store>,
    reads: AtomicUsize,
    fails: AtomicBool,
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
}

fn follower(world: &World) -> (Publisher, Arc<Watched>, Arc<Zones>) {
    let store = Arc::new(Watched {
        inner: Arc::clone(&world.app.store),
        reads: AtomicUsize::new(0),
        fails: AtomicBool::new(false),
    });
    let zones = Arc::new(Zones::default());
    let sink: Arc<dyn ZoneSink> = Arc::clone(&zones) as Arc<dyn ZoneSink>;
    let (publisher, _) = Publisher::new(
        Arc::clone(&store) as Arc<dyn Store>,
        sink,
        "underpass.test",
        7,
    );
    (publisher, store, zones)
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

    let path = format!("{LINK}/connections/{id}");
    let moved = json!({"user_ip_address": "127.64.0.5"});
    world.admin().put(&path, moved).await.ok();
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

    store.fails.store(true, Ordering::Relaxed);
    let path = format!("{LINK}/connections/{id}");
    let moved = json!({"user_ip_address": "127.64.0.5"});
    world.admin().put(&path, moved).await.ok();
    publisher.follow().await.unwrap_err();
    assert_eq!(zones.last().records[NAME].to_string(), "127.64.0.4");

    store.fails.store(false, Ordering::Relaxed);
    publisher.follow().await.unwrap();
    assert_eq!(zones.last().records[NAME].to_string(), "127.64.0.5");
    assert_eq!(zones.last().generation, 9, "one change after the first");
}
