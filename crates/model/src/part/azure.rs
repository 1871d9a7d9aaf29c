//! The parts that only Azure has, and their specs.

use std::collections::BTreeSet;
use std::fmt;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::rule::Rule;
use crate::id::SubscriptionId;
use crate::name::NodeName;

/// A part on Azure.
///
/// The order is the build order: a part comes after the parts it needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AzurePart {
    /// The resource group of a project VPC made by us.
    Group,
    /// The subnet's permission to hold private link services.
    NatPolicy,
    /// A public IP address.
    Address,
    /// The load balancer of the nodes.
    Balancer,
    /// A node's membership in the load balancer's pools, by the ID of its network interface.
    Member(String),
}

impl AzurePart {
    /// Returns whether this part can only exist while `other` does.
    pub(super) fn needs(&self, other: &Self) -> bool {
        match self {
            Self::Group | Self::NatPolicy | Self::Address | Self::Balancer => false,
            Self::Member(_) => *other == Self::Balancer,
        }
    }

    /// Returns whether this part contains the network: the network needs it.
    pub(super) const fn contains_network(&self) -> bool {
        match self {
            Self::Group => true,
            Self::NatPolicy | Self::Address | Self::Balancer | Self::Member(_) => false,
        }
    }

    /// Returns whether this part needs the network.
    pub(super) const fn needs_network(&self) -> bool {
        match self {
            Self::NatPolicy => true,
            Self::Group | Self::Address | Self::Balancer | Self::Member(_) => false,
        }
    }

    /// Returns whether the attachment needs this part.
    pub(super) const fn carries_attachment(&self) -> bool {
        match self {
            Self::Balancer => true,
            Self::Group | Self::NatPolicy | Self::Address | Self::Member(_) => false,
        }
    }

    /// Returns whether a change must carry the tag of the state it was decided on.
    ///
    /// Network interface and subnet are borrowed: the driver reads and writes them in one step.
    pub(super) const fn is_guarded(&self) -> bool {
        match self {
            Self::Balancer => true,
            Self::Group | Self::NatPolicy | Self::Address | Self::Member(_) => false,
        }
    }

    /// Returns whether the part is a field of an object that may exist without it.
    pub(super) const fn is_field(&self) -> bool {
        match self {
            Self::NatPolicy | Self::Member(_) => true,
            Self::Group | Self::Address | Self::Balancer => false,
        }
    }

    /// Returns whether the part belongs to a project VPC or a static IP.
    pub(super) const fn is_of_network(&self) -> bool {
        match self {
            Self::Group | Self::NatPolicy | Self::Address => true,
            Self::Balancer | Self::Member(_) => false,
        }
    }

    /// Returns whether both are the same part; Azure does not keep the case of resource IDs.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Member(id), Self::Member(other)) => id.eq_ignore_ascii_case(other),
            (part, other) => part == other,
        }
    }

    /// Reads the stored form; `None` if it is not a part of Azure.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "group" => Some(Self::Group),
            "nat-policy" => Some(Self::NatPolicy),
            "address" => Some(Self::Address),
            "balancer" => Some(Self::Balancer),
            _ => text
                .strip_prefix("member:")
                .map(|interface| Self::Member(interface.to_owned())),
        }
    }
}

impl fmt::Display for AzurePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group => f.write_str("group"),
            Self::NatPolicy => f.write_str("nat-policy"),
            Self::Address => f.write_str("address"),
            Self::Balancer => f.write_str("balancer"),
            Self::Member(interface) => write!(f, "member:{interface}"),
        }
    }
}

/// The spec of a part on Azure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AzureSpec {
    /// A virtual network.
    Network {
        /// The range that the subnets divide.
        cidr: Ipv4Net,
    },
    /// A load balancer with exactly these rules.
    Balancer {
        /// One per open port.
        rules: BTreeSet<Rule>,
        /// The nodes that have a pool of their own, besides the pool of all nodes.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        pools: BTreeSet<NodeName>,
    },
    /// A node's membership in the pool of all nodes and in the pools of single nodes.
    Member {
        /// The nodes whose pools these are; a membership without any is [`super::Spec::Present`].
        pools: BTreeSet<NodeName>,
    },
    /// A private link service, visible to exactly these subscriptions.
    Attachment {
        /// The subscriptions whose endpoints may request a connection.
        visibility: BTreeSet<SubscriptionId>,
    },
}
