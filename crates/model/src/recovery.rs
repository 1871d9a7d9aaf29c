//! A store that is older than the clouds: its recognition, and the return to work.
//!
//! Theory of operation.
//! Every decision is written to the provider with a proof ([`crate::decision_proof`]). A valid proof
//! that the store does not know, or a link of ours that it does not know, shows that the store is
//! older than the provider: it was restored from a backup, or lost. So does the store itself, when it
//! is opened with another lineage or a lower number of changes than it is known to have had. Then
//! nothing is written to the account ([`AccountHold`]), because the store would undo what was done
//! since. A person compares ([`LinkDifference`]), takes over what the provider shows, and lets the
//! work go on.

mod presence;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::presence::Presence;
use crate::connection::{Connection, Decision, Identity, RejectReason};
use crate::decision_proof::{Attestation, ProvenDecision};
use crate::ended_connection::EndedConnection;
use crate::id::{ConnectionId, SubscriptionId};
use crate::name::AccountName;
use crate::observed_connection::ObservedConnection;
use crate::part::{AzureSpec, GoogleSpec, Spec};
use crate::published_network::PublishedNetwork;

/// A cloud account to which nothing is written, because the store is older than the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountHold {
    /// The account.
    pub account: AccountName,
    /// The time at which the first difference was found.
    pub since: Timestamp,
    /// The sign that the store is older.
    #[serde(default)]
    pub cause: HoldCause,
    /// The end of the first full listing of the account since then; `None`: there was none yet, so
    /// differences may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_at: Option<Timestamp>,
}

/// The sign that a store is older than a cloud.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldCause {
    /// The cloud shows a proof of a decision or of a link that the store does not have.
    #[default]
    Difference,
    /// The store was restored from a backup or lost, or another copy was put in its place. What differs
    /// need not have a proof: open components, nodes, lists of subscriptions.
    StoreReplaced,
}

impl HoldCause {
    /// Returns the name in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Difference => "difference",
            Self::StoreReplaced => "store_replaced",
        }
    }
}

/// The differences between the store and the provider about one link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkDifference {
    /// The account of the link.
    pub account: AccountName,
    /// The link's ID, as its published service carries it.
    pub object: String,
    /// The work key of the link, as its published service carries it.
    pub managed: String,
    /// True if the store has the link.
    pub is_known: bool,
    /// The published service of a link that the store does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<PublishedService>,
    /// The connections that differ, by ID.
    pub connections: BTreeMap<ConnectionId, ConnectionDifference>,
    /// The time at which the first difference was found.
    pub since: Timestamp,
}

/// The properties of a published service from which its link is made again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedService {
    /// The subscriptions whose endpoints may request a connection (Azure).
    pub subscriptions: BTreeSet<SubscriptionId>,
    /// The ranges that consumers' addresses are translated to (Google).
    pub nat_ranges: BTreeSet<Ipv4Net>,
    /// The provider's name of its region; empty if an earlier version recorded it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// The resource group that contains it (Azure).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The network and the subnets that contain it.
    #[serde(default)]
    pub network: PublishedNetwork,
}

impl PublishedService {
    /// Reads the properties from the confirmed spec of an attachment; `None` if it differs from
    /// what Underpass publishes.
    ///
    /// `region` and `group` are those of the listing that showed it.
    pub fn of(spec: &Spec, region: &str, group: Option<&str>) -> Option<Self> {
        let place = Self {
            region: region.to_owned(),
            group: group.map(str::to_owned),
            ..Self::default()
        };
        match spec {
            Spec::Azure(AzureSpec::Attachment { visibility }) => Some(Self {
                subscriptions: visibility.clone(),
                ..place
            }),
            Spec::Google(GoogleSpec::ServiceAttachment { nat, .. }) => Some(Self {
                nat_ranges: nat.clone(),
                ..place
            }),
            Spec::Present | Spec::Admission(_) | Spec::Azure(_) | Spec::Google(_) => None,
        }
    }

    /// Returns whether links in this region and group lead to this published service.
    pub fn is_in(&self, region: &str, group: Option<&str>) -> bool {
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        let groups = match (&self.group, group) {
            (Some(one), Some(other)) => same(one, other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        self.region.is_empty() || same(&self.region, region) && groups
    }
}

/// A difference about one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionDifference {
    /// The provider's identity of the connection.
    pub identity: Identity,
    /// The decision that the provider's proof shows.
    pub proven: Attestation,
    /// The decision in the store; `None`: the store does not know the connection.
    pub stored: Option<Decision>,
    /// The address in the store, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_address: Option<Ipv4Addr>,
}

/// A connection that a provider lists, with the verified content of its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenConnection<'a> {
    /// The connection.
    pub listed: &'a ObservedConnection,
    /// The content of its proof.
    pub proven: Attestation,
}

/// Returns the connections whose proof shows a decision that the store does not know.
pub fn compare(
    connections: &[Connection],
    ended: &[EndedConnection],
    proven: &[ProvenConnection<'_>],
) -> BTreeMap<ConnectionId, ConnectionDifference> {
    let known = || {
        let ended = ended.iter().map(|row| &row.connection);
        connections.iter().chain(ended)
    };
    let mut differences = BTreeMap::new();
    for ProvenConnection { listed, proven } in proven {
        let stored = known().find(|own| own.identity.is_same(&listed.identity));
        if stored.is_some_and(|own| knows(own, proven)) {
            continue;
        }
        let difference = ConnectionDifference {
            // The provider shows the decision in place of the consumer's message.
            identity: Identity {
                message: stored.and_then(|own| own.identity.message.clone()),
                ..listed.identity.clone()
            },
            proven: proven.clone(),
            stored: stored.map(|own| own.decision.clone()),
            stored_address: stored.and_then(|own| own.address),
        };
        differences.insert(proven.connection.clone(), difference);
    }
    differences
}

/// Returns whether a stored connection is as new as a proof.
fn knows(own: &Connection, proven: &Attestation) -> bool {
    if own.id != proven.connection || own.revision < proven.revision {
        return false;
    }
    let decision = Attestation::of(own).map(|own| own.decision);
    own.revision > proven.revision || decision == Some(proven.decision)
}

impl ConnectionDifference {
    /// Returns the connection as the provider's proof shows it.
    ///
    /// `own` is the stored connection of the same identity, if there is one: its label and, if the
    /// proof has none, its address stay.
    pub fn adopt(&self, own: Option<&Connection>, now: Timestamp) -> Connection {
        let decision = match self.proven.decision {
            ProvenDecision::Approved => Decision::Approved,
            ProvenDecision::Rejected => Decision::Rejected(RejectReason::ByUser),
        };
        self.settle(own, decision, self.proven.revision, now)
    }

    /// Returns the address that the connection has after its adoption.
    ///
    /// A proof has the address that was known with the decision. One that was set later is neither in
    /// the proof nor in an older store.
    pub fn address(&self) -> Option<Ipv4Addr> {
        self.proven.address.or(self.stored_address)
    }

    /// Returns the connection as the store has it, with a decision that is newer than the
    /// provider's. A connection that the store does not know is rejected.
    pub fn overrule(&self, own: Option<&Connection>, now: Timestamp) -> Connection {
        let decision = match own.map(|own| &own.decision) {
            Some(decided @ (Decision::Approved | Decision::Rejected(_))) => decided.clone(),
            Some(Decision::Undecided) | None => Decision::Rejected(RejectReason::ByUser),
        };
        let revision = own.map_or(0, |own| own.revision);
        let newer = revision.max(self.proven.revision).saturating_add(1);
        self.settle(own, decision, newer, now)
    }

    fn settle(
        &self,
        own: Option<&Connection>,
        decision: Decision,
        revision: u32,
        now: Timestamp,
    ) -> Connection {
        Connection {
            id: self.proven.connection.clone(),
            ordinal: self.proven.ordinal,
            identity: self.identity.clone(),
            decision,
            revision,
            address: self.proven.address.or_else(|| own?.address),
            label: own.and_then(|own| own.label.clone()),
            first_seen_at: own.map_or(now, |own| own.first_seen_at),
            decided_at: Some(now),
        }
    }
}

#[cfg(test)]
mod tests;
