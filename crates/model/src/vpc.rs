//! Project VPCs: provider-side networks that services and links live in.

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::CloudName;
use crate::id::{Generation, ProjectVpcId};
use crate::name::{AccountName, ProjectName};
use crate::part::{Observed, Part};
use crate::refusal::Refusal;

/// Smallest and largest prefix length of a project VPC (compatible API, documented).
pub const PREFIX_LENGTHS: std::ops::RangeInclusive<u8> = 20..=24;

/// Name of the subnet that nodes and balancers use in a network made by us.
pub const NODE_SUBNET: &str = "nodes";

/// Name of the subnet that published services translate addresses from, in a network made by us.
pub const NAT_SUBNET: &str = "nat";

/// Name of the network in the group made by us.
pub const NETWORK: &str = "underpass";

/// A provider-side network in one region of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectVpc {
    /// Its id.
    pub id: ProjectVpcId,
    /// Whose it is.
    pub project: ProjectName,
    /// Where it is.
    pub cloud: CloudName,
    /// Its range.
    pub cidr: Ipv4Net,
    /// The cloud account it lives in; `None` when no account serves the cloud (nothing is built).
    pub account: Option<AccountName>,
    /// Made by us or adopted.
    pub place: VpcPlace,
    /// Customer-hosted: links are refused.
    #[serde(default)]
    pub byoc: bool,
    /// Grows with each change of the wish.
    pub generation: Generation,
    /// Whether it is to go.
    pub deleting: bool,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the wish last changed.
    pub updated_at: Timestamp,
}

/// Where the network comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VpcPlace {
    /// We make it, in a container of its own.
    Made,
    /// It is the operator's; we change one permission on one subnet.
    Adopted(AdoptedAzure),
}

/// An Azure network that is not ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptedAzure {
    /// Where the link's own objects go.
    pub resource_group: String,
    /// Full resource id of the virtual network.
    pub vnet_id: String,
    /// Full resource id, or name, of the subnet that nodes and balancers use.
    pub node_subnet: String,
    /// Full resource id, or name, of the subnet for address translation.
    pub nat_subnet: String,
}

/// The states the compatible API shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VpcState {
    /// Asked for, not yet there.
    Approved,
    /// Ready for services.
    Active,
    /// On its way out.
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

impl ProjectVpc {
    /// Refuses ranges that a project VPC may not have.
    pub fn check_cidr(cidr: Ipv4Net, others: &[ProjectVpc], cloud: &CloudName) -> Result<(), Refusal> {
        if !PREFIX_LENGTHS.contains(&cidr.prefix_len()) {
            return Err(Refusal::invalid(
                "vpc_prefix",
                format!("Network `{cidr}` cannot be a project VPC: use a prefix between /20 and /24"),
            ));
        }
        if cidr.trunc() != cidr {
            return Err(Refusal::invalid(
                "vpc_host_bits",
                format!("Network `{cidr}` has host bits set; did you mean `{}`?", cidr.trunc()),
            ));
        }
        if !cidr.addr().is_private() {
            return Err(Refusal::invalid(
                "vpc_public_range",
                format!("Network `{cidr}` is not private: use a range of RFC 1918, such as 10.64.0.0/24"),
            ));
        }
        let overlaps = |other: &&ProjectVpc| {
            other.cloud == *cloud
                && (other.cidr.contains(&cidr.network()) || cidr.contains(&other.cidr.network()))
        };
        match others.iter().find(overlaps) {
            None => Ok(()),
            Some(other) => Err(Refusal::conflict(
                "vpc_overlap",
                format!(
                    "Network `{cidr}` overlaps project VPC {} (`{}`) in {cloud}: choose another range",
                    other.id, other.cidr
                ),
            )),
        }
    }

    /// The state people see.
    pub fn state(&self, observed: &Observed) -> VpcState {
        if self.deleting {
            return VpcState::Deleting;
        }
        // Confirmed once is enough: a later doubt does not take a network away from people.
        let ready = |part: &Part| observed.last(part).is_some();
        let parts: &[Part] = match self.place {
            VpcPlace::Made => &[Part::Group, Part::Network],
            VpcPlace::Adopted(_) => &[Part::NatPolicy],
        };
        if self.account.is_none() || parts.iter().all(ready) {
            VpcState::Active
        } else {
            VpcState::Approved
        }
    }

    /// The name of the container made for it.
    pub fn group_name(&self) -> String {
        format!("underpass-vpc-{}", self.id)
    }
}
