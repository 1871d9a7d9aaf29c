//! Links that were deleted in their cloud after the backup: they are dropped, or replaced by those that
//! were created again.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};
use underpass_model::decision_proof::ProvenDecision;
use underpass_model::google::RejectList;
use underpass_model::id::ConnectionId;
use underpass_model::link::Link;
use underpass_model::part::{Observed, ObservedPart, Part, Phase};
use underpass_model::reconcile::Picture;
use underpass_model::recovery::{AccountHold, HoldCause, LinkDifference};
use underpass_model::work::WorkKey;
use underpass_server::reconcile::{PassOutcome, held_object, reconcile_pass};
use underpass_store::{Change, Key, Kind, Lookup, Room};

use crate::google_endpoint::claims;
use crate::held::{SUBSCRIPTION, hold_account, proven};
use crate::published::{discover_endpoint, with_link};
use crate::published_google;
use crate::recovery::resume;
use crate::world::World;

const RECOVERY: &str = "/v1/underpass/recovery";

/// The link that was created again.
const NEW: &str = "s0a1b2c3d4e5f";

/// Work of the link of `pg-1`.
fn work(cloud: &str) -> WorkKey {
    format!("link/demo/pg-1/{cloud}").parse().unwrap()
}

/// The link of `pg-1` in the store.
async fn stored(world: &World, cloud: &str) -> Option<Link> {
    let WorkKey::Link(project, service, provider) = work(cloud) else {
        panic!("not the work of a link");
    };
    let key = Key::link(&project, &service, provider);
    let lookup = Lookup::One(Kind::Link, key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    fetched.one::<Link>(&key).unwrap().map(|row| row.value)
}

async fn picture(world: &World, cloud: &str) -> Picture {
    let (store, work) = (&*world.app.store, work(cloud));
    let object = held_object(store, &work, RejectList::default()).await;
    object.unwrap().unwrap().picture
}

/// Plays a full listing of an account, after which every part of the link of `pg-1` is in `phase`.
async fn listed(world: &World, cloud: &str, phase: &Phase) {
    let hold = AccountHold {
        account: cloud.parse().unwrap(),
        since: world.now(),
        cause: HoldCause::StoreReplaced,
        listed_at: Some(world.now()),
    };
    let key = Key::account_hold(&hold.account);
    let change = Change::new().put(key, &hold).unwrap();
    world.app.store.commit(change).await.unwrap();
    let desired = picture(world, cloud).await.desired;
    let seen = |part: Part| {
        let (phase, last) = (phase.clone(), None);
        (part, ObservedPart { phase, last })
    };
    let observed = Observed {
        parts: desired.into_keys().map(seen).collect(),
        ..Observed::default()
    };
    world.observe(&work(cloud), &observed).await;
}

fn missing(world: &World) -> Phase {
    Phase::Missing {
        since: world.now(),
        reads: 1,
        check_after: world.now(),
    }
}

async fn held(world: &World) -> Value {
    world.admin().get(RECOVERY).await.ok()["accounts"][0].clone()
}

/// An account on hold: the store has a link with a connection, and the cloud another one.
async fn with_new_link(world: &World) -> String {
    with_link(world).await;
    discover_endpoint(world, SUBSCRIPTION, "before").await;
    let id = ConnectionId::from_bits(77);
    let approved = proven(&id, ProvenDecision::Approved, 4);
    hold_account(world, "azure", NEW, false, approved).await;
    stored(world, "azure").await.unwrap().id.to_string()
}

#[tokio::test]
async fn a_link_that_was_created_again_replaces_the_stored_one_with_consent() {
    let world = World::new().await;
    let old = with_new_link(&world).await;
    listed(&world, "azure", &Phase::Gone).await;
    let shown = held(&world).await;
    assert_eq!(
        shown["links"][0]["stored_link"],
        json!({"link_id": old, "presence": "absent"})
    );
    let adopt = format!("{RECOVERY}/azure/adopt");
    let refused = world.admin().post(&adopt, json!({})).await;
    assert_eq!(
        refused.json()["errors"][0]["error_code"],
        "replacement_unconfirmed"
    );
    insta::assert_snapshot!(refused.refusal(409).replace(&old, "[old]"), @"The store has link [old] in place of link s0a1b2c3d4e5f. The cloud does not have [old] any more: the link was deleted and created again after the backup. The adoption replaces it with its connections, and needs consent. `underpass recovery adopt azure --link s0a1b2c3d4e5f` shows both and asks");
    assert_eq!(stored(&world, "azure").await.unwrap().id.as_str(), old);
    let body = json!({"link_id": NEW, "replace": true});
    let settled = world.admin().post(&adopt, body).await.ok();
    assert_eq!(settled["connections"][0]["decision"], "approved");
    assert_eq!(settled["remaining"]["links"], json!([]));
    assert_eq!(settled["remaining"]["absent_links"], json!([]));
    assert_eq!(stored(&world, "azure").await.unwrap().id.as_str(), NEW);
    let path = "/v1/underpass/project/demo/service/pg-1/privatelink/azure/connections";
    let listed = world.admin().get(path).await.ok();
    let rows = listed["connections"].as_array().unwrap();
    assert_eq!(
        rows.len(),
        1,
        "those of the replaced link are gone: {listed}"
    );
    let id = ConnectionId::from_bits(77).to_string();
    assert_eq!(rows[0]["privatelink_connection_id"], id);
    assert_eq!(rows[0]["ordinal"], 4);
    let history = world.history().await;
    let is_told = |it: &String| it.contains("link.replaced");
    assert!(history.iter().any(is_told), "{history:?}");
    let observed = picture(&world, "azure").await.observed;
    assert!(
        !observed.parts.values().any(|it| it.phase == Phase::Gone),
        "nothing is known of the new link's parts: {observed:?}"
    );
    resume(&world, "azure", false).await.ok();
}

#[tokio::test]
async fn a_link_is_not_replaced_while_the_cloud_may_have_it() {
    let world = World::new().await;
    let old = with_new_link(&world).await;
    let adopt = format!("{RECOVERY}/azure/adopt");
    let drop = format!("{RECOVERY}/azure/drop");
    let mut refusals = Vec::new();
    for (phase, presence) in [
        (missing(&world), "suspected_absent"),
        (Phase::Unknown { since: world.now() }, "unread"),
        (Phase::Ready, "present"),
    ] {
        listed(&world, "azure", &phase).await;
        let shown = held(&world).await;
        assert_eq!(shown["links"][0]["stored_link"]["presence"], presence);
        let body = json!({"replace": true});
        let refused = world.admin().post(&adopt, body).await.refusal(409);
        refusals.push(refused.replace(&old, "[old]"));
        let body = json!({"link_id": old});
        let refused = world.admin().post(&drop, body).await;
        assert_eq!(refused.json()["errors"][0]["error_code"], "link_in_cloud");
        refusals.push(refused.refusal(409).replace(&old, "[old]"));
        assert_eq!(stored(&world, "azure").await.unwrap().id.as_str(), old);
    }
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    The store has link [old] in place of link s0a1b2c3d4e5f. The cloud does not show [old], but this is not proven yet, which takes minutes. Then adopt again. Ask an operator to compare with `underpass recovery show`
    The cloud does not show link [old] of the store, but this is not proven yet: one read can be wrong. Wait until `underpass recovery show` lists it as absent, which takes minutes. Ask an operator to compare with `underpass recovery show`
    The store has link [old] in place of link s0a1b2c3d4e5f. The cloud was not read completely yet, so it may have both. Adopt again in some seconds. Ask an operator to compare with `underpass recovery show`
    The cloud was not read completely yet, so it may have link [old] of the store. This takes some seconds. Ask an operator to compare with `underpass recovery show`
    The cloud has both link s0a1b2c3d4e5f and link [old]. The store has [old] for the service, and a service has one link only in a cloud. `underpass recovery resume azure --overrule` leaves s0a1b2c3d4e5f in the cloud as an orphan, with its endpoints
    The cloud has link [old] of the store. Ask an operator to compare with `underpass recovery show`
    "#);
}

#[tokio::test]
async fn a_link_without_a_full_listing_is_not_taken_for_absent() {
    let world = World::new().await;
    let old = with_new_link(&world).await;
    listed(&world, "azure", &Phase::Gone).await;
    let account = "azure".parse().unwrap();
    let hold = AccountHold {
        account,
        since: world.now(),
        cause: HoldCause::StoreReplaced,
        listed_at: None,
    };
    let change = Change::new()
        .put(Key::account_hold(&hold.account), &hold)
        .unwrap();
    world.app.store.commit(change).await.unwrap();
    assert_eq!(held(&world).await["absent_links"], json!([]));
    let drop = format!("{RECOVERY}/azure/drop");
    let body = json!({"link_id": old});
    world.admin().post(&drop, body).await.refusal(409);
}

#[tokio::test]
async fn a_link_that_was_deleted_since_is_dropped() {
    let world = World::new().await;
    published_google::with_active_link(&world).await;
    let old = stored(&world, "google").await.unwrap().id.to_string();
    listed(&world, "google", &missing(&world)).await;
    let absent = |is_proven: bool| {
        json!([{"link_id": old, "project_name": "demo", "service_name": "pg-1",
            "provider": "google", "connections": 0, "is_proven": is_proven}])
    };
    let shown = held(&world).await;
    assert_eq!(shown["absent_links"], absent(false));
    listed(&world, "google", &Phase::Gone).await;
    let shown = held(&world).await;
    assert_eq!(shown["absent_links"], absent(true));
    let creates = |shown: &Value| {
        let writes = shown["writes"].as_array().unwrap();
        writes
            .iter()
            .any(|it| it["object"] == "link/demo/pg-1/google" && it["action"] == "create")
    };
    assert!(creates(&shown), "{shown}");
    let drop = format!("{RECOVERY}/google/drop");
    let unknown = json!({"link_id": NEW});
    world.admin().post(&drop, unknown).await.refusal(404);
    let body = json!({"link_id": old});
    let dropped = world.admin().post(&drop, body.clone()).await.ok();
    assert_eq!(dropped["remaining"]["absent_links"], json!([]));
    assert!(!creates(&dropped["remaining"]), "{dropped}");
    assert_eq!(stored(&world, "google").await, None);
    assert_eq!(claims(&world).await, []);
    let history = world.history().await;
    let is_told = |it: &String| it.contains("link.dropped");
    assert!(history.iter().any(is_told), "{history:?}");
    world.admin().post(&drop, body).await.refusal(404);
    resume(&world, "google", false).await.ok();
    world
        .admin()
        .post(published_google::LINK, json!({}))
        .await
        .ok();
}

#[tokio::test]
async fn the_proof_of_absence_goes_on_while_other_parts_would_be_written() {
    let world = World::new().await;
    with_link(&world).await;
    listed(&world, "azure", &Phase::Gone).await;
    let mut observed = picture(&world, "azure").await.observed;
    let later = world.now() + SignedDuration::from_mins(1);
    let phase = Phase::Missing {
        since: world.now(),
        reads: 2,
        check_after: later,
    };
    let missing = ObservedPart { phase, last: None };
    observed.parts.insert(Part::Attachment, missing);
    world.observe(&work("azure"), &observed).await;
    let (now, until) = (world.now(), world.now() + SignedDuration::from_mins(3));
    let room = Room::of(100);
    let claimed = world.app.store.claim("test", now, until, &room).await;
    let claimed = claimed.unwrap();
    let claim = claimed.iter().find(|it| it.key == work("azure")).unwrap();
    let outcome = reconcile_pass(&world.engine(), claim, until).await;
    assert_eq!(outcome.unwrap(), PassOutcome::Waiting(later));
}

#[tokio::test]
async fn a_link_on_google_that_was_created_again_keeps_its_ranges() {
    let world = World::new().await;
    let vpc = published_google::with_service(&world).await;
    world
        .admin()
        .post(published_google::LINK, json!({}))
        .await
        .ok();
    let before = claims(&world).await;
    let approved = proven(&ConnectionId::from_bits(77), ProvenDecision::Approved, 4);
    hold_account(&world, "google", NEW, false, approved).await;
    let key = Key::link_difference("link/demo/pg-1/google", NEW);
    let lookup = Lookup::One(Kind::LinkDifference, key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let mut row = fetched.one::<LinkDifference>(&key).unwrap().unwrap();
    let published = row.value.published.as_mut().unwrap();
    // The first has the range of the replaced link, the second a new one.
    let ranges = ["172.24.0.0/28", "172.24.0.64/27"].map(|range| range.parse().unwrap());
    published.nat_ranges = BTreeSet::from(ranges);
    published.network.network = Some(format!("projects/p/global/networks/underpass-vpc-{vpc}"));
    let change = Change::new().update(&row).unwrap();
    world.app.store.commit(change).await.unwrap();
    listed(&world, "google", &Phase::Gone).await;
    let adopt = format!("{RECOVERY}/google/adopt");
    let body = json!({"replace": true});
    world.admin().post(&adopt, body).await.ok();
    let link = stored(&world, "google").await.unwrap();
    assert_eq!(link.id.as_str(), NEW);
    let of_pg = |piece: &str| (piece.to_owned(), "pg-1".to_owned());
    let pieces = ["172.24.0.0/28", "172.24.0.64/28", "172.24.0.80/28"];
    assert_eq!(before, ["172.24.0.0/28"].map(of_pg));
    assert_eq!(claims(&world).await, pieces.map(of_pg));
}
