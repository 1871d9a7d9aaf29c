//! Orphans: links in a cloud that carry our tag and belong to nothing in the store.
//!
//! Theory of operation.
//! A sweep lists what carries our tag. What no link of the store owns is an [`Orphan`]: the rest of
//! a link whose rows were lost, or that an operator left when an account resumed. It is never
//! deleted by itself, because that could cut connections. An operator requests its [`Removal`]; the
//! reconcile loop then deletes its parts as those of any link, with an empty desired state.
//! Only what this installation made can be removed: its published service carries our proof, or the
//! store remembers that the link ended. Another installation in the same account has other proofs.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::cloud::Provider;
use crate::cloud_target::{AzurePlacement, GooglePlacement, NetworkPlacement};
use crate::id::{ConnectionId, Generation, LinkId};
use crate::name::AccountName;
use crate::observed_connection::ObservedConnection;
use crate::part::{Admission, Observed, ObservedPart, Part, Phase};
use crate::published_network::PublishedNetwork;
use crate::refusal::Refusal;
use crate::remedy::Remedy;
use crate::work::WorkKey;

/// The most orphans that are kept for one account: 1,000. Further ones are only logged.
pub const MOST_ORPHANS: usize = 1000;

/// The most connections that are kept of one orphan: 1,000, Azure's limit of a private link service.
pub const MOST_CONNECTIONS: usize = 1000;

/// The shortest time between two writes that only say that an orphan is still listed: 1 minute.
const SEEN_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// A link in a cloud that belongs to nothing in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    /// The account that lists it.
    pub account: AccountName,
    /// The ID of the link that it was.
    pub link: LinkId,
    /// The work key of that link, as its tag says; empty if no listed part has a tag.
    pub managed: String,
    /// The cloud.
    pub provider: Provider,
    /// The provider's name of its region.
    pub region: String,
    /// The resource group that contains it (Azure).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The cloud's name of its main object, which an operator repeats to remove it.
    pub name: String,
    /// True if it is proven that this installation made it.
    pub is_proven: bool,
    /// The parts that the last listing showed, with their cloud resource IDs.
    pub parts: BTreeMap<Part, String>,
    /// The network and the subnets that contain it, as far as a listing showed them.
    #[serde(default)]
    pub network: PublishedNetwork,
    /// The connections at its published service.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub connections: BTreeMap<ConnectionId, OrphanConnection>,
    /// The first listing that showed it.
    pub first_seen_at: Timestamp,
    /// The last listing that showed it.
    pub last_seen_at: Timestamp,
    /// The first of the listings since that did not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_since: Option<Timestamp>,
    /// The requested removal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<Removal>,
}

/// A connection at the published service of an orphan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrphanConnection {
    /// The provider's name of it.
    pub name: String,
    /// The consumer's endpoint.
    pub endpoint: String,
    /// Its state at the provider.
    pub admission: Admission,
}

/// The request of an operator to remove an orphan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// The time of the first request.
    pub requested_at: Timestamp,
    /// The actor of the last request.
    pub requested_by: String,
    /// The number of requests: a repeated one retries immediately.
    pub generation: Generation,
}

/// An orphan as one listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedOrphan {
    /// The work key in the tag, if a listed part has one.
    pub managed: Option<String>,
    /// True if this listing or the store proves that this installation made it.
    pub is_proven: bool,
    /// The listed parts with their cloud resource IDs.
    pub parts: BTreeMap<Part, String>,
    /// The network and the subnets that they are in.
    pub network: PublishedNetwork,
    /// The connections at the published service; `None` if it is not listed.
    pub connections: Option<Vec<ObservedConnection>>,
}

/// The place of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrphanPlace {
    /// The account.
    pub account: AccountName,
    /// The cloud.
    pub provider: Provider,
    /// The provider's name of the region.
    pub region: String,
    /// The resource group (Azure).
    pub group: Option<String>,
}

// === impl Orphan ===

impl Orphan {
    /// An orphan that a listing shows for the first time.
    pub fn new(place: OrphanPlace, link: LinkId, now: Timestamp) -> Self {
        Self {
            account: place.account,
            link,
            managed: String::new(),
            provider: place.provider,
            region: place.region,
            group: place.group,
            name: String::new(),
            is_proven: false,
            parts: BTreeMap::new(),
            network: PublishedNetwork::default(),
            connections: BTreeMap::new(),
            first_seen_at: now,
            last_seen_at: now,
            missing_since: None,
            removal: None,
        }
    }

    /// Returns whether it is in this place.
    pub fn is_in(&self, place: &OrphanPlace) -> bool {
        let groups = match (&self.group, &place.group) {
            (Some(own), Some(other)) => own.eq_ignore_ascii_case(other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        self.account == place.account && self.region == place.region && groups
    }

    /// The work key of its removal.
    pub fn work_key(&self) -> WorkKey {
        WorkKey::Orphan(self.account.clone(), self.link.clone())
    }

    /// The work key of the link that it was; `None` if its tag is not one.
    pub fn origin(&self) -> Option<WorkKey> {
        let key = self.managed.parse().ok()?;
        matches!(key, WorkKey::Link(..)).then_some(key)
    }

    /// The placement of its objects; `None` if no driver exists for its cloud.
    pub fn placement(&self) -> Option<NetworkPlacement> {
        match (self.provider, &self.group) {
            (Provider::Azure, Some(group)) => {
                let placement = AzurePlacement::Group(group.clone());
                Some(NetworkPlacement::Azure(placement))
            }
            (Provider::Google, _) => Some(NetworkPlacement::Google(GooglePlacement::Unknown)),
            (Provider::Azure, None) | (Provider::Aws, _) => None,
        }
    }

    /// The number of connections that its removal cuts: the approved ones.
    pub fn approved(&self) -> usize {
        let connections = self.connections.values();
        connections.filter(|it| it.is_approved()).count()
    }

    /// Takes in a listing that shows it. Returns whether the row is to be written.
    pub fn take_in(
        &mut self,
        listed: ListedOrphan,
        new_id: &mut dyn FnMut() -> ConnectionId,
        now: Timestamp,
    ) -> bool {
        let before = self.clone();
        if let Some(managed) = listed.managed {
            self.managed = managed;
        }
        self.is_proven |= listed.is_proven;
        self.parts = listed.parts;
        // A listing without the balancer does not show the network.
        self.network = listed.network.or(std::mem::take(&mut self.network));
        if let Some(name) = self.name_of_main() {
            self.name = name;
        }
        self.take_in_connections(listed.connections.as_deref().unwrap_or_default(), new_id);
        self.missing_since = None;
        if *self != before || now.duration_since(self.last_seen_at) >= SEEN_AGAIN {
            self.last_seen_at = now;
            return true;
        }
        false
    }

    /// Takes in the complete list of its connections. A connection keeps its ID.
    pub fn take_in_connections(
        &mut self,
        listed: &[ObservedConnection],
        new_id: &mut dyn FnMut() -> ConnectionId,
    ) {
        let before = std::mem::take(&mut self.connections);
        for it in listed.iter().take(MOST_CONNECTIONS) {
            let name = &it.identity.name;
            let known = before.iter().find(|(_, known)| known.name == *name);
            let id = known.map_or_else(&mut *new_id, |(id, _)| id.clone());
            let connection = OrphanConnection {
                name: name.clone(),
                endpoint: it.identity.endpoint.clone(),
                admission: it.admission,
            };
            self.connections.insert(id, connection);
        }
    }

    /// Takes in the list of its connections while they are removed: those that are no longer listed
    /// keep their names until their absence is proven.
    pub fn add_connections(
        &mut self,
        listed: &[ObservedConnection],
        new_id: &mut dyn FnMut() -> ConnectionId,
    ) {
        let before = self.connections.clone();
        self.take_in_connections(listed, new_id);
        for (id, connection) in before {
            self.connections.entry(id).or_insert(connection);
        }
    }

    /// Records a listing of its place that does not show it. Returns whether it is gone: the
    /// listings of at least `window` did not show it.
    pub fn miss(&mut self, window: SignedDuration, now: Timestamp) -> bool {
        let since = *self.missing_since.get_or_insert(now);
        // A clock that was ahead does not keep it.
        self.missing_since = Some(since.min(now));
        since < now && now.duration_since(since) >= window
    }

    /// Its main object: the published service, or else the first part.
    pub fn main_part(&self) -> Option<(&Part, &str)> {
        let attachment = self.parts.get_key_value(&Part::Attachment);
        let (part, id) = attachment.or_else(|| self.parts.first_key_value())?;
        Some((part, id))
    }

    /// The name of its main object; that of a published service that is gone stays.
    fn name_of_main(&self) -> Option<String> {
        match self.main_part()? {
            (Part::Attachment, id) => id.rsplit('/').next().map(str::to_owned),
            _ if !self.name.is_empty() => None,
            (_, id) => id.rsplit('/').next().map(str::to_owned),
        }
    }

    /// Checks that this installation made it.
    ///
    /// # Errors
    /// `orphan_unproven`.
    pub fn check_proven(&self) -> Result<(), Refusal> {
        if self.is_proven && self.origin().is_some() {
            return Ok(());
        }
        Err(self.unproven())
    }

    /// Requests its removal.
    ///
    /// # Errors
    /// * `orphan_unproven`: it is not proven that this installation made it.
    /// * `orphan_unconfirmed`: `confirmation` is not its name.
    pub fn request_removal(
        &mut self,
        confirmation: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.check_proven()?;
        if confirmation != self.name {
            return Err(self.unconfirmed());
        }
        let before = self.removal.take();
        self.removal = Some(Removal {
            requested_at: before.as_ref().map_or(now, |before| before.requested_at),
            requested_by: actor.to_owned(),
            generation: before
                .map(|before| before.generation)
                .unwrap_or_default()
                .next(),
        });
        Ok(())
    }

    fn unproven(&self) -> Refusal {
        let message = format!(
            "`{}` carries the tag of Underpass, but no proof that this installation made it. It may \
             belong to another installation in account `{}`, so it is not removed",
            self.name, self.account
        );
        let remedy = Remedy::manual(
            "Delete it in the cloud if you are certain that no other installation uses it",
        );
        Refusal::conflict("orphan_unproven", message).with_remedy(remedy)
    }

    fn unconfirmed(&self) -> Refusal {
        let message = format!(
            "The removal of orphan {} is not confirmed: it deletes `{}` in account `{}` and cuts \
             {} approved connection(s). The confirmation must repeat its name",
            self.link,
            self.name,
            self.account,
            self.approved()
        );
        Refusal::invalid("orphan_unconfirmed", message).with_remedy(Remedy::RemoveOrphan {
            link: self.link.clone(),
        })
    }

    /// Adds the parts that are to be read before their removal to the observed state. Parts that are
    /// there already stay.
    pub fn observe(&self, observed: &mut Observed, now: Timestamp) {
        let mut parts: Vec<Part> = self.parts.keys().cloned().collect();
        // Google's connections are entries of the attachment and end with it.
        if self.provider == Provider::Azure {
            parts.extend(self.connections.keys().cloned().map(Part::Admission));
        }
        for part in parts {
            observed.parts.entry(part).or_insert(ObservedPart {
                phase: Phase::Unknown { since: now },
                last: None,
            });
        }
    }
}

// === impl OrphanConnection ===

impl OrphanConnection {
    /// Returns whether the provider has approved it, so that it may have flows.
    pub const fn is_approved(&self) -> bool {
        matches!(
            self.admission,
            Admission::Approved | Admission::NeedsAttention
        )
    }
}

#[cfg(test)]
mod tests;
