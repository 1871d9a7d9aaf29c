//! Google Private Service Connect by plain REST.
//!
//! A link is an internal passthrough load balancer on all ports, over the nodes' machines in zonal
//! endpoint groups, and a service attachment over its forwarding rule. The attachment translates
//! consumers' addresses to ranges of the link's own, and lets in and turns away endpoints by two
//! lists; a firewall rule opens ports to those ranges, another closes the rest.
//!
//! # Theory of operation
//! - One step is at most one write and the reads that make it safe. What is ours is told by its
//!   description. Attachment and backend service are written over exactly the state the step was
//!   decided on (`fingerprint`).
//! - Every write is answered by an operation; one under way is [`Making`](underpass_model::reconcile::Outcome::Making) with its path.
//!   Before a part in doubt is read, operations on it are asked for: the answer to an insert may
//!   have been lost, and what is being made is not seen until it is there.
//! - The lists are written whole, empty ones included: that is how the last consumer is let go.
//!   What they lead to shows at the connections some time later, so connections are only read.
//! - Names follow from [`CloudTarget::object`], so a repeated step meets what the first one made.
//! - Firewall rules name no machines: nothing but the attachment can send from its ranges, and it
//!   sends to its forwarding rule alone.

mod attachment;
mod backend_service;
mod classify;
mod client;
mod credentials;
mod endpoint_group;
mod firewall;
mod forwarding_rule;
mod health_check;
mod job;
mod names;
mod network;
mod operation;
mod ownership;
mod parts;
mod resource;
mod service_account;
mod sweep;
mod token;
mod token_request;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::cloud_target::CloudTarget;
use underpass_model::reconcile::Step;

use self::client::Client;
pub use self::credentials::{BadKey, Credentials, METADATA_URL};
use self::job::Job;
use self::names::Names;
use self::token::TokenSource;
use crate::cloud::{Cloud, Report};
use crate::error::Error;
use crate::listing::{Listing, Scope};
use crate::perform::perform;
use crate::transport::Transport;

/// Where Compute Engine answers.
pub const BASE_URL: &str = "https://compute.googleapis.com";

/// A Google account: which project, and as whom.
#[derive(Debug, Clone)]
pub struct Options {
    /// The API, [`BASE_URL`] unless it is emulated. Tokens go nowhere else.
    pub base_url: String,
    /// The id of the project to act in.
    pub project: String,
    /// As whom.
    pub credentials: Credentials,
}

/// Google, spoken to as one account.
pub struct Google {
    client: Client,
    project: String,
}

impl Google {
    /// A driver for one account.
    ///
    /// # Errors
    /// When a service account's key cannot be read.
    pub fn new(options: Options, transport: Arc<dyn Transport>) -> Result<Self, BadKey> {
        let tokens = TokenSource::new(options.credentials)?;
        Ok(Self {
            client: Client::new(&options.base_url, tokens, transport),
            project: options.project,
        })
    }

    fn job<'a>(&'a self, target: &'a CloudTarget, now: Timestamp) -> Job<'a> {
        let names = Names {
            project: &self.project,
            target,
        };
        Job {
            client: &self.client,
            names,
            now,
        }
    }
}

impl fmt::Debug for Google {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Google")
            .field("base_url", &self.client.base_url())
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Cloud for Google {
    async fn perform(
        &self,
        target: &CloudTarget,
        step: &Step,
        now: Timestamp,
    ) -> Result<Report, Error> {
        perform(&self.job(target, now), step).await
    }

    async fn sweep(&self, scope: &Scope, now: Timestamp) -> Result<Listing, Error> {
        sweep::sweep(&self.client, &self.project, scope, now).await
    }
}
