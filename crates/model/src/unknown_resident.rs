//! Links in a project VPC that its cloud shows and the store does not have.

use crate::cloud::Provider;
use crate::id::ProjectVpcId;
use crate::name::{ProjectName, ServiceName};
use crate::orphan::Orphan;
use crate::published_network::{NetworkMatch, PublishedNetwork};
use crate::recovery::LinkDifference;
use crate::remedy::Remedy;
use crate::vpc::{ProjectVpc, VpcNetwork, VpcResident};
use crate::work::WorkKey;

/// A link that the store does not have, in a project VPC. Its flows need the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownResident {
    vpc: ProjectVpcId,
    text: String,
    remedy: Remedy,
    /// The service of the project VPC's project that it was a link of.
    service: Option<ServiceName>,
}

/// A link that the store does not have, as a listing shows it.
struct ListedLink<'a> {
    region: &'a str,
    group: Option<&'a str>,
    network: &'a PublishedNetwork,
    /// The work key of the link, as its tag says.
    managed: &'a str,
}

// === impl UnknownResident ===

impl UnknownResident {
    /// Returns an orphan as a resident of a project VPC, if it is or may be in it.
    ///
    /// `native_id` is the provider's name of the account of the project VPC.
    pub fn of_orphan(orphan: &Orphan, vpc: &ProjectVpc, native_id: &str) -> Option<Self> {
        let listed = ListedLink {
            region: &orphan.region,
            group: orphan.group.as_deref(),
            network: &orphan.network,
            managed: &orphan.managed,
        };
        let is_inside =
            vpc.account.as_ref() == Some(&orphan.account) && listed.is_in(vpc, native_id);
        is_inside.then(|| Self {
            vpc: vpc.id,
            text: format!(
                "orphan {}{} with {} approved connection(s)",
                orphan.link,
                owner(&orphan.managed),
                orphan.approved()
            ),
            remedy: Remedy::ListOrphans,
            service: service_of(&orphan.managed, &vpc.project),
        })
    }

    /// Returns a link that differs from the cloud as a resident of a project VPC, if the store does
    /// not have it and it is or may be in it.
    pub fn of_difference(
        difference: &LinkDifference,
        vpc: &ProjectVpc,
        native_id: &str,
    ) -> Option<Self> {
        let of_account = vpc.account.as_ref() == Some(&difference.account);
        let is_inside = match &difference.published {
            _ if difference.is_known || !of_account => false,
            Some(published) if !published.region.is_empty() => ListedLink {
                region: &published.region,
                group: published.group.as_deref(),
                network: &published.network,
                managed: &difference.managed,
            }
            .is_in(vpc, native_id),
            Some(_) | None => may_be_of(&difference.managed, &vpc.project),
        };
        is_inside.then(|| Self {
            vpc: vpc.id,
            text: format!(
                "link {}{}, which the store does not have",
                difference.object,
                owner(&difference.managed)
            ),
            remedy: Remedy::ShowRecovery,
            service: service_of(&difference.managed, &vpc.project),
        })
    }

    /// Returns it as a member of the project sees it: without names of other projects, and with a person
    /// to ask in place of an operator's command.
    #[must_use]
    pub fn for_member(self) -> Self {
        let of_service = match &self.service {
            Some(service) => format!(" of service `{service}`"),
            None => String::new(),
        };
        Self {
            text: format!("a link{of_service} that the cloud shows and Underpass does not have"),
            remedy: Remedy::manual("Ask an operator to adopt or remove it"),
            ..self
        }
    }
}

impl VpcResident for UnknownResident {
    fn project_vpc_id(&self) -> Option<ProjectVpcId> {
        Some(self.vpc)
    }

    fn describe(&self) -> String {
        self.text.clone()
    }

    fn remedy(&self) -> Remedy {
        self.remedy.clone()
    }
}

// === impl ListedLink ===

impl ListedLink<'_> {
    /// Returns whether it is in a project VPC; true in doubt.
    fn is_in(&self, vpc: &ProjectVpc, native_id: &str) -> bool {
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        let in_group = |group: &str| self.group.is_none_or(|own| same(own, group));
        let is_possible = match (&vpc.place, vpc.cloud.provider()) {
            (VpcNetwork::Made, Provider::Azure) => in_group(&vpc.group_name()),
            (VpcNetwork::Adopted(adopted), _) => in_group(&adopted.resource_group),
            (VpcNetwork::Made | VpcNetwork::AdoptedGoogle(_), _) => {
                same(self.region, vpc.cloud.region())
            }
        };
        is_possible
            && match self.network.compare(vpc, native_id) {
                NetworkMatch::Same => true,
                NetworkMatch::Different { .. } => false,
                NetworkMatch::Unknown => may_be_of(self.managed, &vpc.project),
            }
    }
}

/// Returns whether a link may be one of a project: its tag names it, or none.
fn may_be_of(managed: &str, project: &ProjectName) -> bool {
    let key: Option<WorkKey> = managed.parse().ok();
    key.is_none_or(|key| key.project().is_none_or(|named| named == project))
}

/// Returns the service of a link, if it is of this project.
fn service_of(managed: &str, project: &ProjectName) -> Option<ServiceName> {
    match managed.parse() {
        Ok(WorkKey::Link(named, service, _)) if named == *project => Some(service),
        _ => None,
    }
}

/// Returns the service of a link, after the link's ID.
fn owner(managed: &str) -> String {
    match managed.parse() {
        Ok(WorkKey::Link(project, service, _)) => format!(" of {project}/{service}"),
        Ok(WorkKey::Vpc(..) | WorkKey::StaticIp(..) | WorkKey::Orphan(..)) | Err(_) => {
            String::new()
        }
    }
}

#[cfg(test)]
mod tests;
