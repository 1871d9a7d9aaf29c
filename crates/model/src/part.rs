//! The parts that an object consists of in its cloud, their desired and their observed state.
//!
//! Network, attachment and admission exist on every cloud; the rest is one type per cloud.

mod admission;
mod azure;
mod google;
mod name;
mod rule;
mod spec;
mod write;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::admission::Admission;
pub use self::azure::{AzurePart, AzureSpec};
pub use self::google::{GooglePart, GoogleSpec};
pub use self::rule::Rule;
pub use self::spec::{Desired, Spec};
pub use self::write::{RepeatedWrite, WriteAttempt};
use crate::id::ConnectionId;

/// One object, or one field of a borrowed object, in a cloud.
///
/// The order is the build order: a part comes after the parts it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Part {
    /// The network, with its subnets where they are properties of it (Azure).
    Network,
    /// The published service that consumers attach to.
    Attachment,
    /// The decision about one consumer's connection.
    Admission(ConnectionId),
    /// A part that only Azure has.
    Azure(AzurePart),
    /// A part that only Google has.
    Google(GooglePart),
}

/// A part as the driver of one cloud knows it; `C` are the parts that only this cloud has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartOn<'a, C> {
    /// The network.
    Network,
    /// The published service.
    Attachment,
    /// The decision about one consumer's connection.
    Admission(&'a ConnectionId),
    /// A part that only this cloud has.
    Own(&'a C),
}

/// The position of a part in the build order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Position<'a> {
    BeforeNetwork(Cloud<'a>),
    Network,
    AfterNetwork(Cloud<'a>),
    Attachment,
    Admission(&'a ConnectionId),
}

/// A part that only one cloud has.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Cloud<'a> {
    Azure(&'a AzurePart),
    Google(&'a GooglePart),
}

impl Part {
    /// The part as Azure's driver knows it; `None` if only another cloud has it.
    pub fn on_azure(&self) -> Option<PartOn<'_, AzurePart>> {
        self.common().or_else(|| self.azure().map(PartOn::Own))
    }

    /// The part as Google's driver knows it; `None` if only another cloud has it.
    pub fn on_google(&self) -> Option<PartOn<'_, GooglePart>> {
        self.common().or_else(|| self.google().map(PartOn::Own))
    }

    /// Returns whether this part can only exist while `other` does.
    pub fn needs(&self, other: &Self) -> bool {
        match self {
            Self::Network => match other {
                Self::Azure(other) => other.contains_network(),
                Self::Network | Self::Attachment | Self::Admission(_) | Self::Google(_) => false,
            },
            Self::Attachment => match other {
                Self::Azure(other) => other.carries_attachment(),
                Self::Google(other) => other.carries_attachment(),
                Self::Network | Self::Attachment | Self::Admission(_) => false,
            },
            Self::Admission(_) => *other == Self::Attachment,
            Self::Azure(part) => {
                (*other == Self::Network && part.needs_network())
                    || other.azure().is_some_and(|other| part.needs(other))
            }
            Self::Google(part) => {
                (*other == Self::Network && part.needs_network())
                    || other.google().is_some_and(|other| part.needs(other))
            }
        }
    }

    /// Returns whether this part is deleted only once `other` is gone, though it is built without it.
    ///
    /// Flows in a subnet need the rule for health checks; a cloud refuses to delete a subnet that is
    /// in use, so the rule goes last.
    pub fn outlives(&self, other: &Self) -> bool {
        *self == Self::Google(GooglePart::Probes) && *other == Self::Google(GooglePart::Subnet)
    }

    /// Returns whether a part with this spec, which may need this part, refers to it.
    pub fn is_referred_to_by(&self, spec: &Spec) -> bool {
        match (spec, self) {
            (Spec::Google(spec), Self::Google(needed)) => spec.refers_to(needed),
            _ => true,
        }
    }

    /// Returns whether the part only closes ports: it waits until the parts it needs are confirmed, and
    /// not while one of them is read or changed again.
    pub const fn is_closing(&self) -> bool {
        matches!(self, Self::Google(GooglePart::Deny))
    }

    /// Returns whether a change must carry the tag of the state it was decided on.
    pub const fn is_guarded(&self) -> bool {
        match self {
            Self::Attachment => true,
            Self::Network | Self::Admission(_) => false,
            Self::Azure(part) => part.is_guarded(),
            Self::Google(part) => part.is_guarded(),
        }
    }

    /// Returns whether the part is a field of an object that may exist without it.
    pub const fn is_field(&self) -> bool {
        match self {
            Self::Network | Self::Attachment | Self::Admission(_) => false,
            Self::Azure(part) => part.is_field(),
            Self::Google(part) => part.is_field(),
        }
    }

    /// Returns whether the part belongs to a project VPC or a static IP, which links depend on.
    pub const fn is_of_network(&self) -> bool {
        match self {
            Self::Network => true,
            Self::Attachment | Self::Admission(_) => false,
            Self::Azure(part) => part.is_of_network(),
            Self::Google(part) => part.is_of_network(),
        }
    }

    /// Returns whether the cloud deletes everything in the part with it.
    pub const fn is_container(&self) -> bool {
        matches!(self, Self::Azure(AzurePart::Group))
    }

    /// Returns whether the part is a network, or the container that is made and deleted with it.
    pub const fn is_network(&self) -> bool {
        matches!(self, Self::Network | Self::Azure(AzurePart::Group))
    }

    /// Returns whether the part is a subnet of nodes with a range of its own (Google).
    pub const fn is_subnet(&self) -> bool {
        matches!(self, Self::Google(GooglePart::Subnet))
    }

    /// Returns whether both are the same part, however the cloud writes its handle.
    pub fn is_same(&self, other: &Self) -> bool {
        match self {
            Self::Azure(part) => other.azure().is_some_and(|other| part.is_same(other)),
            Self::Network | Self::Attachment | Self::Admission(_) | Self::Google(_) => {
                self == other
            }
        }
    }

    const fn azure(&self) -> Option<&AzurePart> {
        if let Self::Azure(part) = self {
            Some(part)
        } else {
            None
        }
    }

    const fn google(&self) -> Option<&GooglePart> {
        if let Self::Google(part) = self {
            Some(part)
        } else {
            None
        }
    }

    const fn common<C>(&self) -> Option<PartOn<'_, C>> {
        match self {
            Self::Network => Some(PartOn::Network),
            Self::Attachment => Some(PartOn::Attachment),
            Self::Admission(id) => Some(PartOn::Admission(id)),
            Self::Azure(_) | Self::Google(_) => None,
        }
    }

    const fn position(&self) -> Position<'_> {
        match self {
            Self::Network => Position::Network,
            Self::Attachment => Position::Attachment,
            Self::Admission(id) => Position::Admission(id),
            Self::Azure(part) if part.contains_network() => {
                Position::BeforeNetwork(Cloud::Azure(part))
            }
            Self::Azure(part) => Position::AfterNetwork(Cloud::Azure(part)),
            Self::Google(part) => Position::AfterNetwork(Cloud::Google(part)),
        }
    }
}

impl Ord for Part {
    fn cmp(&self, other: &Self) -> Ordering {
        self.position().cmp(&other.position())
    }
}

impl PartialOrd for Part {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network => f.write_str("network"),
            Self::Attachment => f.write_str("attachment"),
            Self::Admission(id) => write!(f, "admission:{id}"),
            Self::Azure(part) => part.fmt(f),
            Self::Google(part) => part.fmt(f),
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
        let common = || match text {
            "network" => Some(Self::Network),
            "attachment" => Some(Self::Attachment),
            _ => {
                let id = text.strip_prefix("admission:")?;
                id.parse().map(Self::Admission).ok()
            }
        };
        common()
            .or_else(|| AzurePart::parse(text).map(Self::Azure))
            .or_else(|| GooglePart::parse(text).map(Self::Google))
            .ok_or_else(|| UnknownPart(text.to_owned()))
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

/// The last confirmed state of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// The confirmed spec.
    pub spec: Spec,
    /// The provider's version tag for conditional writes (ETag, fingerprint). `None` if a related
    /// write may have changed it: the part is read before the next change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Names and addresses chosen by the provider.
    #[serde(default)]
    pub facts: Facts,
}

/// Names and addresses chosen by a provider.
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
    /// True for the membership of an interface that is in another internal load balancer, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_shared: bool,
    /// The provider's number of the object: one made again under the same name has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

impl Facts {
    /// Returns whether `found` is of another object: the part was made again.
    pub fn is_replaced_by(&self, found: &Self) -> bool {
        let ids = self.id.as_ref().zip(found.id.as_ref());
        // Azure does not keep the case.
        ids.is_some_and(|(id, found)| !id.eq_ignore_ascii_case(found))
            || differs(self.alias.as_ref(), found.alias.as_ref())
            || self.has_other_instance(found)
            || self.has_other_address(found)
    }

    /// Returns whether `found` has another number of the provider.
    pub fn has_other_instance(&self, found: &Self) -> bool {
        differs(self.instance.as_ref(), found.instance.as_ref())
    }

    /// Returns whether `found` has another public address.
    pub fn has_other_address(&self, found: &Self) -> bool {
        differs(self.address.as_ref(), found.address.as_ref())
    }
}

/// Returns whether both are known and differ.
fn differs<T: PartialEq>(known: Option<&T>, found: Option<&T>) -> bool {
    known
        .zip(found)
        .is_some_and(|(known, found)| known != found)
}

/// The direction of an operation: it creates or deletes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperationKind {
    /// It ends with an existing part.
    Put,
    /// It ends with a deleted part.
    Delete,
}

/// The current phase of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "phase")]
pub enum Phase {
    /// Certainly does not exist.
    Gone,
    /// A call is about to be made, or its answer was lost: the part may be in any state.
    Unknown {
        /// The time from which the state is unknown.
        since: Timestamp,
    },
    /// The provider works on it.
    Making {
        /// The start of the operation.
        since: Timestamp,
        /// The time of the next poll.
        check_after: Timestamp,
        /// The provider's handle of the operation, used verbatim.
        operation: Option<String>,
        /// The direction of the operation.
        #[serde(rename = "doing")]
        kind: OperationKind,
    },
    /// Exists, as last confirmed.
    Ready,
    /// Exists, as last confirmed, and has not yet taken its desired spec by itself.
    Awaited {
        /// The start of the wait.
        since: Timestamp,
        /// The time of the next read.
        check_after: Timestamp,
    },
    /// Exists, but the provider reports it as failed; repeating the write repairs it.
    Failed,
    /// Confirmed before and not found since. Its absence is not proven yet, so `last` stays.
    Missing {
        /// The first read that did not find it.
        since: Timestamp,
        /// The reads of part and parent that did not find it.
        reads: u32,
        /// The time of the next read.
        check_after: Timestamp,
    },
}

/// The observed state of a part: its phase, and the last confirmed state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedPart {
    /// The current phase.
    #[serde(flatten)]
    pub phase: Phase,
    /// The last confirmed state, kept while unknown or changing, so that a shown state does not
    /// flicker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Confirmed>,
}

/// A failed step on a part: the error, its remedy, and when the next attempt is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFailure {
    /// The provider's or our own code.
    pub code: String,
    /// The attempt and the answer.
    pub message: String,
    /// The action of the operator, if retries alone do not help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Failures in a row.
    pub attempts: u32,
    /// The time of the first failure in this row.
    pub since: Timestamp,
    /// The time of the next attempt.
    pub retry_at: Timestamp,
}

/// The change of a part of a network or address outside Underpass, from its proof until the part is
/// as desired again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// The kind of change.
    pub cause: DeviationCause,
    /// The time at which it was first seen.
    pub since: Timestamp,
    /// The last confirmed state that was as desired.
    pub last: Confirmed,
}

/// The listings that showed a container without contents, before its deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emptiness {
    /// The time of the first of them.
    pub since: Timestamp,
    /// The number of them.
    pub reads: u32,
    /// The time of the next one.
    pub check_after: Timestamp,
}

/// The kinds of changes outside Underpass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviationCause {
    /// The part no longer exists; its absence is proven.
    Deleted,
    /// The part exists with other properties.
    Changed,
}

/// The observed state of one managed object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The parts ever touched. A part that is absent was never requested: it certainly does not
    /// exist.
    #[serde(default)]
    pub parts: BTreeMap<Part, ObservedPart>,
    /// The parts whose last step failed.
    #[serde(default, rename = "troubles")]
    pub failures: BTreeMap<Part, PartFailure>,
    /// The generation of these failures. A newer generation is tried immediately.
    #[serde(default)]
    pub generation: crate::id::Generation,
    /// The last ordinal of the link's connections, from before ordinals were counted per service
    /// ([`ConnectionOrdinals`](crate::ordinals::ConnectionOrdinals)).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ordinals: u32,
    /// The last write of each part, and how often it was repeated.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub repeated_writes: BTreeMap<Part, RepeatedWrite>,
    /// The writes of the last minutes that no confirmed write has superseded, the oldest first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub write_attempts: BTreeMap<Part, Vec<WriteAttempt>>,
    /// The confirmed approvals that a read contradicts, with the time of the next read where the decision
    /// is not a write of its own (Google).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub contradictions: BTreeMap<Part, Timestamp>,
    /// The parts that were deleted or changed outside Underpass and are not as desired again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deviations: BTreeMap<Part, Deviation>,
    /// The containers that are to be deleted and were listed without contents.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub emptiness: BTreeMap<Part, Emptiness>,
    /// The time from which the cloud refuses to list the parts of a network or address, once that has
    /// lasted: changes outside Underpass are not noticed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unchecked_since: Option<Timestamp>,
    /// The ranges within [`GOOGLE_RESERVED`](crate::vpc::GOOGLE_RESERVED) of subnets of the network that
    /// are not ours, as the last listing showed them: no link of a project VPC gets them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub foreign_ranges: BTreeSet<Ipv4Net>,
    /// The time from which nothing is written, because the store is older than the account
    /// ([`crate::recovery`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Observed {
    /// Returns the last confirmed state of a part, in any phase.
    pub fn last(&self, part: &Part) -> Option<&Confirmed> {
        self.parts.get(part)?.last.as_ref()
    }

    /// Returns the last confirmed state of a part, also of one that was deleted outside Underpass.
    pub fn known(&self, part: &Part) -> Option<&Confirmed> {
        let deviation = self.deviations.get(part);
        self.last(part)
            .or_else(|| deviation.map(|deviation| &deviation.last))
    }

    /// Returns whether a part was deleted outside Underpass and does not exist again.
    pub fn is_lost(&self, part: &Part) -> bool {
        let deviation = self.deviations.get(part);
        deviation.is_some_and(|deviation| deviation.cause == DeviationCause::Deleted)
    }

    /// Returns the address that was as desired and the present one, if the address was changed outside
    /// Underpass.
    pub fn changed_address(&self, part: &Part) -> Option<(Ipv4Addr, Ipv4Addr)> {
        let before = self.deviations.get(part)?.last.facts.address?;
        let now = self.last(part)?.facts.address?;
        (before != now).then_some((before, now))
    }

    /// Returns whether a network exists that was made outside Underpass in place of the known one.
    pub fn is_replaced(&self, part: &Part) -> bool {
        let deviation = self.deviations.get(part);
        let deviation = deviation.filter(|it| it.cause == DeviationCause::Changed);
        let facts = deviation.map(|it| &it.last.facts).zip(self.last(part));
        part.is_network()
            && facts.is_some_and(|(known, last)| known.has_other_instance(&last.facts))
    }

    /// Reports whether the part exists and is settled.
    pub fn is_ready(&self, part: &Part) -> bool {
        self.parts
            .get(part)
            .is_some_and(|seen| seen.phase == Phase::Ready)
    }

    /// Returns whether the part refers to one that it needs: [`Part::needs`] compares kinds of
    /// parts, the confirmed spec may be narrower.
    pub fn holds(&self, part: &Part, needed: &Part) -> bool {
        if self.is_gone(part) || !part.needs(needed) {
            return false;
        }
        match self.last(part) {
            Some(last) if self.is_ready(part) => needed.is_referred_to_by(&last.spec),
            Some(_) | None => true,
        }
    }

    /// Reports whether the part certainly does not exist.
    pub fn is_gone(&self, part: &Part) -> bool {
        self.parts
            .get(part)
            .is_none_or(|seen| seen.phase == Phase::Gone)
    }
}

#[cfg(test)]
mod tests;
