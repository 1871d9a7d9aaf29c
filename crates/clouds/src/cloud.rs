//! The interface of a driver.

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::backend_health::{HealthAnswer, HealthSubject};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::observed_connection::ObservedConnection;
use underpass_model::reconcile::{Outcome, Step};

use crate::error::Error;
use crate::listing::{Listing, PlacedAttachment, Scope};

/// The driver of a provider for one account.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Performs one step: at most one write, and the reads that make it safe.
    /// # Errors
    /// * The provider refuses the step or does not answer.
    /// * The part is not one of this cloud.
    async fn perform(
        &self,
        target: &CloudTarget,
        step: &Step,
        now: Timestamp,
    ) -> Result<Report, Error>;

    /// Lists a whole scope; discovery, drift repair and refreshes all use it.
    /// # Errors
    /// One of its requests fails: a listing is complete or it is none.
    async fn sweep(&self, scope: &Scope, now: Timestamp) -> Result<Listing, Error>;

    /// Lists the attachments with our tag in the whole account, in every region and container: one
    /// list call. It shows links in networks that the store does not have.
    /// # Errors
    /// The request fails: a listing is complete or it is none.
    async fn attachments(&self, now: Timestamp) -> Result<Vec<PlacedAttachment>, Error>;

    /// Lists the networks, rules and addresses of the account, and returns the parts of these project
    /// VPCs and static IPs: a few list calls, for any number of targets. A list call that is refused
    /// leaves out what it would have shown; the others go on.
    /// # Errors
    /// The account does not answer, or limits requests.
    async fn networks(&self, targets: &[CloudTarget], now: Timestamp) -> Result<Listing, Error>;

    /// Reads the health of a link's backends by one question, or polls the answer to an earlier one.
    /// Nothing is changed, but Azure counts a question as a write.
    ///
    /// A cloud that knows no health answers with no members.
    /// # Errors
    /// The provider refuses the question or does not answer.
    async fn health(
        &self,
        _target: &CloudTarget,
        _subject: &HealthSubject,
        _operation: Option<&str>,
        _now: Timestamp,
    ) -> Result<HealthAnswer, Error> {
        Ok(HealthAnswer::Known(Vec::new()))
    }
}

/// The observations of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The outcome for the part itself.
    pub outcome: Outcome,
    /// Every connection at the attachment, if the step read it.
    pub connections: Option<Vec<ObservedConnection>>,
}

impl Report {
    /// A report on a part without connections.
    pub(crate) const fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            connections: None,
        }
    }
}
