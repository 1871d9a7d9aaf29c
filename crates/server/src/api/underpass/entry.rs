//! Link with its service and connections.

use underpass_model::connection::Connection;
use underpass_model::link::{ConnectionState, LinkState, shown_connection, shown_link};
use underpass_model::service::Service;

use crate::api::service_snapshot::{LinkSnapshot, ServiceSnapshot};

/// One link of a project, with a copy of its connections.
pub(super) struct Entry<'a> {
    pub(super) service: &'a Service,
    pub(super) link: &'a LinkSnapshot,
    /// All connections of the link, in the order of discovery.
    pub(super) connections: Vec<Connection>,
}

impl<'a> Entry<'a> {
    /// Returns the links of one service.
    pub(super) fn all(snapshot: &'a ServiceSnapshot) -> impl Iterator<Item = Self> {
        snapshot.links.iter().map(|link| Self {
            service: &snapshot.service.value,
            link,
            connections: link.bare_connections(),
        })
    }

    /// Returns the state of the link.
    pub(super) fn state(&self) -> LinkState {
        shown_link(&self.link.link.value, &self.link.observed)
    }

    /// Returns the state of a connection of the link.
    pub(super) fn state_of(&self, connection: &Connection) -> ConnectionState {
        shown_connection(&self.link.link.value, connection, &self.link.observed)
    }
}
