//! Cloud resources of links that the store does not have: they are taken.

use serde_json::{Value, json};
use underpass_model::cloud::Provider;
use underpass_model::id::LinkId;
use underpass_model::orphan::{Orphan, OrphanPlace};
use underpass_model::part::{AzurePart, GooglePart, Observed, ObservedPart, Part, Phase};
use underpass_model::recovery::{AccountHold, HoldCause};
use underpass_model::work::WorkKey;
use underpass_store::{Change, Key};

use crate::google_endpoint::claims;
use crate::published::{nic, with_link};
use crate::published_google::{self, LINK};
use crate::world::World;

const RECOVERY: &str = "/v1/underpass/recovery";

/// Adds an orphan of service `other` with one part.
async fn with_orphan(world: &World, provider: Provider, part: Part) -> LinkId {
    let place = OrphanPlace {
        account: provider.as_str().parse().unwrap(),
        provider,
        region: "r".to_owned(),
        group: None,
    };
    let id = LinkId::from_bits(42);
    let mut orphan = Orphan::new(place, id.clone(), world.now());
    orphan.managed = format!("link/demo/other/{provider}");
    orphan.parts.insert(part, "resource".to_owned());
    let key = Key::orphan(&orphan.account, &orphan.link);
    let change = Change::new().put(key, &orphan).unwrap();
    world.app.store.commit(change).await.unwrap();
    id
}

async fn hold(world: &World, cloud: &str) {
    let hold = AccountHold {
        account: cloud.parse().unwrap(),
        since: world.now(),
        cause: HoldCause::StoreReplaced,
        listed_at: Some(world.now()),
    };
    let key = Key::account_hold(&hold.account);
    let change = Change::new().put(key, &hold).unwrap();
    world.app.store.commit(change).await.unwrap();
}

/// Plays reads that found none of these parts.
async fn gone(world: &World, work: &str, parts: &[Part]) {
    let seen = |part: &Part| {
        let (phase, last) = (Phase::Gone, None);
        (part.clone(), ObservedPart { phase, last })
    };
    let observed = Observed {
        parts: parts.iter().map(seen).collect(),
        ..Observed::default()
    };
    let work: WorkKey = work.parse().unwrap();
    world.observe(&work, &observed).await;
}

/// The parts whose write is expected to fail, with the reasons.
fn failures(shown: &Value) -> Vec<String> {
    let writes = shown["accounts"][0]["writes"].as_array().unwrap();
    let failing = writes.iter().filter_map(|it| {
        let reason = it["expected_failure"].as_str()?;
        Some(format!("{}: {reason}", it["part"].as_str().unwrap()))
    });
    failing.collect()
}

#[tokio::test]
async fn a_range_that_an_orphan_has_is_not_given_to_a_new_link() {
    let world = World::new().await;
    published_google::with_service(&world).await;
    let range = "172.24.0.0/27".parse().unwrap();
    let part = Part::Google(GooglePart::NatSubnet(range));
    with_orphan(&world, Provider::Google, part).await;
    world.admin().post(LINK, json!({})).await.ok();
    assert_eq!(claims(&world).await[0].0, "172.24.0.32/28");
}

#[tokio::test]
async fn a_range_that_another_link_has_in_the_cloud_is_shown_as_a_failure() {
    let world = World::new().await;
    published_google::with_active_link(&world).await;
    let range = "172.24.0.0/28".parse().unwrap();
    let subnet = || Part::Google(GooglePart::NatSubnet(range));
    with_orphan(&world, Provider::Google, subnet()).await;
    hold(&world, "google").await;
    let allow = Part::Google(GooglePart::Allow);
    let parts = [subnet(), allow, Part::Attachment];
    gone(&world, "link/demo/pg-1/google", &parts).await;
    let shown = world.admin().get(RECOVERY).await.ok();
    insta::assert_snapshot!(failures(&shown).join("\n"), @r#"
    nat-subnet:172.24.0.0/28: NAT range 172.24.0.0/28 belongs to link s00000000002a of demo/other, which the store does not have
    allow: It needs the NAT subnet 172.24.0.0/28
    attachment: It needs the NAT subnet 172.24.0.0/28
    "#);
}

#[tokio::test]
async fn a_node_that_another_link_has_in_the_cloud_is_shown_as_a_failure() {
    let world = World::new().await;
    with_link(&world).await;
    let member = || Part::Azure(AzurePart::Member(nic("n1")));
    with_orphan(&world, Provider::Azure, member()).await;
    hold(&world, "azure").await;
    gone(&world, "link/demo/pg-1/azure", &[member()]).await;
    let shown = world.admin().get(RECOVERY).await.ok();
    let failures = failures(&shown);
    assert_eq!(failures.len(), 1, "{failures:?}");
    insta::assert_snapshot!(failures[0].rsplit_once("` is ").unwrap().1, @"in the load balancer of link s00000000002a of demo/other, which the store does not have");
}
