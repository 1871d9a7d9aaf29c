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
//! - Every write is answered by an operation; one under way is [`Outcome::Making`] with its path.
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
mod endpoint_group;
mod firewall;
mod forwarding_rule;
mod health_check;
mod job;
mod names;
mod network;
mod operation;
mod ownership;
mod resource;
mod service_account;
mod sweep;
mod token;

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
use self::resource::Resource;
use self::token::TokenSource;
use crate::error::{Error, ErrorKind, own};
use crate::transport::Transport;
use crate::{Cloud, Finding, Report, Scope};

/// Where Compute Engine answers.
pub const BASE_URL: &str = "https://compute.googleapis.com";

/// Where a machine of Google's finds its metadata server.
pub const METADATA_URL: &str = "http://metadata.google.internal";

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

/// Where access tokens come from.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A service account's key file, JSON as Google hands it out.
    ServiceAccount(Secret),
    /// The machine's metadata server, [`METADATA_URL`]: its default service account.
    Metadata {
        /// Where it answers.
        base_url: String,
    },
    /// A token that somebody else renews.
    AccessToken(Secret),
}

/// A service account's key that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use the service account's key: {0}")]
pub struct BadKey(&'static str);

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
        let job = self.job(target, now);
        match step {
            Step::Read(part) => look(job, part).await,
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
                let progress = operation::ask(job.client, operation, &phrase, now).await;
                let progress = progress.map_err(|error| {
                    if let Part::NatSubnet(range) = part {
                        network::explain_overlap(error, *range)
                    } else {
                        error
                    }
                });
                match progress? {
                    Progress::Running => Ok(alone(Outcome::Making {
                        operation: Some(operation.clone()),
                        check_after: operation::after(now),
                        kind: *kind,
                    })),
                    Progress::Over => read(job, part).await,
                }
            }
        }
    }

    async fn sweep(&self, scope: &Scope, now: Timestamp) -> Result<Vec<Finding>, Error> {
        sweep::sweep(&self.client, &self.project, scope, now).await
    }
}

/// Looks at a part of which anything may be true.
///
/// A write of which nobody heard may be under way still: until it is over, what it makes is not to
/// be seen, and what it changes or removes is seen as it was.
async fn look(job: Job<'_>, part: &Part) -> Result<Report, Error> {
    if let Some(resource) = resource_of(job.names, part)?
        && let Some(making) = operation::under_way(job.client, &resource, job.now).await?
    {
        return Ok(alone(making));
    }
    read(job, part).await
}

async fn read(job: Job<'_>, part: &Part) -> Result<Report, Error> {
    match part {
        Part::Network => network::read(job).await.map(alone),
        Part::Subnet => network::read_subnet(job).await.map(alone),
        Part::Probes => firewall::read_probes(job).await.map(alone),
        Part::NatSubnet(range) => network::read_nat(job, *range).await.map(alone),
        Part::Deny => firewall::read_deny(job).await.map(alone),
        Part::Allow => firewall::read_allow(job).await.map(alone),
        Part::HealthCheck => health_check::read(job).await.map(alone),
        Part::EndpointGroup(zone) => endpoint_group::read(job, zone).await.map(alone),
        Part::Endpoints(zone) => endpoint_group::read_endpoints(job, zone).await.map(alone),
        Part::BackendService => backend_service::read(job).await.map(alone),
        Part::ForwardingRule => forwarding_rule::read(job).await.map(alone),
        Part::Attachment => attachment::read(job).await,
        Part::Admission(id) => attachment::read_admission(job, id).await,
        Part::Group | Part::NatPolicy | Part::Address | Part::Balancer | Part::Member(_) => {
            Err(misfit("read", part))
        }
    }
}

async fn put(job: Job<'_>, part: &Part, spec: &Spec, tag: Option<&str>) -> Result<Report, Error> {
    match (part, spec) {
        (Part::Network, Spec::Present) => network::put(job).await.map(alone),
        (Part::Subnet, Spec::Subnet { cidr }) => network::put_subnet(job, cidr).await.map(alone),
        (Part::Probes, Spec::Present) => firewall::put_probes(job).await.map(alone),
        (Part::NatSubnet(range), Spec::Present) => network::put_nat(job, *range).await.map(alone),
        (Part::Deny, Spec::Firewall { sources, .. }) => {
            firewall::put_deny(job, sources).await.map(alone)
        }
        (Part::Allow, Spec::Firewall { sources, ports }) => {
            firewall::put_allow(job, sources, ports).await.map(alone)
        }
        (Part::HealthCheck, Spec::HealthCheck { port }) => {
            health_check::put(job, *port).await.map(alone)
        }
        (Part::EndpointGroup(zone), Spec::Present) => {
            endpoint_group::put(job, zone).await.map(alone)
        }
        (Part::Endpoints(zone), Spec::Endpoints { instances }) => {
            endpoint_group::put_endpoints(job, zone, instances)
                .await
                .map(alone)
        }
        (Part::BackendService, Spec::BackendService { zones }) => {
            backend_service::put(job, zones, tag).await.map(alone)
        }
        (Part::ForwardingRule, Spec::Present) => forwarding_rule::put(job).await.map(alone),
        (
            Part::Attachment,
            Spec::ServiceAttachment {
                nat,
                accept,
                reject,
            },
        ) => {
            let lists = attachment::Lists {
                nat,
                accept,
                reject,
            };
            attachment::put(job, lists, tag).await
        }
        _ => Err(own(
            ErrorKind::Invalid,
            &format!("put part `{part}`"),
            "Misfit",
            format!("a part of this kind cannot be {spec:?}"),
        )),
    }
}

async fn delete(job: Job<'_>, part: &Part) -> Result<Outcome, Error> {
    if let Part::Endpoints(zone) = part {
        return endpoint_group::delete_endpoints(job, zone).await;
    }
    match resource_of(job.names, part)? {
        Some(resource) => job.remove(&resource).await,
        None => Err(misfit("delete", part)),
    }
}

/// The resource that a part is, or is a list of; `None` for those that are none by themselves:
/// connections go with the attachment, the rest is of other providers.
fn resource_of(names: Names<'_>, part: &Part) -> Result<Option<Resource>, Error> {
    Ok(Some(match part {
        Part::Network => names.network()?,
        Part::Subnet => names.node_subnet()?,
        Part::Probes => names.probes(),
        Part::NatSubnet(range) => names.nat_subnet(*range),
        Part::Deny => names.deny(),
        Part::Allow => names.allow(),
        Part::HealthCheck => names.health_check(),
        Part::EndpointGroup(zone) | Part::Endpoints(zone) => names.endpoint_group(zone),
        Part::BackendService => names.backend_service(),
        Part::ForwardingRule => names.forwarding_rule(),
        Part::Attachment => names.attachment(),
        Part::Admission(_)
        | Part::Group
        | Part::NatPolicy
        | Part::Address
        | Part::Balancer
        | Part::Member(_) => return Ok(None),
    }))
}

/// The refusal of a part that no link here is made of.
fn misfit(verb: &str, part: &Part) -> Error {
    own(
        ErrorKind::Invalid,
        &format!("{verb} part `{part}`"),
        "Misfit",
        "no link on Google has such a part to itself".to_owned(),
    )
}

/// A report on a part at which nobody connects.
const fn alone(outcome: Outcome) -> Report {
    Report {
        outcome,
        connections: None,
    }
}
