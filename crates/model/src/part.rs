//! The parts a wish is built of in a cloud, what is wanted of each, and what was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{ConnectionId, SubscriptionId};
use crate::name::NodeName;

/// One object, or one field of a borrowed object, in a cloud.
///
/// The order is the build order: whatever a part needs comes before it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Part {
    /// The container a project VPC made by us lives in.
    Group,
    /// The network, with its subnets where they are parts of it (Azure).
    Network,
    /// The subnet of nodes and of the links' entries, where it is an object of its own (Google).
    Subnet,
    /// The permission for the provider's health probes to reach the nodes (Google).
    Probes,
    /// The subnet's permission to hold published services.
    NatPolicy,
    /// A public address.
    Address,
    /// A range that consumers' addresses are translated to, as a subnet of its own (Google).
    NatSubnet(Ipv4Net),
    /// The firewall rule that closes whatever no rule of ours opens to consumers (Google).
    Deny,
    /// The firewall rule that opens ports to consumers (Google).
    Allow,
    /// How the provider finds out whether nodes answer (Google).
    HealthCheck,
    /// The group of the nodes in one zone (Google).
    EndpointGroup(String),
    /// Which nodes are in the group of a zone (Google).
    Endpoints(String),
    /// The groups that flows are spread over (Google).
    BackendService,
    /// The entry on all ports that leads to the nodes (Google).
    ForwardingRule,
    /// The balancer that leads from the entry to the nodes.
    Balancer,
    /// A node's membership in the balancer, by the node's handle in the cloud.
    Member(String),
    /// The published service that consumers attach to.
    Attachment,
    /// The decision about one consumer's connection.
    Admission(ConnectionId),
}

impl Part {
    /// Whether this part can only exist while `other` does.
    pub fn needs(&self, other: &Part) -> bool {
        match self {
            Self::Group
            | Self::Address
            | Self::Balancer
            | Self::NatSubnet(_)
            | Self::Deny
            | Self::Allow
            | Self::HealthCheck
            | Self::EndpointGroup(_) => false,
            Self::Network => *other == Self::Group,
            Self::NatPolicy | Self::Subnet | Self::Probes => *other == Self::Network,
            Self::Endpoints(zone) => {
                matches!(other, Self::EndpointGroup(other) if other == zone)
            }
            Self::BackendService => matches!(other, Self::HealthCheck | Self::EndpointGroup(_)),
            Self::ForwardingRule => *other == Self::BackendService,
            Self::Member(_) => *other == Self::Balancer,
            // What is closed is closed before there is an entry, and until it is gone.
            Self::Attachment => matches!(
                other,
                Self::Balancer | Self::ForwardingRule | Self::NatSubnet(_) | Self::Deny
            ),
            Self::Admission(_) => *other == Self::Attachment,
        }
    }

    /// Whether a change must carry the tag of the state it was decided on.
    ///
    /// Borrowed objects are not guarded here: the driver reads and writes them in one step. Nor is
    /// what the provider keeps no version of, or what never changes.
    pub fn is_guarded(&self) -> bool {
        match self {
            Self::Balancer | Self::BackendService | Self::Attachment => true,
            Self::Group
            | Self::Network
            | Self::Subnet
            | Self::Probes
            | Self::NatPolicy
            | Self::Address
            | Self::NatSubnet(_)
            | Self::Deny
            | Self::Allow
            | Self::HealthCheck
            | Self::EndpointGroup(_)
            | Self::Endpoints(_)
            | Self::ForwardingRule
            | Self::Member(_)
            | Self::Admission(_) => false,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group => f.write_str("group"),
            Self::Network => f.write_str("network"),
            Self::Subnet => f.write_str("subnet"),
            Self::Probes => f.write_str("probes"),
            Self::NatPolicy => f.write_str("nat-policy"),
            Self::Address => f.write_str("address"),
            Self::NatSubnet(range) => write!(f, "nat-subnet:{range}"),
            Self::Deny => f.write_str("deny"),
            Self::Allow => f.write_str("allow"),
            Self::HealthCheck => f.write_str("health-check"),
            Self::EndpointGroup(zone) => write!(f, "endpoint-group:{zone}"),
            Self::Endpoints(zone) => write!(f, "endpoints:{zone}"),
            Self::BackendService => f.write_str("backend-service"),
            Self::ForwardingRule => f.write_str("forwarding-rule"),
            Self::Balancer => f.write_str("balancer"),
            Self::Member(handle) => write!(f, "member:{handle}"),
            Self::Attachment => f.write_str("attachment"),
            Self::Admission(id) => write!(f, "admission:{id}"),
        }
    }
}

/// A stored part that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a part known to this version")]
pub struct UnknownPart(String);

impl FromStr for Part {
    type Err = UnknownPart;

    fn from_str(text: &str) -> Result<Self, UnknownPart> {
        let unknown = || UnknownPart(text.to_owned());
        match text {
            "group" => Ok(Self::Group),
            "network" => Ok(Self::Network),
            "subnet" => Ok(Self::Subnet),
            "probes" => Ok(Self::Probes),
            "nat-policy" => Ok(Self::NatPolicy),
            "address" => Ok(Self::Address),
            "deny" => Ok(Self::Deny),
            "allow" => Ok(Self::Allow),
            "health-check" => Ok(Self::HealthCheck),
            "backend-service" => Ok(Self::BackendService),
            "forwarding-rule" => Ok(Self::ForwardingRule),
            "balancer" => Ok(Self::Balancer),
            "attachment" => Ok(Self::Attachment),
            _ => match text.split_once(':') {
                Some(("member", handle)) => Ok(Self::Member(handle.to_owned())),
                Some(("endpoint-group", zone)) => Ok(Self::EndpointGroup(zone.to_owned())),
                Some(("endpoints", zone)) => Ok(Self::Endpoints(zone.to_owned())),
                Some(("nat-subnet", range)) => range
                    .parse()
                    .map(Self::NatSubnet)
                    .map_err(|_malformed| unknown()),
                Some(("admission", id)) => id
                    .parse()
                    .map(Self::Admission)
                    .map_err(|_malformed| unknown()),
                _ => Err(unknown()),
            },
        }
    }
}

impl TryFrom<String> for Part {
    type Error = UnknownPart;
    fn try_from(text: String) -> Result<Self, UnknownPart> {
        text.parse()
    }
}

impl From<Part> for String {
    fn from(part: Part) -> String {
        part.to_string()
    }
}

/// One open port: consumers dial `link_port`, nodes answer on `backend_port`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rule {
    /// The component and, where it has several listeners, which; names the rule in the cloud.
    pub name: String,
    /// The port on the link.
    pub link_port: u16,
    /// The port on every node.
    pub backend_port: u16,
    /// The only node it leads to, if not to all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeName>,
}

/// Where a connection stands in the provider's eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Admission {
    /// Waits for a decision.
    Pending,
    /// Let in.
    Approved,
    /// Turned away.
    Rejected,
    /// Let in, but the provider cannot carry it until something at our side changes: no address
    /// is left for translation, for instance.
    NeedsAttention,
    /// Cut for good at the provider; the consumer can only delete the endpoint.
    Disconnected,
}

/// What a part is, or is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spec {
    /// Exists; nothing about it varies.
    Present,
    /// A network with this range.
    Network {
        /// The range that the subnets divide.
        cidr: Ipv4Net,
    },
    /// A balancer with exactly these rules.
    Balancer {
        /// One per open port.
        rules: BTreeSet<Rule>,
        /// The nodes that have a pool of their own, besides the one of all nodes.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        pools: BTreeSet<NodeName>,
    },
    /// A node's membership in the pool of all nodes and in these pools of single ones.
    Member {
        /// Whose pools; without any it is merely [`Spec::Present`].
        pools: BTreeSet<NodeName>,
    },
    /// A subnet with this range.
    Subnet {
        /// Its only range.
        cidr: Ipv4Net,
    },
    /// A firewall rule about what comes from these ranges.
    Firewall {
        /// Where the flows come from: the link's ranges for translation.
        sources: BTreeSet<Ipv4Net>,
        /// The ports it opens; none for a rule that closes everything.
        ports: BTreeSet<u16>,
    },
    /// A probe by connecting to this port.
    HealthCheck {
        /// The port on every node.
        port: u16,
    },
    /// The machines of one zone.
    Endpoints {
        /// Their paths, as [`crate::google::Instance`] prints them.
        instances: BTreeSet<String>,
    },
    /// As many machines as this: all that a listing tells of [`Spec::Endpoints`].
    EndpointCount(usize),
    /// The zones whose groups take flows.
    BackendService {
        /// The zones' names.
        zones: BTreeSet<String>,
    },
    /// A published service that lets in and turns away by lists of its own.
    ServiceAttachment {
        /// The ranges that consumers' addresses are translated to.
        nat: BTreeSet<Ipv4Net>,
        /// Endpoints let in, by the provider's name of the connection.
        accept: BTreeSet<String>,
        /// Endpoints turned away.
        reject: BTreeSet<String>,
    },
    /// A published service visible to exactly these subscriptions.
    Attachment {
        /// Whose endpoints may ask for a connection.
        visibility: BTreeSet<SubscriptionId>,
    },
    /// A connection in this position.
    Admission(Admission),
}

/// What is wanted of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Desired {
    /// It is to be exactly this.
    Be(Spec),
    /// It turns out like this by what is written elsewhere: it is read until it does, never
    /// written or deleted.
    Await(Spec),
    /// It stays as it is; it is read when in doubt, never written or deleted.
    Leave,
}

impl Spec {
    /// Whether a listing that tells this does not contradict what is known.
    pub fn agrees_with(&self, listed: &Self) -> bool {
        match (self, listed) {
            (Self::Endpoints { instances }, Self::EndpointCount(count)) => {
                instances.len() == *count
            }
            _ => self == listed,
        }
    }
}

/// What a provider said when a part was last confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// What it was.
    pub spec: Spec,
    /// The provider's version tag for conditional writes (ETag, fingerprint).
    /// `None` when a related write may have moved it: read again before changing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Names and addresses the provider chose.
    #[serde(default)]
    pub facts: Facts,
}

/// Names and addresses that a provider chose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The object's full id in the cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name consumers may use instead of the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// A public address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Ipv4Addr>,
}

/// Whether an operation under way builds or removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperationKind {
    /// It ends with the part there.
    Put,
    /// It ends with the part gone.
    Delete,
}

/// What we know of a part's present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "phase")]
pub enum Phase {
    /// Surely not there.
    Gone,
    /// A call was about to be made, or went unanswered: anything may be true.
    Unknown {
        /// When the doubt began.
        since: Timestamp,
    },
    /// The provider works on it.
    Making {
        /// When the operation began.
        since: Timestamp,
        /// When to ask next.
        check_after: Timestamp,
        /// The provider's handle of the operation, used verbatim.
        operation: Option<String>,
        /// What it will end in.
        #[serde(rename = "doing")]
        kind: OperationKind,
    },
    /// There, as last confirmed.
    Ready,
    /// There, as last confirmed, and not yet what it is to turn out to be by itself.
    Awaited {
        /// Since when it is waited for.
        since: Timestamp,
        /// When to look next.
        check_after: Timestamp,
    },
    /// There, but the provider calls it failed; the same write again repairs it.
    Failed,
}

/// A part as far as we know it: its phase, and what was last confirmed of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedPart {
    /// The present.
    #[serde(flatten)]
    pub phase: Phase,
    /// The past: kept through doubt and change, so that a shown state does not flicker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Confirmed>,
}

/// A failed step on a part: the error, its remedy, and when the next attempt is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFailure {
    /// The provider's or our own code.
    pub code: String,
    /// What was attempted and what was answered.
    pub message: String,
    /// What the operator can do, when trying again alone will not help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Failures in a row.
    pub attempts: u32,
    /// When it first happened in this row.
    pub since: Timestamp,
    /// When the next attempt is due.
    pub retry_at: Timestamp,
}

/// Everything seen of one wish.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The parts ever touched. A part that is absent was never asked for: it is surely not there.
    #[serde(default)]
    pub parts: BTreeMap<Part, ObservedPart>,
    /// The parts whose last step failed.
    #[serde(default, rename = "troubles")]
    pub failures: BTreeMap<Part, PartFailure>,
    /// The generation whose failures these are. A newer generation is tried immediately.
    #[serde(default)]
    pub generation: crate::id::Generation,
    /// Connections sighted so far; the next one gets this plus one.
    #[serde(default)]
    pub ordinals: u32,
}

impl Observed {
    /// What was last confirmed of a part, whatever its phase.
    pub fn last(&self, part: &Part) -> Option<&Confirmed> {
        self.parts.get(part)?.last.as_ref()
    }

    /// Whether the part is there and settled.
    pub fn is_ready(&self, part: &Part) -> bool {
        self.parts
            .get(part)
            .is_some_and(|seen| seen.phase == Phase::Ready)
    }

    /// Whether the part holds on to what it needs: [`Part::needs`] speaks of kinds, what was
    /// confirmed of the part may be narrower.
    pub fn holds(&self, part: &Part, needed: &Part) -> bool {
        if self.is_gone(part) || !part.needs(needed) {
            return false;
        }
        match (needed, self.is_ready(part), self.last(part)) {
            (
                Part::EndpointGroup(zone),
                true,
                Some(Confirmed {
                    spec: Spec::BackendService { zones },
                    ..
                }),
            ) => zones.contains(zone),
            _ => true,
        }
    }

    /// Whether the part is surely not there.
    pub fn is_gone(&self, part: &Part) -> bool {
        self.parts
            .get(part)
            .is_none_or(|seen| seen.phase == Phase::Gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_round_trip_through_text() {
        let parts = [
            Part::Group,
            Part::Subnet,
            Part::Probes,
            Part::NatPolicy,
            Part::NatSubnet("172.24.0.16/28".parse().unwrap()),
            Part::Deny,
            Part::Allow,
            Part::HealthCheck,
            Part::EndpointGroup("europe-west1-b".to_owned()),
            Part::Endpoints("europe-west1-b".to_owned()),
            Part::BackendService,
            Part::ForwardingRule,
            Part::Member("/subscriptions/a:b/nic".to_owned()),
            Part::Admission(ConnectionId::from_bits(7)),
        ];
        for part in parts {
            assert_eq!(part.to_string().parse::<Part>().unwrap(), part);
        }
        assert!("admission:nonsense".parse::<Part>().is_err());
    }

    #[test]
    fn what_a_part_needs_comes_before_it() {
        let parts = [
            Part::Group,
            Part::Network,
            Part::Subnet,
            Part::Probes,
            Part::NatPolicy,
            Part::Address,
            Part::NatSubnet("172.24.0.16/28".parse().unwrap()),
            Part::Deny,
            Part::Allow,
            Part::HealthCheck,
            Part::EndpointGroup(String::new()),
            Part::Endpoints(String::new()),
            Part::BackendService,
            Part::ForwardingRule,
            Part::Balancer,
            Part::Member(String::new()),
            Part::Attachment,
            Part::Admission(ConnectionId::from_bits(7)),
        ];
        for a in &parts {
            for b in &parts {
                assert!(!a.needs(b) || b < a, "{a} needs {b}");
            }
        }
    }
}
