//! Project VPCs: the provider-side networks of services and links.

use std::collections::BTreeSet;
use std::fmt;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::adopted_network::MADE;
pub use crate::adopted_network::{AdoptedAzure, AdoptedGoogle};
use crate::cloud::{CloudName, Provider};
use crate::cloud_resource::{CloudResource, CloudResourceKind};
use crate::id::{Generation, ProjectVpcId};
use crate::name::{AccountName, ProjectName};
use crate::part::{AzurePart, AzureSpec, GooglePart, GoogleSpec, Observed, Part, Spec};
use crate::refusal::Refusal;
use crate::remedy::Remedy;
use crate::work::WorkKey;

/// The smallest and the largest prefix length of a project VPC (compatible API, documented).
pub const PREFIX_LENGTHS: std::ops::RangeInclusive<u8> = 20..=24;

/// The subnet of nodes and load balancers in a network made by Underpass.
pub const NODE_SUBNET: &str = "nodes";

/// The NAT subnet of published services in a network made by Underpass.
pub const NAT_SUBNET: &str = "nat";

/// The network in the resource group made by Underpass.
pub const NETWORK: &str = "underpass";

/// The range reserved for Private Service Connect in every Google project VPC (compatible API,
/// documented).
pub const GOOGLE_RESERVED: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(172, 24, 0, 0), 16);

/// The code of the failure to write a subnet that has another range: a range can only be expanded.
pub const SUBNET_RANGE_DIFFERS: &str = "SubnetRangeDiffers";

/// A provider-side network in one region of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectVpc {
    /// The ID.
    pub id: ProjectVpcId,
    /// The project.
    pub project: ProjectName,
    /// The cloud and region.
    pub cloud: CloudName,
    /// The address range.
    pub cidr: Ipv4Net,
    /// The cloud account that owns it; `None` if no account serves the cloud (nothing is built).
    pub account: Option<AccountName>,
    /// The origin of the network.
    pub place: VpcNetwork,
    /// Customer-hosted: links are refused.
    #[serde(default)]
    pub byoc: bool,
    /// Increases with each change of the desired state.
    pub generation: Generation,
    /// Requests the deletion.
    pub deleting: bool,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time of the last change of the desired state.
    pub updated_at: Timestamp,
}

/// The origin of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VpcNetwork {
    /// Created by Underpass, in a container of its own.
    Made,
    /// Owned by the operator; Underpass changes one policy of one subnet.
    Adopted(AdoptedAzure),
    /// Owned by the operator; Underpass adds one firewall rule, for health checks.
    AdoptedGoogle(AdoptedGoogle),
}

/// The states the compatible API shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum VpcState {
    /// Requested, but it does not exist yet.
    Approved,
    /// Ready for services.
    Active,
    /// Being deleted.
    Deleting,
}

impl VpcState {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::Active => "ACTIVE",
            Self::Deleting => "DELETING",
        }
    }
}

impl fmt::Display for VpcState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An object that can be in a project VPC, which then cannot be deleted.
pub trait VpcResident {
    /// The project VPC that the object is in.
    fn project_vpc_id(&self) -> Option<ProjectVpcId>;

    /// The object's kind and name, in the middle of a sentence.
    fn describe(&self) -> String;

    /// The action that empties the project VPC of it.
    fn remedy(&self) -> Remedy {
        Remedy::EmptyVpc
    }
}

impl ProjectVpc {
    /// Refuses ranges that a project VPC may not have.
    ///
    /// # Errors
    /// * `vpc_prefix`, `vpc_host_bits`, `vpc_public_range`, `vpc_reserved_range`: the range breaks
    ///   the rule of that name.
    /// * `vpc_overlap`: another project VPC in the same region overlaps it.
    pub fn check_cidr(
        cidr: Ipv4Net,
        others: &[ProjectVpc],
        cloud: &CloudName,
    ) -> Result<(), Refusal> {
        if !PREFIX_LENGTHS.contains(&cidr.prefix_len()) {
            return Err(Refusal::invalid(
                "vpc_prefix",
                format!(
                    "Network `{cidr}` cannot be a project VPC. Use a prefix between /20 and /24"
                ),
            ));
        }
        if cidr.trunc() != cidr {
            return Err(Refusal::invalid(
                "vpc_host_bits",
                format!(
                    "Network `{cidr}` has host bits set. Did you mean `{}`?",
                    cidr.trunc()
                ),
            ));
        }
        if !cidr.addr().is_private() {
            return Err(Refusal::invalid(
                "vpc_public_range",
                format!(
                    "Network `{cidr}` is not private. Use a range of RFC 1918, such as \
                     10.64.0.0/24"
                ),
            ));
        }
        if cloud.provider() == Provider::Google && overlap(cidr, GOOGLE_RESERVED) {
            return Err(Refusal::invalid(
                "vpc_reserved_range",
                format!(
                    "Network `{cidr}` overlaps {GOOGLE_RESERVED}, which is reserved in every \
                     project VPC on Google for Private Service Connect. Choose a range outside it, \
                     such as 10.64.0.0/24"
                ),
            ));
        }
        let overlaps = |other: &&ProjectVpc| other.cloud == *cloud && overlap(other.cidr, cidr);
        match others.iter().find(overlaps) {
            None => Ok(()),
            Some(other) => Err(Refusal::conflict(
                "vpc_overlap",
                format!(
                    "Network `{cidr}` overlaps project VPC {} (`{}`) in {cloud}. Choose another \
                     range",
                    other.id, other.cidr
                ),
            )),
        }
    }

    /// The parts that it consists of in its cloud, with their specs.
    pub(crate) fn parts(&self) -> Vec<(Part, Spec)> {
        let cidr = self.cidr;
        match (&self.place, self.cloud.provider()) {
            (VpcNetwork::Made, Provider::Google) => vec![
                (Part::Network, Spec::Present),
                (
                    Part::Google(GooglePart::Subnet),
                    Spec::Google(GoogleSpec::Subnet { cidr }),
                ),
                (Part::Google(GooglePart::Probes), Spec::Present),
            ],
            (VpcNetwork::Made, Provider::Azure) => vec![
                (Part::Azure(AzurePart::Group), Spec::Present),
                (Part::Network, Spec::Azure(AzureSpec::Network { cidr })),
            ],
            // No account of this cloud can be configured, so nothing is built.
            (VpcNetwork::Made, Provider::Aws) => Vec::new(),
            (VpcNetwork::Adopted(_), _) => {
                vec![(Part::Azure(AzurePart::NatPolicy), Spec::Present)]
            }
            (VpcNetwork::AdoptedGoogle(_), _) => {
                vec![(Part::Google(GooglePart::Probes), Spec::Present)]
            }
        }
    }

    /// The key of its network within the account: ranges are unique within a network.
    pub fn network_key(&self) -> String {
        match &self.place {
            VpcNetwork::Made => self.id.to_string(),
            VpcNetwork::Adopted(adopted) => adopted.vnet_id.to_ascii_lowercase(),
            VpcNetwork::AdoptedGoogle(adopted) => adopted.network.clone(),
        }
    }

    /// Returns the shown state.
    pub fn state(&self, observed: &Observed) -> VpcState {
        if self.deleting {
            return VpcState::Deleting;
        }
        // A single confirmation is enough: a part that is unknown or deleted later does not make the
        // VPC inactive; a condition shows it.
        let ready = |(part, _): &(Part, Spec)| observed.known(part).is_some();
        if self.account.is_none() || self.parts().iter().all(ready) {
            VpcState::Active
        } else {
            VpcState::Approved
        }
    }

    /// Refuses a service that cannot be in it.
    ///
    /// # Errors
    /// * `region_differs`: the service is in another region.
    /// * `vpc_not_active`: the VPC is still being created.
    /// * `vpc_deleting`: the VPC is being deleted.
    pub fn admit(&self, cloud: &CloudName, observed: &Observed) -> Result<(), Refusal> {
        if self.cloud != *cloud {
            return Err(Refusal::invalid(
                "region_differs",
                format!(
                    "Project VPC {} is in {}, the service in {cloud}. They must be in the same \
                     cloud and region",
                    self.id, self.cloud
                ),
            )
            .with_remedy(Remedy::CreateVpc {
                cloud: cloud.clone(),
                service: None,
            }));
        }
        match self.state(observed) {
            VpcState::Active => Ok(()),
            VpcState::Approved => Err(Refusal::conflict(
                "vpc_not_active",
                format!(
                    "Project VPC {} is still being created. It must be ACTIVE first",
                    self.id
                ),
            )
            .with_remedy(Remedy::ListVpcs)),
            VpcState::Deleting => Err(Refusal::conflict(
                "vpc_deleting",
                format!(
                    "Project VPC {} is being deleted. Use or create another one",
                    self.id
                ),
            )),
        }
    }

    /// The adopted cloud resources, which belong to its project. A network that Underpass made has
    /// none: it cannot be adopted.
    pub fn cloud_resources(&self) -> BTreeSet<CloudResource> {
        let Some(account) = &self.account else {
            return BTreeSet::new();
        };
        match &self.place {
            VpcNetwork::Made => BTreeSet::new(),
            VpcNetwork::Adopted(adopted) => BTreeSet::from([
                CloudResource::group(account, &adopted.resource_group),
                CloudResource::on_azure(CloudResourceKind::Network, &adopted.vnet_id),
                CloudResource::on_azure(CloudResourceKind::Subnet, &adopted.node_subnet_id()),
                CloudResource::on_azure(CloudResourceKind::Subnet, &adopted.nat_subnet_id()),
            ]),
            VpcNetwork::AdoptedGoogle(adopted) => BTreeSet::from([
                CloudResource::on_google(CloudResourceKind::Network, &adopted.network),
                CloudResource::on_google(CloudResourceKind::Subnet, &adopted.node_subnet),
            ]),
        }
    }

    /// Returns the range of its subnet in the cloud, if it does not contain the one of the project VPC: a
    /// range can only be expanded, so no write puts it right (Google).
    pub fn differing_range(&self, observed: &Observed) -> Option<Ipv4Net> {
        match observed.last(&Part::Google(GooglePart::Subnet))?.spec {
            Spec::Google(GoogleSpec::Subnet { cidr }) if !cidr.contains(&self.cidr) => Some(cidr),
            _ => None,
        }
    }

    /// The key of its work.
    pub fn work_key(&self) -> WorkKey {
        WorkKey::Vpc(self.project.clone(), self.id)
    }

    /// Requests the deletion, unless the VPC is in use. A second request changes nothing. Returns
    /// whether anything changed.
    ///
    /// # Errors
    /// * `vpc_in_use`: a service or a link is in it, or a link that only its cloud shows.
    pub fn delete<'a>(
        &mut self,
        residents: impl IntoIterator<Item = &'a dyn VpcResident>,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        if self.deleting {
            return Ok(false);
        }
        let inside: Vec<_> = residents
            .into_iter()
            .filter(|resident| resident.project_vpc_id() == Some(self.id))
            .collect();
        if let Some(first) = inside.first() {
            let names: Vec<_> = inside.iter().map(|it| it.describe()).collect();
            return Err(Refusal::conflict(
                "vpc_in_use",
                format!(
                    "Project VPC {} cannot be deleted, because it contains {}",
                    self.id,
                    names.join(", ")
                ),
            )
            .with_remedy(first.remedy()));
        }
        self.deleting = true;
        self.generation = self.generation.next();
        self.updated_at = now;
        Ok(true)
    }

    /// The name of its container (Azure: the resource group; Google: the network).
    pub fn group_name(&self) -> String {
        format!("{MADE}{}", self.id)
    }
}

/// The refusal for a project VPC that does not exist.
pub fn vpc_not_found(id: ProjectVpcId) -> Refusal {
    Refusal::not_found(
        "vpc_not_found",
        format!("Project VPC {id} not found in this project"),
    )
    .with_remedy(Remedy::ListVpcs)
}

/// The refusal for a new project VPC under the ID of another one.
pub fn vpc_exists(id: ProjectVpcId) -> Refusal {
    Refusal::conflict(
        "vpc_exists",
        format!(
            "Project VPC {id} exists. An ID is given only to make a project VPC again that the \
             store lost; omit it for a new one"
        ),
    )
    .with_remedy(Remedy::ListVpcs)
}

fn overlap(one: Ipv4Net, other: Ipv4Net) -> bool {
    one.contains(&other.network()) || other.contains(&one.network())
}

impl VpcNetwork {
    /// The IDs that a grant must cover; none for a network made by Underpass.
    ///
    /// `native_id`: the subscription or project that the account manages.
    pub fn granted_ids(&self, native_id: &str) -> Vec<String> {
        match self {
            Self::Made => Vec::new(),
            // The network is changed only within its subnets.
            Self::Adopted(adopted) => vec![
                format!(
                    "/subscriptions/{native_id}/resourceGroups/{}",
                    adopted.resource_group
                ),
                adopted.node_subnet_id(),
                adopted.nat_subnet_id(),
            ],
            // The driver refuses a subnet of another network.
            Self::AdoptedGoogle(adopted) => vec![adopted.network.clone()],
        }
    }
}

#[cfg(test)]
mod tests;
