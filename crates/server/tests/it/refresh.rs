//! Outcomes of a refresh.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use underpass_clouds::{Cloud, Error, ErrorKind, Listing, PlacedAttachment, Report, Scope};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::part::Observed;
use underpass_model::reconcile::Step;
use underpass_server::app::App;
use underpass_store::{Change, Key, Kind, Lookup};

use crate::world::World;
use crate::{published, published_google};

/// A cloud that lists nothing, or refuses to.
pub(crate) struct Listed(pub(crate) Result<(), &'static str>);

/// Cloud whose listing ends only after the link's observations changed.
struct Raced(OnceLock<App>);

#[tokio::test]
async fn a_listing_that_worked_is_told() {
    let world = World::with_cloud(Arc::new(Listed(Ok(())))).await;
    published::with_link(&world).await;
    assert_eq!(refreshed(&world, published::LINK).await, "refreshed");
}

#[tokio::test]
async fn a_listing_that_failed_is_not_called_a_refresh() {
    let denied = Err("the principal may not list\nprivate link services");
    let world = World::with_cloud(Arc::new(Listed(denied))).await;
    published::with_link(&world).await;
    insta::assert_snapshot!(refreshed(&world, published::LINK).await, @"Azure Private Link could not be listed (list attachments: the principal may not list private link services). Changes appear after a later sweep");

    let world = World::with_cloud(Arc::new(Listed(Err("quota exceeded")))).await;
    published_google::with_active_link(&world).await;
    insta::assert_snapshot!(refreshed(&world, published_google::LINK).await, @"Google Private Service Connect could not be listed (list attachments: quota exceeded). Changes appear after a later sweep");
}

#[tokio::test]
async fn a_listing_that_was_void_every_time_is_told() {
    let cloud = Arc::new(Raced(OnceLock::new()));
    let world = World::with_cloud(Arc::clone(&cloud) as Arc<dyn Cloud>).await;
    published_google::with_active_link(&world).await;
    assert!(cloud.0.set(world.app.clone()).is_ok());
    insta::assert_snapshot!(refreshed(&world, published_google::LINK).await, @"Google Cloud was listed, but the link changed concurrently. Changes appear after the next sweep");
}

async fn refreshed(world: &World, link: &str) -> String {
    let answer = world
        .admin()
        .post(&format!("{link}/refresh"), json!({}))
        .await
        .ok();
    answer["message"].as_str().unwrap().to_owned()
}

/// A listing of everything that shows nothing.
fn nothing() -> Listing {
    let mut listing = Listing::default();
    listing.coverage.add(|_| true);
    listing
}

#[async_trait]
impl Cloud for Listed {
    async fn perform(&self, _: &CloudTarget, step: &Step, _: Timestamp) -> Result<Report, Error> {
        panic!("a refresh performed {step:?}");
    }

    async fn sweep(&self, _: &Scope, _: Timestamp) -> Result<Listing, Error> {
        match self.0 {
            Ok(()) => Ok(nothing()),
            Err(message) => Err(Error {
                kind: ErrorKind::Denied,
                action: "list attachments".to_owned(),
                code: "Denied".to_owned(),
                message: message.to_owned(),
                remedy: None,
                status: None,
                source: None,
            }),
        }
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        Ok(Vec::new())
    }

    async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, Error> {
        Ok(Listing::default())
    }
}

#[async_trait]
impl Cloud for Raced {
    async fn perform(&self, _: &CloudTarget, step: &Step, _: Timestamp) -> Result<Report, Error> {
        panic!("a refresh performed {step:?}");
    }

    /// Not listed, though it was there: that would be recorded, were it not for the other writer.
    async fn sweep(&self, _: &Scope, _: Timestamp) -> Result<Listing, Error> {
        let app = self.0.get().unwrap();
        let key = Key::observed(&published_google::work());
        let lookup = Lookup::One(Kind::Observed, key.clone());
        let fetched = app.store.fetch(&[lookup]).await.unwrap();
        let observed = fetched.one::<Observed>(&key).unwrap().unwrap();
        app.store
            .commit(Change::new().update(&observed).unwrap())
            .await
            .unwrap();
        Ok(nothing())
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        Ok(Vec::new())
    }

    async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, Error> {
        Ok(Listing::default())
    }
}
