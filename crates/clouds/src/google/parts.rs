//! The operations on each part.

use async_trait::async_trait;
use serde_json::Value;
use underpass_model::part::{GooglePart, GoogleSpec, Part, PartOn, Spec};
use underpass_model::reconcile::Outcome;

use super::job::Job;
use super::names::Names;
use super::operation;
use super::permission;
use super::resource::Resource;
use super::{
    attachment, backend_service, endpoint_group, firewall, forwarding_rule, health_check, network,
};
use crate::cloud::Report;
use crate::document;
use crate::error::{Error, unsupported};
use crate::perform::{Parent, Parts, Progress};

#[async_trait]
impl Parts for Job<'_> {
    /// Reads a part unless a write of unknown outcome is still in progress: until it completes, a
    /// new resource is not shown, and a changed or deleted one is shown in its old state.
    async fn inspect(&self, part: &Part) -> Result<Report, Error> {
        if let Some(resource) = resource_of(self.names, part)?
            && let Some(making) = operation::under_way(self.client, &resource, self.now).await?
        {
            return Ok(Report::of(making));
        }
        Parts::read(self, part).await
    }

    async fn read(&self, part: &Part) -> Result<Report, Error> {
        let job = *self;
        match part.on_google().ok_or_else(|| unsupported("read", part))? {
            PartOn::Network => network::read(job).await.map(Report::of),
            PartOn::Attachment => attachment::read(job).await,
            PartOn::Admission(id) => attachment::read_admission(job, id).await,
            PartOn::Own(part) => read_own(job, part).await.map(Report::of),
        }
    }

    async fn put(&self, part: &Part, spec: &Spec, tag: Option<&str>) -> Result<Report, Error> {
        let job = *self;
        let unsupported = || unsupported("put", part);
        match part.on_google().ok_or_else(unsupported)? {
            PartOn::Network => {
                if *spec != Spec::Present {
                    return Err(unsupported());
                }
                network::put(job).await.map(Report::of)
            }
            PartOn::Attachment => {
                let Some(GoogleSpec::ServiceAttachment {
                    nat,
                    accept,
                    reject,
                }) = spec.google()
                else {
                    return Err(unsupported());
                };
                let lists = attachment::Lists {
                    nat,
                    accept,
                    reject,
                };
                attachment::put(job, lists, tag).await
            }
            // Results from the lists of the attachment.
            PartOn::Admission(_) => Err(unsupported()),
            PartOn::Own(own) => put_own(job, own, spec, tag).await.map(Report::of),
        }
    }

    async fn delete(&self, part: &Part) -> Result<Outcome, Error> {
        if let Some(PartOn::Own(GooglePart::Endpoints(zone))) = part.on_google() {
            return endpoint_group::delete_endpoints(*self, zone).await;
        }
        match resource_of(self.names, part)? {
            Some(resource) => self.remove(&resource).await,
            None => Err(unsupported("delete", part)),
        }
    }

    async fn progress(
        &self,
        part: &Part,
        operation: &str,
        action: &str,
    ) -> Result<Progress, Error> {
        let progress = operation::ask(self.client, operation, action, self.now).await;
        progress.map_err(|error| match part.on_google() {
            Some(PartOn::Own(GooglePart::NatSubnet(range))) => {
                network::explain_overlap(error, *range)
            }
            Some(_) | None => error,
        })
    }

    async fn find_in_parent(&self, part: &Part) -> Result<Parent, Error> {
        let Some(resource) = resource_of(self.names, part)? else {
            // A connection is read by reading the attachment that it is an entry of.
            return Ok(Parent::Lacks);
        };
        let action = format!("list the siblings of {resource}");
        let needs = permission::of(resource.kind()).list;
        let pages = self
            .client
            .pages(&resource.listing(), None, &action, needs, self.now)
            .await?;
        let mut listed = pages.iter().filter_map(Value::as_array).flatten();
        Ok(
            if listed.any(|document| document::says(document, "/name", resource.name())) {
                Parent::Lists
            } else {
                Parent::Lacks
            },
        )
    }
}

async fn read_own(job: Job<'_>, part: &GooglePart) -> Result<Outcome, Error> {
    match part {
        GooglePart::Subnet => network::read_subnet(job).await,
        GooglePart::Probes => firewall::read_probes(job).await,
        GooglePart::NatSubnet(range) => network::read_nat(job, *range).await,
        GooglePart::Deny => firewall::read_deny(job).await,
        GooglePart::Allow => firewall::read_allow(job).await,
        GooglePart::HealthCheck => health_check::read(job).await,
        GooglePart::EndpointGroup(zone) => endpoint_group::read(job, zone).await,
        GooglePart::Endpoints(zone) => endpoint_group::read_endpoints(job, zone).await,
        GooglePart::BackendService => backend_service::read(job).await,
        GooglePart::ForwardingRule => forwarding_rule::read(job).await,
    }
}

async fn put_own(
    job: Job<'_>,
    part: &GooglePart,
    spec: &Spec,
    tag: Option<&str>,
) -> Result<Outcome, Error> {
    let unsupported = || unsupported("put", &Part::Google(part.clone()));
    let present = || {
        (*spec == Spec::Present)
            .then_some(())
            .ok_or_else(unsupported)
    };
    match part {
        GooglePart::Subnet => {
            let Some(GoogleSpec::Subnet { cidr }) = spec.google() else {
                return Err(unsupported());
            };
            network::put_subnet(job, cidr).await
        }
        GooglePart::Probes => {
            present()?;
            firewall::put_probes(job).await
        }
        GooglePart::NatSubnet(range) => {
            present()?;
            network::put_nat(job, *range).await
        }
        GooglePart::Deny => {
            let Some(GoogleSpec::Firewall { sources, .. }) = spec.google() else {
                return Err(unsupported());
            };
            firewall::put_deny(job, sources).await
        }
        GooglePart::Allow => {
            let Some(GoogleSpec::Firewall { sources, ports }) = spec.google() else {
                return Err(unsupported());
            };
            firewall::put_allow(job, sources, ports).await
        }
        GooglePart::HealthCheck => {
            let Some(GoogleSpec::HealthCheck { port }) = spec.google() else {
                return Err(unsupported());
            };
            health_check::put(job, *port).await
        }
        GooglePart::EndpointGroup(zone) => {
            present()?;
            endpoint_group::put(job, zone).await
        }
        GooglePart::Endpoints(zone) => {
            let Some(GoogleSpec::Endpoints { instances }) = spec.google() else {
                return Err(unsupported());
            };
            endpoint_group::put_endpoints(job, zone, instances).await
        }
        GooglePart::BackendService => {
            let Some(GoogleSpec::BackendService { zones }) = spec.google() else {
                return Err(unsupported());
            };
            backend_service::put(job, zones, tag).await
        }
        GooglePart::ForwardingRule => {
            present()?;
            forwarding_rule::put(job).await
        }
    }
}

/// Returns the resource of a part, or of the list that it is in; `None` for connections, which are
/// entries of the attachment.
fn resource_of(names: Names<'_>, part: &Part) -> Result<Option<Resource>, Error> {
    let part = part.on_google().ok_or_else(|| unsupported("name", part))?;
    Ok(Some(match part {
        PartOn::Network => names.network()?,
        PartOn::Attachment => names.attachment(),
        PartOn::Admission(_) => return Ok(None),
        PartOn::Own(GooglePart::Subnet) => names.node_subnet()?,
        PartOn::Own(GooglePart::Probes) => names.probes(),
        PartOn::Own(GooglePart::NatSubnet(range)) => names.nat_subnet(*range),
        PartOn::Own(GooglePart::Deny) => names.deny(),
        PartOn::Own(GooglePart::Allow) => names.allow(),
        PartOn::Own(GooglePart::HealthCheck) => names.health_check(),
        PartOn::Own(GooglePart::EndpointGroup(zone) | GooglePart::Endpoints(zone)) => {
            names.endpoint_group(zone)
        }
        PartOn::Own(GooglePart::BackendService) => names.backend_service(),
        PartOn::Own(GooglePart::ForwardingRule) => names.forwarding_rule(),
    }))
}
