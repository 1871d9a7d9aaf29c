//! The parts that only Google has, and their specs.

use std::collections::BTreeSet;
use std::fmt;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

/// A part on Google.
///
/// The order is the build order: a part comes after the parts it needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum GooglePart {
    /// The subnet of the nodes and of the links' forwarding rules.
    Subnet,
    /// The firewall rule that lets the provider's health checks reach the nodes.
    Probes,
    /// A subnet that consumers' addresses are translated to.
    NatSubnet(Ipv4Net),
    /// The firewall rule that closes all ports to consumers.
    Deny,
    /// The firewall rule that opens ports to consumers, with a higher priority.
    Allow,
    /// The health check of the nodes.
    HealthCheck,
    /// The network endpoint group of the nodes in one zone.
    EndpointGroup(String),
    /// The endpoints in the group of one zone.
    Endpoints(String),
    /// The backend service over the groups.
    BackendService,
    /// The forwarding rule on all ports.
    ForwardingRule,
}

impl GooglePart {
    /// Returns whether this part can only exist while `other` does.
    pub(super) fn needs(&self, other: &Self) -> bool {
        match self {
            Self::Subnet
            | Self::Probes
            | Self::NatSubnet(_)
            | Self::HealthCheck
            | Self::EndpointGroup(_) => false,
            // A range whose subnet is not ours may be another link's or another team's: a rule for it
            // would let their consumers reach the ports of this link, or cut their flows.
            Self::Deny | Self::Allow => matches!(other, Self::NatSubnet(_)),
            Self::Endpoints(zone) => {
                matches!(other, Self::EndpointGroup(other) if other == zone)
            }
            Self::BackendService => matches!(other, Self::HealthCheck | Self::EndpointGroup(_)),
            Self::ForwardingRule => *other == Self::BackendService,
        }
    }

    /// Returns whether this part needs the network.
    pub(super) const fn needs_network(&self) -> bool {
        match self {
            Self::Subnet | Self::Probes => true,
            Self::NatSubnet(_)
            | Self::Deny
            | Self::Allow
            | Self::HealthCheck
            | Self::EndpointGroup(_)
            | Self::Endpoints(_)
            | Self::BackendService
            | Self::ForwardingRule => false,
        }
    }

    /// Returns whether the attachment needs this part.
    ///
    /// The rule that closes ports is built before there is an entry, and outlives it.
    pub(super) const fn carries_attachment(&self) -> bool {
        match self {
            Self::NatSubnet(_) | Self::Deny | Self::ForwardingRule => true,
            Self::Subnet
            | Self::Probes
            | Self::Allow
            | Self::HealthCheck
            | Self::EndpointGroup(_)
            | Self::Endpoints(_)
            | Self::BackendService => false,
        }
    }

    /// Returns whether a change must carry the tag of the state it was decided on.
    ///
    /// The other parts have no version in the cloud, or never change.
    pub(super) const fn is_guarded(&self) -> bool {
        match self {
            Self::BackendService => true,
            Self::Subnet
            | Self::Probes
            | Self::NatSubnet(_)
            | Self::Deny
            | Self::Allow
            | Self::HealthCheck
            | Self::EndpointGroup(_)
            | Self::Endpoints(_)
            | Self::ForwardingRule => false,
        }
    }

    /// Returns whether the part is a field of an object that may exist without it.
    pub(super) const fn is_field(&self) -> bool {
        match self {
            Self::Endpoints(_) => true,
            Self::Subnet
            | Self::Probes
            | Self::NatSubnet(_)
            | Self::Deny
            | Self::Allow
            | Self::HealthCheck
            | Self::EndpointGroup(_)
            | Self::BackendService
            | Self::ForwardingRule => false,
        }
    }

    /// Returns whether the part belongs to a project VPC.
    pub(super) const fn is_of_network(&self) -> bool {
        match self {
            Self::Subnet | Self::Probes => true,
            Self::NatSubnet(_)
            | Self::Deny
            | Self::Allow
            | Self::HealthCheck
            | Self::EndpointGroup(_)
            | Self::Endpoints(_)
            | Self::BackendService
            | Self::ForwardingRule => false,
        }
    }

    /// Reads the stored form; `None` if it is not a part of Google.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "subnet" => Some(Self::Subnet),
            "probes" => Some(Self::Probes),
            "deny" => Some(Self::Deny),
            "allow" => Some(Self::Allow),
            "health-check" => Some(Self::HealthCheck),
            "backend-service" => Some(Self::BackendService),
            "forwarding-rule" => Some(Self::ForwardingRule),
            _ => match text.split_once(':')? {
                ("endpoint-group", zone) => Some(Self::EndpointGroup(zone.to_owned())),
                ("endpoints", zone) => Some(Self::Endpoints(zone.to_owned())),
                ("nat-subnet", range) => range.parse().map(Self::NatSubnet).ok(),
                _ => None,
            },
        }
    }
}

impl fmt::Display for GooglePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subnet => f.write_str("subnet"),
            Self::Probes => f.write_str("probes"),
            Self::NatSubnet(range) => write!(f, "nat-subnet:{range}"),
            Self::Deny => f.write_str("deny"),
            Self::Allow => f.write_str("allow"),
            Self::HealthCheck => f.write_str("health-check"),
            Self::EndpointGroup(zone) => write!(f, "endpoint-group:{zone}"),
            Self::Endpoints(zone) => write!(f, "endpoints:{zone}"),
            Self::BackendService => f.write_str("backend-service"),
            Self::ForwardingRule => f.write_str("forwarding-rule"),
        }
    }
}

/// The spec of a part on Google.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GoogleSpec {
    /// A subnet.
    Subnet {
        /// Its only range.
        cidr: Ipv4Net,
    },
    /// A firewall rule for flows from these ranges.
    Firewall {
        /// The sources of the flows: the link's NAT ranges.
        sources: BTreeSet<Ipv4Net>,
        /// The ports it opens; none for a rule that closes all.
        ports: BTreeSet<u16>,
    },
    /// A health check that connects to this port.
    HealthCheck {
        /// The port on every node.
        port: u16,
    },
    /// The endpoints of one zone.
    Endpoints {
        /// Paths of the instances, as [`crate::google::Instance`] prints them.
        instances: BTreeSet<String>,
    },
    /// The number of endpoints of one zone: all that the listing of groups shows of
    /// [`Self::Endpoints`].
    EndpointCount(usize),
    /// A backend service over the groups of these zones.
    BackendService {
        /// Names of the zones.
        zones: BTreeSet<String>,
    },
    /// A service attachment with lists of accepted and rejected endpoints.
    ServiceAttachment {
        /// The ranges that consumers' addresses are translated to.
        nat: BTreeSet<Ipv4Net>,
        /// Accepted endpoints, by the provider's name of the connection.
        accept: BTreeSet<String>,
        /// Rejected endpoints.
        reject: BTreeSet<String>,
    },
}

impl GoogleSpec {
    /// Returns whether a listing that shows `listed` is consistent with this spec.
    pub(super) fn agrees_with(&self, listed: &Self) -> bool {
        match (self, listed) {
            (Self::Endpoints { instances }, Self::EndpointCount(count)) => {
                instances.len() == *count
            }
            // A range can be expanded, which keeps its addresses.
            (Self::Subnet { cidr }, Self::Subnet { cidr: found }) => found.contains(cidr),
            (spec, listed) => spec == listed,
        }
    }

    /// Returns whether a part with this spec refers to `needed`, one of the parts it may need: a
    /// backend service refers to the groups of its zones only, a firewall rule to the subnets of its
    /// sources, an attachment to those of its ranges.
    pub(super) fn refers_to(&self, needed: &GooglePart) -> bool {
        match (self, needed) {
            (Self::BackendService { zones }, GooglePart::EndpointGroup(zone)) => {
                zones.contains(zone)
            }
            (Self::Firewall { sources, .. }, GooglePart::NatSubnet(range)) => {
                sources.contains(range)
            }
            (Self::ServiceAttachment { nat, .. }, GooglePart::NatSubnet(range)) => {
                nat.contains(range)
            }
            _ => true,
        }
    }

    /// Returns whether a firewall rule with this spec is for a part of the flows that `other` is for.
    pub(super) fn narrows(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Firewall { sources, ports },
                Self::Firewall {
                    sources: others,
                    ports: before,
                },
            ) => sources.is_subset(others) && !ports.is_empty() && ports.is_subset(before),
            _ => false,
        }
    }
}
