//! Performs one step against one provider and reports what it saw.
//!
//! A driver never loops, sleeps or retries, and knows neither the store nor whether the provider
//! is emulated: only base URL and credentials differ.

#![expect(
    clippy::result_large_err,
    reason = "an error ends a step that cost at least one network exchange: its size is nothing"
)]

mod answer;
pub mod azure;
mod bearer;
mod document;
mod error;
pub mod google;
mod metrics;
mod origin;
mod transport;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::cloud::Provider;
use underpass_model::cloud_target::{CloudTarget, NetworkPlacement};
use underpass_model::connection::ObservedConnection;
use underpass_model::part::Part;
use underpass_model::reconcile::{Outcome, Step};

pub use self::error::{Error, ErrorKind, Side};
pub use self::metrics::{CountedTransport, Counters, Labels, Snapshot, Status, Verb};
pub use self::transport::{
    CONNECT_TIMEOUT, EXCHANGE_TIMEOUT, HttpTransport, MAX_ANSWER, SendError, Transport,
};

/// A provider, spoken to as one account.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Performs one step: at most one write, and the reads that make it safe.
    async fn perform(
        &self,
        target: &CloudTarget,
        step: &Step,
        now: Timestamp,
    ) -> Result<Report, Error>;

    /// Lists a whole scope: discovery, drift repair and the look after a restart all use it.
    async fn sweep(&self, scope: &Scope, now: Timestamp) -> Result<Vec<Finding>, Error>;
}

/// What a step saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The part itself.
    pub outcome: Outcome,
    /// Every connection at the attachment, when the step read it.
    pub connections: Option<Vec<ObservedConnection>>,
}

/// What a sweep covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// The provider's name of the region.
    pub region: String,
    /// Name of the container that holds the links' objects (Azure: resource group); `None`: all of
    /// the region (Google).
    pub group: Option<String>,
    /// How much of it.
    pub depth: Depth,
}

/// How much of a scope a sweep lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Attachments with their connections: one listing.
    Connections,
    /// Attachments, balancers and memberships: what drift repair needs.
    Everything,
}

/// One part that a sweep found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The object it belongs to: [`CloudTarget::object`].
    pub object: String,
    /// Which part of it.
    pub part: Part,
    /// How it is.
    pub outcome: Outcome,
    /// Every connection at it, for an attachment.
    pub connections: Option<Vec<ObservedConnection>>,
}

impl Scope {
    /// Where the objects of links at a place are swept; `None` where there are none.
    pub fn of(
        provider: Provider,
        region: &str,
        placement: &NetworkPlacement,
        depth: Depth,
    ) -> Option<Self> {
        let group = match (provider, placement) {
            (_, NetworkPlacement::Account)
            | (Provider::Aws, _)
            | (Provider::Azure, NetworkPlacement::AdoptedGoogle(_)) => return None,
            (Provider::Google, _) => None,
            (Provider::Azure, NetworkPlacement::Made { group, .. }) => Some(group.clone()),
            (Provider::Azure, NetworkPlacement::AdoptedAzure(adopted)) => {
                Some(adopted.resource_group.clone())
            }
        };
        Some(Self {
            region: region.to_owned(),
            group,
            depth,
        })
    }
}
