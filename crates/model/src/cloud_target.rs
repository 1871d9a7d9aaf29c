//! The target of a step: everything that a driver needs besides the step itself.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::cloud::Provider;
use crate::id::ConnectionId;
use crate::name::AccountName;
use crate::vpc::{AdoptedAzure, AdoptedGoogle, ProjectVpc, VpcNetwork};

/// The account, the region, the names and the ownership tag of a managed object in its cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudTarget {
    /// The cloud account that acts.
    pub account: AccountName,
    /// The provider's name of the region.
    pub region: String,
    /// The stem of the cloud objects' names: opaque, because consumers see some of them.
    pub object: String,
    /// The tag that the cloud objects carry.
    pub ownership: OwnershipTag,
    /// The network the objects belong to.
    pub placement: NetworkPlacement,
    /// The IP configuration of each node, by the node's handle (`None`: the primary one).
    pub members: BTreeMap<String, Option<String>>,
    /// The provider's name of each connection.
    pub connections: BTreeMap<ConnectionId, String>,
    /// The proofs that are written with decisions and with the published service.
    pub proofs: Proofs,
}

/// Proofs that this installation made a link and its decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proofs {
    /// The code that proves that a link is ours; empty for other objects.
    pub link: String,
    /// The [proof](crate::decision_proof) of the decision about each connection that has one.
    pub decisions: BTreeMap<ConnectionId, String>,
}

/// The tag on everything we create, so that we never change what is not ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnershipTag {
    /// The managed object, as its work key prints.
    pub managed: String,
    /// The object's ID, which a later object of the same name does not share.
    pub incarnation: String,
}

/// The network the objects belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkPlacement {
    /// None: the object is in the account's own container.
    Account,
    /// A network on Azure.
    Azure(AzurePlacement),
    /// A network on Google.
    Google(GooglePlacement),
}

/// A virtual network on Azure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AzurePlacement {
    /// A network made by us.
    Made {
        /// Name of its resource group.
        group: String,
        /// The range that its subnets divide.
        cidr: Ipv4Net,
    },
    /// A network of the operator.
    Adopted(AdoptedAzure),
    /// An unknown network: only the resource group of the objects is known, which suffices to read
    /// and to delete them.
    Group(String),
}

/// A VPC network on Google.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GooglePlacement {
    /// A network made by us.
    Made {
        /// Name of the network.
        network: String,
    },
    /// A network of the operator.
    Adopted(AdoptedGoogle),
    /// An unknown network, which suffices to read and to delete the objects of a link.
    Unknown,
}

impl NetworkPlacement {
    /// The placement in a project VPC; `None` if no driver exists for its cloud.
    pub fn of(vpc: &ProjectVpc) -> Option<Self> {
        match (vpc.cloud.provider(), &vpc.place) {
            (Provider::Azure, VpcNetwork::Made) => Some(Self::Azure(AzurePlacement::Made {
                group: vpc.group_name(),
                cidr: vpc.cidr,
            })),
            (Provider::Azure, VpcNetwork::Adopted(adopted)) => {
                Some(Self::Azure(AzurePlacement::Adopted(adopted.clone())))
            }
            (Provider::Google, VpcNetwork::Made) => Some(Self::Google(GooglePlacement::Made {
                network: vpc.group_name(),
            })),
            (Provider::Google, VpcNetwork::AdoptedGoogle(adopted)) => {
                Some(Self::Google(GooglePlacement::Adopted(adopted.clone())))
            }
            // Networks of one cloud are not adopted into a project VPC of another.
            (Provider::Azure, VpcNetwork::AdoptedGoogle(_))
            | (Provider::Google, VpcNetwork::Adopted(_))
            | (Provider::Aws, _) => None,
        }
    }

    /// The network on Azure, if it is one.
    pub const fn azure(&self) -> Option<&AzurePlacement> {
        if let Self::Azure(placement) = self {
            Some(placement)
        } else {
            None
        }
    }

    /// The network on Google, if it is one.
    pub const fn google(&self) -> Option<&GooglePlacement> {
        if let Self::Google(placement) = self {
            Some(placement)
        } else {
            None
        }
    }
}

impl AzurePlacement {
    /// Name of the resource group that holds the objects of links.
    pub fn resource_group(&self) -> &str {
        match self {
            Self::Made { group, .. } | Self::Group(group) => group,
            Self::Adopted(adopted) => &adopted.resource_group,
        }
    }
}
