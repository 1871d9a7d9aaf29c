//! Orphans on the page of recovery, and their removal.

use axum::http::StatusCode;
use underpass_model::cloud::Provider;
use underpass_model::id::ConnectionId;
use underpass_model::orphan::{Orphan, OrphanConnection, OrphanPlace};
use underpass_model::part::{Admission, Part};
use underpass_store::{Change, Key};

use crate::service::between;
use crate::world::World;

const RECOVERY: &str = "/console/recovery";

const REMOVAL: &str = "/console/recovery/azure/orphan/s0a1b2c3d4e5f";

const NAME: &str = "up-s0a1b2c3d4e5f";

/// An orphan with one approved connection.
pub(crate) async fn with_orphan(world: &World) {
    let place = OrphanPlace {
        account: "azure".parse().unwrap(),
        provider: Provider::Azure,
        region: "westeurope".to_owned(),
        group: Some("underpass-vpc-lost".to_owned()),
    };
    let mut orphan = Orphan::new(place, "s0a1b2c3d4e5f".parse().unwrap(), world.now());
    "link/demo/pg-1/azure".clone_into(&mut orphan.managed);
    NAME.clone_into(&mut orphan.name);
    orphan.is_proven = true;
    orphan
        .parts
        .insert(Part::Attachment, format!("/services/{NAME}"));
    let connection = OrphanConnection {
        name: "pe-1.guid".to_owned(),
        endpoint: "/endpoints/pe-1".to_owned(),
        admission: Admission::Approved,
    };
    orphan
        .connections
        .insert(ConnectionId::from_bits(1), connection);
    let key = Key::orphan(&orphan.account, &orphan.link);
    let change = Change::new().put(key, &orphan).unwrap();
    world.app.store.commit(change).await.unwrap();
}

#[tokio::test]
async fn an_orphan_is_removed_after_its_name_was_typed() {
    let world = World::new().await;
    let visitor = world.visitor().await;
    let page = visitor.page(RECOVERY).await;
    assert!(page.contains("No orphans"), "{page}");
    with_orphan(&world).await;
    let page = visitor.page(RECOVERY).await;
    let orphans = between(&page, "id=\"orphans\"", "</section>");
    assert!(
        orphans.contains("demo/pg-1") && orphans.contains(&format!("href=\"{REMOVAL}\"")),
        "{orphans}"
    );
    let asked = visitor.page(REMOVAL).await;
    assert!(asked.contains("It cuts 1 approved connection"), "{asked}");
    for typed in ["", "pg-1"] {
        let refused = visitor.post(REMOVAL, &[("typed", typed)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
    }
    let page = visitor.page(RECOVERY).await;
    assert!(between(&page, "id=\"orphans\"", "</section>").contains("state-found"));
    let done = visitor.done(REMOVAL, &[("typed", NAME)]).await;
    let orphans = between(&done, "id=\"orphans\"", "</section>");
    assert!(orphans.contains("state-removing"), "{orphans}");
    assert!(!orphans.contains(REMOVAL), "{orphans}");
}
