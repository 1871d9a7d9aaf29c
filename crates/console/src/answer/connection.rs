//! Connections of links, by our own API.

use jiff::Timestamp;
use serde::Deserialize;
use underpass_web::time::RelativeTime;

use super::link::PartFailure;

/// A connection. Label, endpoint and message are texts of consumers and providers.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Connection {
    pub(crate) privatelink_connection_id: String,
    pub(crate) label: Option<String>,
    pub(crate) state: String,
    pub(crate) decision: String,
    pub(crate) reason: Option<String>,
    pub(crate) name: String,
    pub(crate) user_ip_address: Option<String>,
    pub(crate) private_endpoint_id: String,
    /// The provider's number of the connection; Google calls it the PSC connection ID.
    pub(crate) link_identifier: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) first_seen_at: String,
    pub(crate) failure: Option<PartFailure>,
    pub(crate) warning: Option<String>,
    pub(crate) next_action: Option<String>,
}

/// A connection of a project, with the link that it belongs to.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProjectConnection {
    pub(crate) service_name: String,
    pub(crate) provider: String,
    #[serde(flatten)]
    pub(crate) connection: Connection,
}

/// The connections of a link.
#[derive(Deserialize)]
pub(crate) struct Connections {
    pub(crate) connections: Vec<Connection>,
}

/// A page of the connections of a project.
#[derive(Deserialize)]
pub(crate) struct ProjectConnections {
    pub(crate) connections: Vec<ProjectConnection>,
    /// Number of connections on all pages.
    pub(crate) total: usize,
    pub(crate) next_after: Option<String>,
}

impl Connection {
    /// Reports whether it carries bytes.
    pub(crate) fn is_active(&self) -> bool {
        self.state == "active"
    }

    /// Reports whether it waits for a decision and can be approved.
    pub(crate) fn is_pending(&self) -> bool {
        self.state == "pending-user-approval"
    }

    /// Reports whether it is not decided yet.
    pub(crate) fn is_undecided(&self) -> bool {
        self.decision == "undecided"
    }

    /// Reports whether it was rejected and can be restored.
    pub(crate) fn is_rejected(&self) -> bool {
        self.decision == "rejected" && self.state != "disconnected"
    }

    /// Reports whether it is approved, so that an address can be entered for it.
    pub(crate) fn is_approved(&self) -> bool {
        self.decision == "approved" && self.state != "disconnected"
    }

    pub(crate) fn first_seen(&self, now: Timestamp) -> RelativeTime {
        RelativeTime::new(&self.first_seen_at, now)
    }
}
