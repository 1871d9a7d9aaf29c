//! Ranges for address translation: every link on Google has its own, as many as it needs.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use serde_json::json;
use underpass_model::connection::Decision;
use underpass_model::id::ConnectionId;
use underpass_model::part::{Admission, Observed};
use underpass_model::work::WorkKey;
use underpass_server::reconcile::{PassOutcome, reconcile_pass};
use underpass_store::{Change, Error, Key, Kind, Lookup, Room, Store, StoreLayer, Write};

use crate::google_endpoint::{OURS, admit, adopt, claims, discover_endpoint, exhaust, stored};
use crate::published::SERVICES;
use crate::published_google::{LINK, pg, with_active_link, with_service, work};
use crate::world::{Client, World, project};

#[tokio::test]
async fn a_link_that_is_full_says_how_to_get_room() {
    let world = World::new().await;
    with_active_link(&world).await;
    let mut ids = Vec::new();
    for number in 1..=11 {
        let id = discover_endpoint(&world, number).await;
        adopt(&world, &id).await;
        ids.push(id);
    }
    let last = &ids[10];
    admit(&world, last, Admission::NeedsAttention).await;
    let listed = world.admin().get(&format!("{OURS}/connections")).await.ok();
    let shown = &listed["connections"][10];
    insta::assert_snapshot!(shown["reason"].as_str().unwrap(), @"Approved, but the link's NAT ranges are exhausted");
    let next = shown["next_action"].as_str().unwrap();
    insta::assert_snapshot!(next.replace(last.as_str(), "[plc]"), @"Approve it again, which adds a NAT range: `underpass service privatelink google connection approve pg-1 --privatelink-connection-id [plc] --user-ip-address IP`");
    let approve = format!("{LINK}/connections/{last}/approve");
    let here = json!({"user_ip_address": "127.64.0.4"});
    world.admin().post(&approve, here).await.ok();
    assert_eq!(stored(&world).await.0.nat_ranges.len(), 2);
}

#[tokio::test]
async fn an_approval_without_a_free_range_is_refused_and_changes_nothing_else() {
    let world = World::new().await;
    with_active_link(&world).await;
    let approve = async |id: &ConnectionId, ip: &str| {
        let path = format!("{LINK}/connections/{id}/approve");
        let body = json!({"user_ip_address": ip});
        world.admin().post(&path, body).await
    };
    let mut ids = Vec::new();
    for number in 1..=10 {
        let id = discover_endpoint(&world, number).await;
        approve(&id, "127.64.0.4").await.ok();
        ids.push(id);
    }
    exhaust(&world).await;
    let eleventh = discover_endpoint(&world, 11).await;
    let refused = approve(&eleventh, "127.64.0.4").await;
    insta::assert_snapshot!(refused.refusal(409), @"No NAT range is left of 172.24.0.0/16 in this network: 4096 are in use. Delete unused privatelinks, or publish from another project VPC");
    let (_, connections, _) = stored(&world).await;
    let undecided = connections.iter().find(|it| it.id == eleventh).unwrap();
    assert_eq!(undecided.decision, Decision::Undecided);
    adopt(&world, &eleventh).await;
    assert_eq!(
        approve(&ids[0], "127.64.0.5").await.ok()["user_ip_address"],
        "127.64.0.5"
    );
    let other = pg("pg-2", &stored(&world).await.0.vpc.to_string());
    world.admin().post(SERVICES, other).await.ok();
    let link = LINK.replace("pg-1", "pg-2");
    let refused = world.admin().post(&link, json!({})).await.refusal(409);
    assert!(refused.contains("No NAT range is left"), "{refused}");
}

#[tokio::test]
async fn the_eleventh_approval_takes_a_further_range() {
    let world = World::new().await;
    with_active_link(&world).await;
    for number in 1..=11 {
        let id = discover_endpoint(&world, number).await;
        assert_eq!(claims(&world).await.len(), 1);
        let approve = format!("{LINK}/connections/{id}/approve");
        let here = json!({"user_ip_address": format!("127.64.0.{number}")});
        world.admin().post(&approve, here).await.ok();
    }
    let (link, ..) = stored(&world).await;
    let ranges: Vec<_> = link.nat_ranges.iter().map(ToString::to_string).collect();
    assert_eq!(ranges, ["172.24.0.0/28", "172.24.0.32/27"]);
    let of_pg = |piece: &str| (piece.to_owned(), "pg-1".to_owned());
    assert_eq!(
        claims(&world).await,
        ["172.24.0.0/28", "172.24.0.32/28", "172.24.0.48/28"].map(of_pg)
    );
    let shown = world.admin().get(OURS).await.ok();
    assert_eq!(
        shown["nat_ranges"],
        json!([{"range": "172.24.0.0/28", "capacity": 12}, {"range": "172.24.0.32/27", "capacity": 28}])
    );
    assert_eq!(
        (&shown["nat_capacity"], &shown["nat_in_use"]),
        (&json!(40), &json!(11))
    );
}

#[tokio::test]
async fn two_links_of_a_network_have_ranges_apart_even_when_made_at_once() {
    let world = World::new().await;
    let vpc = with_service(&world).await;
    world.admin().post(SERVICES, pg("pg-2", &vpc)).await.ok();
    let second = LINK.replace("pg-1", "pg-2");
    let rival = world.on(Arc::new(Overtaken {
        inner: Arc::clone(&world.app.store),
        other: tokio::sync::Mutex::new(Some((world.admin(), second))),
    }));
    rival.post(LINK, json!({})).await.ok();
    let claimed = [("172.24.0.0/28", "pg-2"), ("172.24.0.16/28", "pg-1")];
    assert_eq!(
        claims(&world).await,
        claimed.map(|(piece, service)| (piece.to_owned(), service.to_owned()))
    );
}

#[tokio::test]
async fn ranges_are_free_again_when_nothing_of_the_link_is_left() {
    let world = World::new().await;
    with_service(&world).await;
    world.admin().post(LINK, json!({})).await.ok();
    assert_eq!(claims(&world).await.len(), 1);
    world.admin().delete(LINK).await.ok();
    assert_eq!(
        claims(&world).await.len(),
        1,
        "it is still there at the provider"
    );
    let now = world.now();
    let until = now + SignedDuration::from_mins(3);
    let due = world
        .app
        .store
        .claim("test", now, until, &Room::of(100))
        .await
        .unwrap();
    let of_link = due.iter().find(|claim| claim.key == work()).unwrap();
    assert_eq!(
        reconcile_pass(&world.engine(), of_link, until)
            .await
            .unwrap(),
        PassOutcome::Gone
    );
    assert!(claims(&world).await.is_empty());
    world.admin().post(LINK, json!({})).await.ok();
    assert_eq!(claims(&world).await[0].0, "172.24.0.0/28");
}

#[tokio::test]
async fn a_range_of_a_subnet_that_is_not_ours_is_not_taken() {
    let world = World::new().await;
    let vpc = with_service(&world).await;
    let vpc = WorkKey::Vpc(project(), vpc.parse().unwrap());
    let key = Key::observed(&vpc);
    let lookup = [Lookup::One(Kind::Observed, key.clone())];
    let fetched = world.app.store.fetch(&lookup).await.unwrap();
    let mut observed = fetched.one::<Observed>(&key).unwrap().unwrap().value;
    observed.foreign_ranges = ["172.24.0.0/20", "172.24.16.4/30"]
        .map(|range| range.parse().unwrap())
        .into();
    world.observe(&vpc, &observed).await;
    world.admin().post(LINK, json!({})).await.ok();
    assert_eq!(claims(&world).await[0].0, "172.24.16.16/28");
}

/// A store through which one request is overtaken by another, right before its first commit of a
/// claim.
struct Overtaken {
    inner: Arc<dyn Store>,
    other: tokio::sync::Mutex<Option<(Client, String)>>,
}

#[async_trait]
impl StoreLayer for Overtaken {
    fn inner(&self) -> &dyn Store {
        &*self.inner
    }

    async fn commit(&self, change: Change) -> Result<(), Error> {
        let claims = |write: &Write| matches!(write, Write::Put(Kind::NatRange, ..));
        if change.writes.iter().any(claims)
            && let Some((client, link)) = self.other.lock().await.take()
        {
            client.post(&link, json!({})).await.ok();
        }
        self.inner.commit(change).await
    }
}
