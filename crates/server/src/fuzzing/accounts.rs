//! Cloud accounts of the installation. No handler calls a cloud.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_clouds::{Cloud, Error, Listing, PlacedAttachment, Report, Scope};
use underpass_model::cloud::Provider;
use underpass_model::cloud_target::CloudTarget;
use underpass_model::reconcile::Step;

use crate::accounts::{Account, Accounts};

/// A cloud that is never called.
struct NoCloud;

/// One account for each provider.
pub(super) fn accounts() -> Accounts {
    let account = |provider| Account {
        provider,
        regions: Vec::new(),
        projects: None,
        native_id: "p".to_owned(),
        cloud: Arc::new(NoCloud),
    };
    let name = |text: &str| text.parse().expect("the name of an account");
    Accounts::new(BTreeMap::from([
        (name("azure"), account(Provider::Azure)),
        (name("google"), account(Provider::Google)),
    ]))
}

#[async_trait]
impl Cloud for NoCloud {
    async fn perform(&self, _: &CloudTarget, _: &Step, _: Timestamp) -> Result<Report, Error> {
        unreachable!("a handler performed a step")
    }

    async fn sweep(&self, _: &Scope, _: Timestamp) -> Result<Listing, Error> {
        unreachable!("a handler swept a scope")
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        unreachable!("a handler listed an account")
    }

    async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, Error> {
        unreachable!("a handler listed networks")
    }
}
