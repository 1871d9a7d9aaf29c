//! The listing of a whole scope: the parts found, and the coverage that their absence proves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ipnet::Ipv4Net;
use underpass_model::cloud_target::{CloudTarget, NetworkPlacement};
use underpass_model::observed_connection::ObservedConnection;
use underpass_model::part::Part;
use underpass_model::published_network::PublishedNetwork;
use underpass_model::reconcile::Outcome;

use crate::error::{Error, Reachability};

/// The extent of a sweep.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// The provider's name of the region.
    pub region: String,
    /// Name of the container that holds the links' objects (Azure: resource group); `None`: the
    /// whole region (Google).
    pub group: Option<String>,
    /// The depth of the listing.
    pub depth: Depth,
}

/// The depth of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Attachments with their connections: one listing.
    Connections,
    /// All parts of links that drift repair needs.
    Everything,
}

/// A complete listing of a scope.
#[derive(Debug, Default)]
pub struct Listing {
    /// The parts that were found.
    pub findings: Vec<Finding>,
    /// The parts that would have been found, had they existed.
    pub coverage: Coverage,
    /// The objects with parts that could not be listed, with the reason. The reason may contain
    /// untrusted text of the provider.
    pub unlisted: BTreeMap<String, String>,
    /// The objects whose networks were listed with all subnets, with the ranges within the one for NAT of
    /// those that are not ours (Google).
    pub foreign_ranges: BTreeMap<String, BTreeSet<Ipv4Net>>,
}

/// One part that a sweep found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The object it belongs to: [`object`](underpass_model::cloud_target::CloudTarget::object).
    pub object: String,
    /// The part of it.
    pub part: Part,
    /// The cloud resource ID of the part, or of the resource that it is a field of.
    pub resource: String,
    /// The work key in its tag; `None` for a field of a borrowed resource. Untrusted.
    pub managed: Option<String>,
    /// Further parts of the object that it refers to, which the listing may not show, with their
    /// cloud resource IDs.
    pub related: BTreeMap<Part, String>,
    /// Its state.
    pub outcome: Outcome,
    /// Every connection at it, for an attachment.
    pub connections: Option<Vec<ObservedConnection>>,
    /// The origin of the link, for an attachment that carries a proof of it.
    pub origin: Option<LinkOrigin>,
    /// The network that the part shows; its other members are empty.
    pub network: PublishedNetwork,
}

/// An attachment of ours, with the scope that contains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedAttachment {
    /// The scope that lists it with its other parts.
    pub scope: Scope,
    /// The attachment.
    pub finding: Finding,
}

/// The origin of a link, as its attachment shows it. Untrusted until verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkOrigin {
    /// The work key of the link.
    pub managed: String,
    /// The code that proves that the link is ours.
    pub proof: String,
}

impl Listing {
    /// Notes that one list call failed, which would have shown parts of these objects.
    ///
    /// # Errors
    /// The account does not answer, or limits requests: other calls would fail as well.
    pub(crate) fn leave_out(
        &mut self,
        objects: impl IntoIterator<Item = String>,
        error: Error,
    ) -> Result<(), Error> {
        match error.reachability() {
            Some(Reachability::Unreachable | Reachability::Throttled { .. }) => Err(error),
            Some(Reachability::Answering) | None => {
                let reason = error.failure().message;
                let unlisted = objects.into_iter().map(|object| (object, reason.clone()));
                self.unlisted.extend(unlisted);
                Ok(())
            }
        }
    }
}

impl Finding {
    /// A part of a project VPC or static IP.
    pub(crate) fn of_network(
        target: &CloudTarget,
        part: Part,
        resource: String,
        outcome: Outcome,
    ) -> Self {
        Self {
            object: target.object.clone(),
            part,
            resource,
            managed: Some(target.ownership.managed.clone()),
            related: BTreeMap::new(),
            outcome,
            connections: None,
            origin: None,
            network: PublishedNetwork::default(),
        }
    }
}

/// Reports whether one list call shows a part.
type Shows = Box<dyn Fn(&str, &Part) -> bool + Send + Sync>;

/// The parts that a listing shows of every object placed in its scope, if they exist.
///
/// A covered part that is not listed is suspected to be absent; any other part may exist.
#[derive(Default)]
pub struct Coverage {
    shown: Vec<Shows>,
}

impl Coverage {
    /// Adds the parts that one more list call shows.
    pub fn add(&mut self, shows: impl Fn(&Part) -> bool + Send + Sync + 'static) {
        self.shown.push(Box::new(move |_, part| shows(part)));
    }

    /// Adds the parts of these objects alone that one more list call shows.
    pub fn add_of(
        &mut self,
        objects: BTreeSet<String>,
        shows: impl Fn(&Part) -> bool + Send + Sync + 'static,
    ) {
        self.shown.push(Box::new(move |object, part| {
            objects.contains(object) && shows(part)
        }));
    }

    /// Returns whether the listing would have shown the part of the object.
    pub fn covers(&self, object: &str, part: &Part) -> bool {
        self.shown.iter().any(|shows| shows(object, part))
    }
}

impl fmt::Debug for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coverage")
            .field("list_calls", &self.shown.len())
            .finish()
    }
}

impl Scope {
    /// The scope that holds the objects of links with this placement; `None` if there is none.
    pub fn of(region: &str, placement: &NetworkPlacement, depth: Depth) -> Option<Self> {
        let group = match placement {
            NetworkPlacement::Account => return None,
            NetworkPlacement::Azure(placement) => Some(placement.resource_group().to_owned()),
            NetworkPlacement::Google(_) => None,
        };
        Some(Self {
            region: region.to_owned(),
            group,
            depth,
        })
    }
}
