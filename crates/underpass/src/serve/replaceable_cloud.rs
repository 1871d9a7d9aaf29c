//! Driver that is replaced while calls run, for new credentials.

use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use jiff::Timestamp;
use underpass_clouds::{Cloud, Error, Listing, PlacedAttachment, Report, Scope};
use underpass_model::backend_health::{HealthAnswer, HealthSubject};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::reconcile::Step;

/// Driver of an account. Calls that run when it is replaced end with the former credentials, so none
/// is lost. Clones share it.
#[derive(Clone)]
pub(super) struct ReplaceableCloud {
    current: Arc<ArcSwap<Arc<dyn Cloud>>>,
}

impl ReplaceableCloud {
    pub(super) fn new(cloud: Arc<dyn Cloud>) -> Self {
        Self {
            current: Arc::new(ArcSwap::from_pointee(cloud)),
        }
    }

    /// Uses another driver for further calls.
    pub(super) fn replace(&self, cloud: Arc<dyn Cloud>) {
        self.current.store(Arc::new(cloud));
    }

    fn cloud(&self) -> Arc<dyn Cloud> {
        Arc::clone(&self.current.load())
    }
}

#[async_trait]
impl Cloud for ReplaceableCloud {
    async fn perform(
        &self,
        target: &CloudTarget,
        step: &Step,
        now: Timestamp,
    ) -> Result<Report, Error> {
        self.cloud().perform(target, step, now).await
    }

    async fn sweep(&self, scope: &Scope, now: Timestamp) -> Result<Listing, Error> {
        self.cloud().sweep(scope, now).await
    }

    async fn attachments(&self, now: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        self.cloud().attachments(now).await
    }

    async fn networks(&self, targets: &[CloudTarget], now: Timestamp) -> Result<Listing, Error> {
        self.cloud().networks(targets, now).await
    }

    async fn health(
        &self,
        target: &CloudTarget,
        subject: &HealthSubject,
        operation: Option<&str>,
        now: Timestamp,
    ) -> Result<HealthAnswer, Error> {
        let cloud = self.cloud();
        cloud.health(target, subject, operation, now).await
    }
}
