//! Driver for Google Private Service Connect over the REST API.
//!
//! A link is an internal passthrough load balancer on all ports, over the nodes' instances in zonal
//! endpoint groups, and a service attachment on its forwarding rule. The attachment translates
//! consumers' addresses to the link's NAT ranges, and accepts and rejects endpoints by two lists.
//! One firewall rule opens ports to those ranges, another denies the rest.
//!
//! # Theory of operation
//! - One step is at most one write and the reads that make it safe. The description identifies our
//!   own resources. Attachment and backend service are written over exactly the state that the step
//!   was decided on (`fingerprint`).
//! - Every write is answered with an operation; one in progress is
//!   [`Making`](underpass_model::reconcile::Outcome::Making) with its path. Before an unknown part
//!   is read, operations on it are listed: the answer to an insert may have been lost, and a
//!   resource is not shown before its creation is complete.
//! - The lists are written as a whole, also when empty: otherwise the last consumer would stay
//!   accepted. Their effect shows at the connections later, so connections are only read.
//! - A sweep of everything lists the endpoints of each group, within a limit of calls: the listing of
//!   groups shows only their number.
//! - Names follow from [`CloudTarget::object`], so a repeated step finds what the first one
//!   created.
//! - Firewall rules have no target instances: only the attachment can send from its ranges, and it
//!   sends only to its forwarding rule.

mod account_check;
mod attachment;
mod backend_service;
mod classify;
mod client;
mod credentials;
mod credentials_file;
mod endpoint_group;
mod endpoint_listings;
mod external_account;
mod firewall;
mod forwarding_rule;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod health;
mod health_check;
mod impersonation;
mod job;
mod names;
mod network;
mod network_sweep;
mod operation;
mod ownership;
mod parts;
mod permission;
mod placement;
mod principal;
mod resource;
mod role;
mod service_account;
mod sweep;
mod token;
mod transport_security;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::backend_health::{HealthAnswer, HealthSubject};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::reconcile::Step;

use self::client::{COMPUTE as COMPUTE_PREFIX, Client, V1};
pub use self::credentials::{Credentials, IAM_CREDENTIALS_URL, METADATA_URL};
use self::endpoint_listings::EndpointListings;
use self::job::Job;
use self::names::Names;
pub use self::permission::Permission;
pub use self::principal::Principal;
pub use self::role::{role_definition, role_id};
use self::token::{COMPUTE, READ_ONLY, TokenSource};
use crate::cloud::{Cloud, Report};
use crate::error::Error;
use crate::listing::{Listing, PlacedAttachment, Scope};
use crate::perform::perform;
use crate::sign_in::SignIn;
use crate::transport::Transport;

/// The base URL of Compute Engine.
pub const BASE_URL: &str = "https://compute.googleapis.com";

/// The base URL of the API that tests an account's own permissions.
pub const RESOURCE_MANAGER_URL: &str = "https://cloudresourcemanager.googleapis.com";

/// The base URL of the API that tells which APIs are enabled.
pub const SERVICE_USAGE_URL: &str = "https://serviceusage.googleapis.com";

/// A Google account: a project and credentials.
#[derive(Debug, Clone)]
pub struct Options {
    /// The API, [`BASE_URL`] unless it is emulated. Tokens are sent nowhere else.
    pub base_url: String,
    /// The ID of the project to manage.
    pub project: String,
    /// The way to sign in.
    pub credentials: Credentials,
}

/// The driver for one Google account.
pub struct Google {
    client: Client,
    /// For the account check alone.
    resource_manager: Client,
    /// For the account check alone.
    service_usage: Client,
    credentials: Credentials,
    transport: Arc<dyn Transport>,
    project: String,
    endpoint_listings: EndpointListings,
}

impl Google {
    /// Creates a driver for one account. The credentials are read at the first call; see
    /// [`Credentials::check`].
    pub fn new(options: Options, transport: Arc<dyn Transport>) -> Self {
        let credentials = options.credentials;
        let tokens = Arc::new(TokenSource::new(credentials.clone(), COMPUTE));
        let for_checks = Arc::new(TokenSource::new(credentials.clone(), READ_ONLY));
        let check = |url| Client::new(url, V1, Arc::clone(&for_checks), Arc::clone(&transport));
        Self {
            resource_manager: check(RESOURCE_MANAGER_URL),
            service_usage: check(SERVICE_USAGE_URL),
            client: Client::new(
                &options.base_url,
                COMPUTE_PREFIX,
                tokens,
                Arc::clone(&transport),
            ),
            credentials,
            transport,
            project: options.project,
            endpoint_listings: EndpointListings::default(),
        }
    }

    /// Sets the APIs that the account check uses, [`RESOURCE_MANAGER_URL`] and
    /// [`SERVICE_USAGE_URL`] unless they are emulated.
    #[must_use]
    pub fn with_check_apis(mut self, resource_manager: &str, service_usage: &str) -> Self {
        let tokens = Arc::new(TokenSource::new(self.credentials.clone(), READ_ONLY));
        let check =
            |url: &str| Client::new(url, V1, Arc::clone(&tokens), Arc::clone(&self.transport));
        self.resource_manager = check(resource_manager);
        self.service_usage = check(service_usage);
        self
    }

    /// The identity whose rights are used.
    fn principal(&self) -> Principal {
        Principal::of(&self.credentials)
    }

    /// Reports whether the operator gave the token, so that signing in proves nothing.
    const fn has_given_token(&self) -> bool {
        matches!(self.credentials, Credentials::AccessToken(_))
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
        let listings = &self.endpoint_listings;
        sweep::sweep(&self.client, &self.project, scope, listings, now).await
    }

    async fn attachments(&self, now: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        sweep::attachments(&self.client, &self.project, now).await
    }

    async fn networks(&self, targets: &[CloudTarget], now: Timestamp) -> Result<Listing, Error> {
        let jobs: Vec<_> = targets.iter().map(|target| self.job(target, now)).collect();
        network_sweep::sweep(&jobs).await
    }

    async fn health(
        &self,
        target: &CloudTarget,
        subject: &HealthSubject,
        _operation: Option<&str>,
        now: Timestamp,
    ) -> Result<HealthAnswer, Error> {
        match subject {
            HealthSubject::Zone(zone) => health::read(self.job(target, now), zone).await,
            HealthSubject::Rule(_) => Ok(HealthAnswer::Known(Vec::new())),
        }
    }
}
