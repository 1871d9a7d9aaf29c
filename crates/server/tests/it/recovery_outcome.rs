//! Outcomes of a recovery: of each link by itself, and of a plan that changed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use serde_json::json;
use underpass_model::cloud::Provider;
use underpass_model::decision_proof::ProvenDecision;
use underpass_model::id::ConnectionId;
use underpass_model::link::Link;
use underpass_model::part::{AzurePart, AzureSpec, Facts, Part, Spec};
use underpass_model::recovery::LinkDifference;
use underpass_store::{Change, Error, Expectation, Key, Kind, Lookup, Store, StoreLayer, Write};

use crate::held::{hold, proven};
use crate::published::{with_link, with_static_ips};
use crate::recovery::{OTHER, resume, with_lost_service};
use crate::world::{World, project, seen};

const RECOVERY: &str = "/v1/underpass/recovery";

const ADOPT: &str = "/v1/underpass/recovery/azure/adopt";

const LINK: &str = "s0a1b2c3d4e5f";

/// A store in which the rows of one link change concurrently with each of the next commits.
struct Busy {
    inner: Arc<dyn Store>,
    key: Key,
    conflicts: AtomicU32,
}

#[async_trait]
impl StoreLayer for Busy {
    fn inner(&self) -> &dyn Store {
        &*self.inner
    }

    async fn commit(&self, change: Change) -> Result<(), Error> {
        let is_busy = change.writes.iter().any(|write| match write {
            Write::Put(kind, key, _) | Write::Remove(kind, key) => {
                *kind == Kind::LinkDifference && *key == self.key
            }
        });
        let left = self.conflicts.load(Ordering::SeqCst);
        if is_busy && left > 0 {
            self.conflicts.store(left - 1, Ordering::SeqCst);
            let absent = Expectation::Absent(Kind::LinkDifference, self.key.clone());
            return self.inner.commit(Change::new().expect(absent)).await;
        }
        self.inner.commit(change).await
    }
}

/// Two links that differ, of which the store has both.
async fn with_two_links(world: &World) -> Key {
    hold(
        world,
        LINK,
        false,
        proven(&ConnectionId::from_bits(77), ProvenDecision::Approved, 4),
    )
    .await;
    with_lost_service(world).await;
    with_static_ips(world).await;
    Key::link_difference("link/demo/pg-1/azure", LINK)
}

#[tokio::test]
async fn a_link_that_changes_concurrently_does_not_prevent_the_others() {
    let world = World::new().await;
    let key = with_two_links(&world).await;
    let busy = world.on(Arc::new(Busy {
        inner: Arc::clone(&world.app.store),
        key,
        conflicts: AtomicU32::new(u32::MAX),
    }));
    let settled = busy.post(ADOPT, json!({})).await.ok();
    let failed = settled["failed"].as_array().unwrap();
    let mut reasons: Vec<_> = failed
        .iter()
        .map(|it| it["reason"].as_str().unwrap())
        .collect();
    reasons.sort_unstable();
    assert_eq!(failed.len(), 2, "{settled}");
    insta::assert_snapshot!(reasons.join("\n"), @r#"
        Link s0a1b2c3d4e60 belongs to service `lost` of project `demo`, which the store does not have
        The rows of the link are being modified concurrently
        "#);
    let only = json!({"link_id": LINK});
    let refused = busy.post(ADOPT, only).await.refusal(503);
    assert!(refused.contains("modified concurrently"), "{refused}");
}

#[tokio::test]
async fn contention_that_ends_is_waited_for() {
    let world = World::new().await;
    let key = with_two_links(&world).await;
    let busy = world.on(Arc::new(Busy {
        inner: Arc::clone(&world.app.store),
        key,
        conflicts: AtomicU32::new(15),
    }));
    let settled = busy.post(ADOPT, json!({})).await.ok();
    assert_eq!(settled["connections"][0]["service_name"], "pg-1");
    assert_eq!(settled["failed"].as_array().unwrap().len(), 1, "{settled}");
}

/// The ID of the stored link of `pg-1`.
async fn stored(world: &World) -> String {
    let key = Key::link(&project(), &"pg-1".parse().unwrap(), Provider::Azure);
    let lookup = Lookup::One(Kind::Link, key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let link = fetched.one::<Link>(&key).unwrap().unwrap();
    link.value.id.to_string()
}

/// A link with a connection that the store does not have.
async fn with_difference(world: &World) {
    with_link(world).await;
    let approved = proven(&ConnectionId::from_bits(77), ProvenDecision::Approved, 2);
    hold(world, &stored(world).await, true, approved).await;
}

#[tokio::test]
async fn a_link_that_cannot_be_read_does_not_prevent_the_others() {
    let world = World::new().await;
    with_difference(&world).await;
    with_lost_service(&world).await;
    let key = Key::link_difference("link/demo/lost/azure", OTHER);
    let lookup = Lookup::One(Kind::LinkDifference, key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let mut row = fetched.one::<LinkDifference>(&key).unwrap().unwrap();
    row.value.is_known = true;
    let mut change = Change::new().update(&row).unwrap();
    let link = Key::link(&project(), &"lost".parse().unwrap(), Provider::Azure);
    let body = json!({"id": 1});
    change.writes.push(Write::Put(Kind::Link, link, body));
    world.app.store.commit(change).await.unwrap();
    let settled = world.admin().post(ADOPT, json!({})).await.ok();
    assert_eq!(settled["connections"][0]["service_name"], "pg-1");
    let failed = settled["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 1, "{settled}");
    assert_eq!(failed[0]["link_id"], OTHER);
    let reason = failed[0]["reason"].as_str().unwrap();
    assert!(reason.contains("kind `link`"), "{reason}");
}

#[tokio::test]
async fn a_plan_that_changed_since_it_was_shown_is_not_carried_out() {
    let world = World::new().await;
    let admin = world.admin();
    with_difference(&world).await;
    admin.post(ADOPT, json!({})).await.ok();
    let plan = async || admin.get(RECOVERY).await.ok()["accounts"][0]["plan"].clone();
    let shown = plan().await;
    assert_eq!(plan().await, shown, "it changes only with what is done");
    let balancer = Spec::Azure(AzureSpec::Balancer {
        rules: BTreeSet::new(),
        pools: BTreeSet::new(),
    });
    let part = Part::Azure(AzurePart::Balancer);
    let observed = seen([(part, balancer, Facts::default())]);
    let work = "link/demo/pg-1/azure".parse().unwrap();
    world.observe(&work, &observed).await;
    let path = format!("{RECOVERY}/azure/resume");
    let refused = admin
        .post(&path, json!({"plan": shown, "unread": true}))
        .await;
    assert_eq!(
        refused.json()["errors"][0]["error_code"],
        "recovery_plan_changed"
    );
    insta::assert_snapshot!(refused.refusal(409), @"The work of account `azure` does not go on, because the differences or the planned writes are not those that were shown: they changed since, or `plan` is of another answer. Nothing was changed. Ask an operator to compare with `underpass recovery show`");
    let refused = admin.post(&path, json!({"overrule": true})).await;
    insta::assert_snapshot!(refused.refusal(400), @"Invalid request body: it lacks the member `plan`");
    resume(&world, "azure", false).await.ok();
}
