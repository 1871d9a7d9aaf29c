//! Pages about links of the store that the cloud does not have.

use underpass_model::cloud::Provider;
use underpass_model::decision_proof::ProvenDecision;
use underpass_model::google::RejectList;
use underpass_model::id::ConnectionId;
use underpass_model::link::Link;
use underpass_model::part::{Observed, ObservedPart, Part, Phase};
use underpass_model::recovery::{AccountHold, HoldCause};
use underpass_server::reconcile::held_object;
use underpass_store::{Change, Key, Kind, Lookup};

use crate::held::{hold, proven};
use crate::published::{with_link, work};
use crate::service::between;
use crate::world::{World, project};

const RECOVERY: &str = "/console/recovery";

/// The link that was created again.
const NEW: &str = "s0a1b2c3d4e5f";

async fn stored(world: &World) -> Option<String> {
    let key = Key::link(&project(), &"pg-1".parse().unwrap(), Provider::Azure);
    let lookup = Lookup::One(Kind::Link, key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let link = fetched.one::<Link>(&key).unwrap();
    link.map(|row| row.value.id.to_string())
}

/// An account on hold whose cloud has no part of the stored link; returns its ID.
async fn with_absent_link(world: &World) -> String {
    with_link(world).await;
    let approved = proven(&ConnectionId::from_bits(77), ProvenDecision::Approved, 4);
    hold(world, NEW, false, approved).await;
    let row = AccountHold {
        account: "azure".parse().unwrap(),
        since: world.now(),
        cause: HoldCause::StoreReplaced,
        listed_at: Some(world.now()),
    };
    let change = Change::new()
        .put(Key::account_hold(&row.account), &row)
        .unwrap();
    world.app.store.commit(change).await.unwrap();
    let object = held_object(&*world.app.store, &work(), RejectList::default()).await;
    let desired = object.unwrap().unwrap().picture.desired;
    let gone = |part: Part| {
        let (phase, last) = (Phase::Gone, None);
        (part, ObservedPart { phase, last })
    };
    let observed = Observed {
        parts: desired.into_keys().map(gone).collect(),
        ..Observed::default()
    };
    world.observe(&work(), &observed).await;
    stored(world).await.unwrap()
}

#[tokio::test]
async fn a_link_that_was_created_again_is_replaced_after_a_question() {
    let world = World::new().await;
    let old = with_absent_link(&world).await;
    let visitor = world.visitor().await;
    let page = visitor.page(RECOVERY).await;
    let href = format!("{RECOVERY}/azure/replace/{NEW}");
    assert!(page.contains(&format!("href=\"{href}\"")), "{page}");
    assert!(page.contains("is not in the cloud any more"), "{page}");
    let question = visitor.page(&href).await;
    let asked = between(&question, "id=\"stored-link-title\">", "</h2>");
    assert_eq!(asked, format!("Replace link {old} of demo/pg-1 by {NEW}?"));
    assert_eq!(stored(&world).await.unwrap(), old);
    let page = visitor.done(&href, &[]).await;
    assert!(page.contains("was adopted"), "{page}");
    assert_eq!(stored(&world).await.unwrap(), NEW);
}

#[tokio::test]
async fn a_link_that_was_deleted_since_is_dropped_after_a_question() {
    let world = World::new().await;
    let old = with_absent_link(&world).await;
    let visitor = world.visitor().await;
    let page = visitor.page(RECOVERY).await;
    let href = format!("{RECOVERY}/azure/drop/{old}");
    assert!(page.contains(&format!("href=\"{href}\"")), "{page}");
    let question = visitor.page(&href).await;
    let asked = between(&question, "id=\"stored-link-title\">", "</h2>");
    assert_eq!(
        asked,
        format!("Drop link {old} of demo/pg-1 from the store?")
    );
    let page = visitor.done(&href, &[]).await;
    assert!(page.contains("was dropped from the store"), "{page}");
    assert!(!page.contains("id=\"absent-azure\""), "{page}");
    assert_eq!(stored(&world).await, None);
    let page = visitor.page(&href).await;
    assert!(page.contains("id=\"no-difference\""), "{page}");
}
