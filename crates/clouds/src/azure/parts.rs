//! The operations on each part.

use std::collections::BTreeSet;

use async_trait::async_trait;
use underpass_model::part::{AzurePart, AzureSpec, Part, PartOn, Spec};
use underpass_model::reconcile::Outcome;

use super::action::read as read_action;
use super::job::Job;
use super::operation;
use super::resource::Resource;
use super::{address, admission, attachment, balancer, group, member, network};
use crate::cloud::Report;
use crate::document;
use crate::error::{Error, unsupported};
use crate::perform::{Parent, Parts, Progress};

#[async_trait]
impl Parts for Job<'_> {
    async fn inspect(&self, part: &Part) -> Result<Report, Error> {
        self.read(part).await
    }

    async fn read(&self, part: &Part) -> Result<Report, Error> {
        let job = *self;
        match part.on_azure().ok_or_else(|| unsupported("read", part))? {
            PartOn::Network => network::read(job).await.map(Report::of),
            PartOn::Attachment => attachment::read(job).await,
            PartOn::Admission(id) => admission::read(job, id).await.map(Report::of),
            PartOn::Own(AzurePart::Group) => group::read(job).await.map(Report::of),
            PartOn::Own(AzurePart::NatPolicy) => network::read_policy(job).await.map(Report::of),
            PartOn::Own(AzurePart::Address) => address::read(job).await.map(Report::of),
            PartOn::Own(AzurePart::Balancer) => balancer::read(job).await.map(Report::of),
            PartOn::Own(AzurePart::Member(interface)) => {
                member::read(job, interface).await.map(Report::of)
            }
        }
    }

    async fn put(&self, part: &Part, spec: &Spec, tag: Option<&str>) -> Result<Report, Error> {
        let job = *self;
        let unsupported = || unsupported("put", part);
        let present = || {
            (*spec == Spec::Present)
                .then_some(())
                .ok_or_else(unsupported)
        };
        match part.on_azure().ok_or_else(unsupported)? {
            PartOn::Network => {
                let Some(AzureSpec::Network { .. }) = spec.azure() else {
                    return Err(unsupported());
                };
                network::put(job, spec).await.map(Report::of)
            }
            PartOn::Attachment => {
                let Some(AzureSpec::Attachment { visibility }) = spec.azure() else {
                    return Err(unsupported());
                };
                attachment::put(job, visibility, tag).await
            }
            PartOn::Admission(id) => {
                let Spec::Admission(decision) = spec else {
                    return Err(unsupported());
                };
                admission::put(job, id, *decision).await.map(Report::of)
            }
            PartOn::Own(AzurePart::Group) => {
                present()?;
                group::put(job).await.map(Report::of)
            }
            PartOn::Own(AzurePart::NatPolicy) => {
                present()?;
                network::put_policy(job).await.map(Report::of)
            }
            PartOn::Own(AzurePart::Address) => {
                present()?;
                address::put(job).await.map(Report::of)
            }
            PartOn::Own(AzurePart::Balancer) => {
                let Some(AzureSpec::Balancer { rules, pools }) = spec.azure() else {
                    return Err(unsupported());
                };
                balancer::put(job, rules, pools, tag).await.map(Report::of)
            }
            PartOn::Own(AzurePart::Member(interface)) => {
                let none = BTreeSet::new();
                let pools = if let Some(AzureSpec::Member { pools }) = spec.azure() {
                    pools
                } else {
                    present()?;
                    &none
                };
                member::put(job, interface, pools).await.map(Report::of)
            }
        }
    }

    async fn survey(&self, part: &Part) -> Result<Outcome, Error> {
        match part.on_azure() {
            Some(PartOn::Own(AzurePart::Group)) => group::survey(*self).await,
            Some(PartOn::Network | PartOn::Attachment | PartOn::Admission(_) | PartOn::Own(_))
            | None => Err(unsupported("list the contents of", part)),
        }
    }

    async fn delete(&self, part: &Part) -> Result<Outcome, Error> {
        let job = *self;
        match part.on_azure().ok_or_else(|| unsupported("delete", part))? {
            PartOn::Network => network::delete(job).await,
            PartOn::Attachment => attachment::delete(job).await,
            PartOn::Admission(id) => admission::delete(job, id).await,
            PartOn::Own(AzurePart::Group) => group::delete(job).await,
            PartOn::Own(AzurePart::NatPolicy) => Ok(network::keep_policy()),
            PartOn::Own(AzurePart::Address) => address::delete(job).await,
            PartOn::Own(AzurePart::Balancer) => balancer::delete(job).await,
            PartOn::Own(AzurePart::Member(interface)) => member::delete(job, interface).await,
        }
    }

    async fn progress(
        &self,
        _part: &Part,
        operation: &str,
        action: &str,
    ) -> Result<Progress, Error> {
        operation::progress(self.client, operation, action, self.now).await
    }

    async fn find_in_parent(&self, part: &Part) -> Result<Parent, Error> {
        let resource = resource_of(*self, part)?;
        let action = format!("list the siblings of {resource}");
        let listed = self
            .client
            .list(
                &resource.siblings(),
                &action,
                read_action(resource.kind()),
                self.now,
            )
            .await?;
        Ok(match listed {
            None => Parent::Absent,
            Some(listed) => {
                let is_it = |document| document::says(document, "/name", resource.name());
                if listed.iter().any(is_it) {
                    Parent::Lists
                } else {
                    Parent::Lacks
                }
            }
        })
    }
}

/// The resource that a part is, or is a field of.
fn resource_of(job: Job<'_>, part: &Part) -> Result<Resource, Error> {
    let part = part.on_azure().ok_or_else(|| unsupported("name", part))?;
    match part {
        PartOn::Network => job.names.network(),
        PartOn::Attachment => job.names.attachment(),
        PartOn::Admission(id) => admission::connection(job, id),
        PartOn::Own(AzurePart::Group) => job.names.group(),
        PartOn::Own(AzurePart::NatPolicy) => job.names.nat_subnet(),
        PartOn::Own(AzurePart::Address) => Ok(job.names.address()),
        PartOn::Own(AzurePart::Balancer) => job.names.balancer(),
        PartOn::Own(AzurePart::Member(interface)) => member::interface(interface, "find"),
    }
}
