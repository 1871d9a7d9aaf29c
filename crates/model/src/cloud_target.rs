//! Where a wish is carried out: everything a driver needs besides the step.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::id::ConnectionId;
use crate::name::AccountName;
use crate::vpc::{AdoptedAzure, AdoptedGoogle};

/// Where, under which names, and with whose mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudTarget {
    /// The cloud account that acts.
    pub account: AccountName,
    /// The provider's name of the region.
    pub region: String,
    /// What the cloud objects' names are made of: opaque, because consumers see some of them.
    pub object: String,
    /// What the cloud objects are marked with.
    pub ownership: OwnershipTag,
    /// The network the objects belong to.
    pub placement: NetworkPlacement,
    /// For each node's handle, which of its IP configurations (`None`: the primary one).
    pub members: BTreeMap<String, Option<String>>,
    /// The provider's name of each connection.
    pub connections: BTreeMap<ConnectionId, String>,
}

/// The mark on everything we create, so that we never touch what is not ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnershipTag {
    /// The wish, as its work key prints.
    pub managed: String,
    /// This life of the wish.
    pub incarnation: String,
}

/// The network the objects belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkPlacement {
    /// A network we made: the container's name and the range its subnets divide.
    Made {
        /// Name of the container (Azure: resource group; Google: network).
        group: String,
        /// The network's range.
        cidr: Ipv4Net,
    },
    /// An Azure network of the operator's.
    AdoptedAzure(AdoptedAzure),
    /// A Google network of the operator's.
    AdoptedGoogle(AdoptedGoogle),
    /// None: the object stands in the account's own container.
    Account,
}
