//! Everything that the check of a path knows.

use std::net::Ipv4Addr;

use jiff::Timestamp;

use super::difference::Difference;
use crate::cloud::Provider;
use crate::condition::ServiceResources;
use crate::connection::Connection;
use crate::ended_connection::EndedConnection;
use crate::link::Link;
use crate::name::AccountName;
use crate::part::Rule;
use crate::reconcile::Picture;
use crate::remedy::{LinkRef, Remedy};
use crate::service::Service;

/// The input of a check.
#[derive(Debug, Clone, Copy)]
pub struct PathPicture<'a> {
    /// The service.
    pub service: &'a Service,
    /// The cloud of the link.
    pub provider: Provider,
    /// The number of static IPs that are associated with it.
    pub static_ips: usize,
    /// The link; `None` if there is none.
    pub link: Option<LinkPicture<'a>>,
    /// The connection to check; `None`: the one that needs an action most.
    pub connection: Option<Asked<'a>>,
    /// The component to check; `None`: all.
    pub component: Option<&'a str>,
    /// The time of the check.
    pub now: Timestamp,
}

/// A link, and what was found out about it.
#[derive(Debug, Clone, Copy)]
pub struct LinkPicture<'a> {
    /// The link.
    pub link: &'a Link,
    /// Its desired and observed state.
    pub picture: &'a Picture,
    /// Its connections.
    pub connections: &'a [Connection],
    /// The account that it is in; `None` if it is not known.
    pub account: Option<&'a AccountName>,
    /// Facts that its conditions depend on, the health of its backends included.
    pub resources: &'a ServiceResources,
    /// The listing of the cloud for this check.
    pub listing: &'a Listing,
    /// The listing of the networks of the account for this check.
    pub networks: &'a Listing,
    /// The zone.
    pub zone: &'a dyn ServedZone,
    /// Ports on which a server of this machine answers past every endpoint, with their rules.
    pub shadowed: &'a [Rule],
}

/// A connection that the caller named.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// A connection of the link.
    Known(&'a Connection),
    /// A connection that ended.
    Ended(&'a EndedConnection),
}

/// The result of a listing of the cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// The cloud was listed.
    Done {
        /// The time of the listing.
        at: Timestamp,
        /// The objects that were not as desired.
        differences: Vec<Difference>,
    },
    /// The account does not answer, or refuses; with its words, which are untrusted.
    Failed(String),
    /// Nothing was listed; a sentence.
    NotDone(String),
}

/// The zone from which queries are answered.
pub trait ServedZone: std::fmt::Debug {
    /// The apex.
    fn domain(&self) -> &str;

    /// The SOA serial; `None` if this process serves no zone.
    fn serial(&self) -> Option<u32>;

    /// The address of a name.
    fn address(&self, name: &str) -> Option<Ipv4Addr>;
}

impl PathPicture<'_> {
    /// The link as remedies name it.
    pub(super) fn reference(&self) -> LinkRef {
        LinkRef::new(self.provider, &self.service.name)
    }

    /// The remedy of what mends itself, or needs another look after something else was done.
    pub(super) fn check_again(&self) -> Remedy {
        Remedy::CheckPath(self.reference())
    }

    /// Reports whether a rule belongs to the component that is checked.
    pub fn is_checked(&self, rule: &Rule) -> bool {
        let Some(component) = self.component else {
            return true;
        };
        rule.name == component
            || rule
                .name
                .strip_prefix(component)
                .is_some_and(|rest| rest.starts_with('-'))
    }
}
