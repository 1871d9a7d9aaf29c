//! Azure Private Link by plain REST.
//!
//! A link is an internal load balancer with the nodes' interfaces in its pools, and a private link
//! service over its frontend; every consumer's endpoint shows up at the service as a connection,
//! which is approved or rejected there.
//!
//! # Theory of operation
//! - One step is at most one write and the reads that make it safe: what is ours is told by two
//!   tags before it is changed or deleted; balancer and service are written over exactly the state
//!   the step was decided on (`If-Match`); of borrowed resources (a node's interface, an adopted
//!   subnet) one field is changed by read, modify, conditional write.
//! - What Azure takes long for is [`Outcome::Making`] with the address to ask at.
//! - Names follow from [`CloudTarget::object`], so a repeated step meets what the first one made.

mod address;
mod admission;
mod attachment;
mod balancer;
mod classify;
mod client;
mod group;
mod job;
mod member;
mod names;
mod network;
mod operation;
mod ownership;
mod resource;
mod sweep;
mod token;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::cloud_target::CloudTarget;
use underpass_model::credentials::Secret;
use underpass_model::part::{OperationKind, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};

use self::client::Client;
use self::job::Job;
use self::names::Names;
use self::operation::Progress;
use self::token::TokenSource;
use crate::error::{Error, ErrorKind};
use crate::transport::Transport;
use crate::{Cloud, Finding, Report, Scope};

/// An Azure account: which subscription, and as whom.
#[derive(Debug, Clone)]
pub struct Options {
    /// The resource manager, for instance `https://management.azure.com`. Tokens go nowhere else.
    pub base_url: String,
    /// Who issues tokens, for instance `https://login.microsoftonline.com`.
    pub authority: String,
    /// What tokens are asked for; `None`: everything at the resource manager.
    pub scope: Option<String>,
    /// The tenant of the service principal.
    pub tenant: String,
    /// The subscription to act in.
    pub subscription: String,
    /// The service principal.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// The account's own resource group, which must exist: static IPs go there.
    pub resource_group: String,
}

/// Azure, spoken to as one account.
pub struct Azure {
    client: Client,
    subscription: String,
    account_group: String,
}

impl Azure {
    /// A driver for one account.
    pub fn new(options: Options, transport: Arc<dyn Transport>) -> Self {
        let base_url = options.base_url.trim_end_matches('/');
        let scope = options
            .scope
            .unwrap_or_else(|| format!("{base_url}/.default"));
        let tokens = TokenSource::new(&token::Client {
            authority: &options.authority,
            tenant: &options.tenant,
            id: &options.client_id,
            secret: &options.client_secret,
            scope: &scope,
        });
        Self {
            client: Client::new(base_url, tokens, transport),
            subscription: options.subscription,
            account_group: options.resource_group,
        }
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
        let job = self.job(target, now);
        match step {
            Step::Read(part) => read(job, part).await,
            Step::Put { part, spec, tag } => put(job, part, spec, tag.as_deref()).await,
            Step::Delete(part) => delete(job, part).await.map(alone),
            Step::Poll {
                part,
                operation,
                kind,
            } => {
                let phrase = match kind {
                    OperationKind::Put => format!("finish building part `{part}`"),
                    OperationKind::Delete => format!("finish removing part `{part}`"),
                };
                match operation::progress(job.client, operation, &phrase, now).await? {
                    Progress::Running { check_after } => Ok(alone(Outcome::Making {
                        operation: Some(operation.clone()),
                        check_after,
                        kind: *kind,
                    })),
                    Progress::Over => read(job, part).await,
                }
            }
        }
    }

    async fn sweep(&self, scope: &Scope, now: Timestamp) -> Result<Vec<Finding>, Error> {
        sweep::sweep(&self.client, &self.subscription, scope, now).await
    }
}

async fn read(job: Job<'_>, part: &Part) -> Result<Report, Error> {
    match part {
        Part::Group => group::read(job).await.map(alone),
        Part::Network => network::read(job).await.map(alone),
        Part::NatPolicy => network::read_policy(job).await.map(alone),
        Part::Address => address::read(job).await.map(alone),
        Part::Balancer => balancer::read(job).await.map(alone),
        Part::Member(handle) => member::read(job, handle).await.map(alone),
        Part::Attachment => attachment::read(job).await,
        Part::Admission(id) => admission::read(job, id).await.map(alone),
        Part::Subnet
        | Part::Probes
        | Part::NatSubnet(_)
        | Part::Deny
        | Part::Allow
        | Part::HealthCheck
        | Part::EndpointGroup(_)
        | Part::Endpoints(_)
        | Part::BackendService
        | Part::ForwardingRule => Err(foreign("read", part)),
    }
}

async fn put(job: Job<'_>, part: &Part, spec: &Spec, tag: Option<&str>) -> Result<Report, Error> {
    match (part, spec) {
        (Part::Group, Spec::Present) => group::put(job).await.map(alone),
        (Part::Network, Spec::Network { .. }) => network::put(job, spec).await.map(alone),
        (Part::NatPolicy, Spec::Present) => network::put_policy(job).await.map(alone),
        (Part::Address, Spec::Present) => address::put(job).await.map(alone),
        (Part::Balancer, Spec::Balancer { rules, pools }) => {
            balancer::put(job, rules, pools, tag).await.map(alone)
        }
        (Part::Member(handle), Spec::Present) => {
            member::put(job, handle, &BTreeSet::new()).await.map(alone)
        }
        (Part::Member(handle), Spec::Member { pools }) => {
            member::put(job, handle, pools).await.map(alone)
        }
        (Part::Attachment, Spec::Attachment { visibility }) => {
            attachment::put(job, visibility, tag).await
        }
        (Part::Admission(id), Spec::Admission(decision)) => {
            admission::put(job, id, *decision).await.map(alone)
        }
        (
            Part::Group
            | Part::Network
            | Part::NatPolicy
            | Part::Address
            | Part::Balancer
            | Part::Member(_)
            | Part::Attachment
            | Part::Admission(_)
            | Part::Subnet
            | Part::Probes
            | Part::NatSubnet(_)
            | Part::Deny
            | Part::Allow
            | Part::HealthCheck
            | Part::EndpointGroup(_)
            | Part::Endpoints(_)
            | Part::BackendService
            | Part::ForwardingRule,
            _,
        ) => Err(classify::own(
            ErrorKind::Invalid,
            &format!("put part `{part}`"),
            "Misfit",
            format!("a part of this kind cannot be {spec:?}"),
        )),
    }
}

async fn delete(job: Job<'_>, part: &Part) -> Result<Outcome, Error> {
    match part {
        Part::Group => group::delete(job).await,
        Part::Network => network::delete(job).await,
        Part::NatPolicy => Ok(network::leave_policy()),
        Part::Address => address::delete(job).await,
        Part::Balancer => balancer::delete(job).await,
        Part::Member(handle) => member::delete(job, handle).await,
        Part::Attachment => attachment::delete(job).await,
        Part::Admission(id) => admission::delete(job, id).await,
        Part::Subnet
        | Part::Probes
        | Part::NatSubnet(_)
        | Part::Deny
        | Part::Allow
        | Part::HealthCheck
        | Part::EndpointGroup(_)
        | Part::Endpoints(_)
        | Part::BackendService
        | Part::ForwardingRule => Err(foreign("delete", part)),
    }
}

/// A report on a part at which nobody connects.
const fn alone(outcome: Outcome) -> Report {
    Report {
        outcome,
        connections: None,
    }
}

/// The refusal of a part that another provider's links are made of.
fn foreign(verb: &str, part: &Part) -> Error {
    classify::own(
        ErrorKind::Invalid,
        &format!("{verb} part `{part}`"),
        "Misfit",
        "no link on Azure has a part of this kind".to_owned(),
    )
}
