//! Driver for Azure Private Link over the REST API.
//!
//! A link is an internal load balancer with the nodes' interfaces in its pools, and a private link
//! service on its frontend. Each consumer's endpoint is a connection of the service, which is
//! approved or rejected there.
//!
//! # Theory of operation
//! - One step is at most one write and the reads that make it safe. Two tags identify our own
//!   resources before they are changed or deleted. Load balancer and service are written over
//!   exactly the state that the step was decided on (`If-Match`). In borrowed resources (a node's
//!   interface, an adopted subnet) one field is changed by read, modify, conditional write.
//! - A long operation of Azure is [`Making`](underpass_model::reconcile::Outcome::Making), with the
//!   URL to poll.
//! - Names follow from [`CloudTarget::object`], so a repeated step finds what the first one
//!   created.
//! - A creation has no precondition. `Microsoft.Network` defines no condition headers (Microsoft,
//!   Azure/azure-rest-api-specs#26693); that it honours `If-Match` is recorded, of `If-None-Match: *`
//!   there is neither a contract nor a record (Microsoft Q&A 6079499), and a header that is refused
//!   would refuse every creation. Instead, no other program has a reason to use our names: each
//!   contains a random number, that of the link, static IP or project VPC, or is inside a resource
//!   group whose name does. The name is read directly before the write, in the same step, and what
//!   exists there without our tags is refused. What is hidden by a wrong 404 is then our own, made by an
//!   interrupted step, and the write repeats that one.

mod account_check;
mod action;
mod address;
mod admission;
mod attachment;
mod balancer;
mod certificate;
mod classify;
mod client;
mod credentials;
mod environment;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod granted;
mod group;
mod health;
mod interface;
mod job;
mod member;
mod names;
mod network;
mod network_sweep;
mod operation;
mod ownership;
mod parts;
mod principal;
mod resource;
mod role;
mod sweep;
mod token;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::backend_health::{HealthAnswer, HealthSubject};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::reconcile::Step;

pub use self::action::Action;
use self::client::Client;
pub use self::credentials::{Credentials, IMDS_URL};
pub use self::environment::Environment;
use self::job::Job;
use self::names::Names;
pub use self::role::{role_definition, role_name};
use self::token::TokenSource;
use crate::cloud::{Cloud, Report};
use crate::error::Error;
use crate::listing::{Listing, PlacedAttachment, Scope};
use crate::perform::perform;
use crate::sign_in::SignIn;
use crate::transport::Transport;

/// An Azure account: a subscription and credentials.
#[derive(Debug, Clone)]
pub struct Options {
    /// The resource manager, for instance [`Environment::base_url`]. Tokens are sent nowhere else.
    pub base_url: String,
    /// The issuer of tokens, for instance [`Environment::authority`]. Managed identities have
    /// another.
    pub authority: String,
    /// The scope of tokens, for instance [`Environment::scope`]; `None`: the resource manager's
    /// default scope.
    pub scope: Option<String>,
    /// The way to sign in.
    pub credentials: Credentials,
    /// The subscription to manage.
    pub subscription: String,
    /// The account's own resource group for static IPs, which must exist.
    pub resource_group: String,
}

/// The driver for one Azure account.
pub struct Azure {
    client: Client,
    subscription: String,
    account_group: String,
}

impl Azure {
    /// Creates a driver for one account. The credentials are read at the first call; see
    /// [`Credentials::check`].
    pub fn new(options: Options, transport: Arc<dyn Transport>) -> Self {
        let base_url = options.base_url.trim_end_matches('/');
        let scope = options
            .scope
            .unwrap_or_else(|| format!("{base_url}/.default"));
        let tokens = TokenSource::new(options.credentials, &options.authority, scope);
        Self {
            client: Client::new(base_url, tokens, transport),
            subscription: options.subscription,
            account_group: options.resource_group,
        }
    }

    /// Signs in, whatever token is cached: the first thing to try with a new account.
    ///
    /// # Errors
    /// The credentials cannot be used, or their issuer refuses them or does not answer.
    pub async fn sign_in(&self, now: Timestamp) -> Result<SignIn, Error> {
        self.client.sign_in(now).await
    }

    fn job<'a>(&'a self, target: &'a CloudTarget, now: Timestamp) -> Job<'a> {
        let names = Names {
            subscription: &self.subscription,
            account_group: &self.account_group,
            target,
        };
        Job {
            client: &self.client,
            names,
            now,
        }
    }
}

impl fmt::Debug for Azure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Azure")
            .field("base_url", &self.client.base_url())
            .field("subscription", &self.subscription)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Cloud for Azure {
    async fn perform(
        &self,
        target: &CloudTarget,
        step: &Step,
        now: Timestamp,
    ) -> Result<Report, Error> {
        perform(&self.job(target, now), step).await
    }

    async fn sweep(&self, scope: &Scope, now: Timestamp) -> Result<Listing, Error> {
        sweep::sweep(&self.client, &self.subscription, scope, now).await
    }

    async fn attachments(&self, now: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        sweep::attachments(&self.client, &self.subscription, now).await
    }

    async fn networks(&self, targets: &[CloudTarget], now: Timestamp) -> Result<Listing, Error> {
        let jobs: Vec<_> = targets.iter().map(|target| self.job(target, now)).collect();
        network_sweep::sweep(&jobs).await
    }

    async fn health(
        &self,
        target: &CloudTarget,
        subject: &HealthSubject,
        operation: Option<&str>,
        now: Timestamp,
    ) -> Result<HealthAnswer, Error> {
        let job = self.job(target, now);
        match (subject, operation) {
            (_, Some(url)) => health::poll(job, url).await,
            (HealthSubject::Rule(rule), None) => health::ask(job, rule).await,
            (HealthSubject::Zone(_), None) => Ok(HealthAnswer::Known(Vec::new())),
        }
    }
}
