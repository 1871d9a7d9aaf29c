//! A link with what it belongs to and who is connected to it.

use underpass_model::connection::Connection;
use underpass_model::link::{ConnectionState, LinkState, shown_connection, shown_link};
use underpass_model::service::Service;

use crate::api::service_snapshot::{LinkSnapshot, ServiceSnapshot};

/// One link of a project. The connections are copied once for each link, not for each question.
pub(super) struct Entry<'a> {
    pub(super) service: &'a Service,
    pub(super) link: &'a LinkSnapshot,
    /// All of the link, in the order of sighting.
    pub(super) connections: Vec<Connection>,
}

impl<'a> Entry<'a> {
    /// The links of one service.
    pub(super) fn all(snapshot: &'a ServiceSnapshot) -> impl Iterator<Item = Self> {
        snapshot.links.iter().map(|link| Self {
            service: &snapshot.service.value,
            link,
            connections: link.bare_connections(),
        })
    }

    /// The state of the link.
    pub(super) fn state(&self) -> LinkState {
        shown_link(&self.link.link.value, &self.link.observed)
    }

    /// The state of a connection of the link.
    pub(super) fn state_of(&self, connection: &Connection) -> ConnectionState {
        shown_connection(&self.link.link.value, connection, &self.link.observed)
    }
}
