//! What our own API tells of a link and its connections.

use serde::Deserialize;
use underpass_web::time::RelativeTime;

use crate::call::Refused;
use crate::page::Page;

/// A link.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct LinkView {
    pub(super) state: String,
    pub(super) azure_service_alias: Option<String>,
    pub(super) azure_service_id: Option<String>,
    #[serde(default)]
    pub(super) user_subscription_ids: Vec<String>,
    pub(super) google_service_attachment: Option<String>,
    #[serde(default)]
    pub(super) nat_ranges: Vec<NatRange>,
    pub(super) nat_capacity: Option<usize>,
    pub(super) nat_in_use: Option<usize>,
    pub(super) open_ports: Vec<Port>,
    pub(super) parts: Vec<PartView>,
    pub(super) settled: bool,
    pub(super) next_step: Option<String>,
    pub(super) next_action: Option<String>,
}

/// A range that consumers' addresses are translated to.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct NatRange {
    pub(super) range: String,
}

/// A port that is open on the link.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the API's members")]
pub(super) struct Port {
    pub(super) component: String,
    pub(super) link_port: u16,
    pub(super) backend_port: u16,
    pub(super) node_name: Option<String>,
}

/// A part of the link at the provider.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct PartView {
    pub(super) part: String,
    pub(super) phase: String,
    pub(super) desired: bool,
    pub(super) satisfied: bool,
    pub(super) trouble: Option<Trouble>,
}

/// Why a part does not move.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Trouble {
    pub(super) message: String,
    pub(super) next_action: Option<String>,
}

/// A connection.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ConnectionView {
    pub(super) privatelink_connection_id: String,
    pub(super) label: Option<String>,
    pub(super) state: String,
    pub(super) decision: String,
    pub(super) reason: Option<String>,
    pub(super) name: String,
    pub(super) user_ip_address: Option<String>,
    pub(super) private_endpoint_id: String,
    /// The provider's number of the connection; Google calls it the PSC connection ID.
    pub(super) link_identifier: Option<String>,
    pub(super) message: Option<String>,
    pub(super) first_seen_at: String,
    pub(super) trouble: Option<Trouble>,
    pub(super) warning: Option<String>,
    pub(super) next_action: Option<String>,
}

#[derive(Deserialize)]
struct ConnectionsAnswer {
    connections: Vec<ConnectionView>,
}

impl LinkView {
    /// The link in the page's path, if there is one.
    pub(super) async fn find(page: &Page) -> Result<Option<Self>, Refused> {
        let found: Option<Self> = page.api.find(&page.own_link_route([])).await?;
        Ok(found)
    }

    /// What consumers need to connect.
    pub(super) fn target(&self) -> Option<&str> {
        let azure = self.azure_service_alias.as_deref();
        azure.or(self.google_service_attachment.as_deref())
    }

    /// The parts that are wanted or still there, troubled ones first.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = &PartView> {
        self.parts.iter().filter(|part| !part.satisfied)
    }

    /// Whether a part does not get on.
    pub(super) fn unfinished_troubled(&self) -> bool {
        self.unfinished().any(|part| part.trouble.is_some())
    }

    /// How many of the wanted parts are as wanted.
    pub(super) fn progress(&self) -> (usize, usize) {
        let desired = self.parts.iter().filter(|part| part.desired);
        let done = desired.clone().filter(|part| part.satisfied).count();
        (done, desired.count())
    }
}

impl ConnectionView {
    /// The connections of the link in the page's path.
    pub(super) async fn all(page: &Page) -> Result<Vec<Self>, Refused> {
        let answer: ConnectionsAnswer = page.api.get(&page.own_link_route(["connections"])).await?;
        Ok(answer.connections)
    }

    /// Whether it carries bytes now.
    pub(super) fn is_active(&self) -> bool {
        self.state == "active"
    }

    /// Whether somebody has to decide about it.
    pub(super) fn is_undecided(&self) -> bool {
        self.decision == "undecided"
    }

    /// Whether it was turned away and can be let back in.
    pub(super) fn is_rejected(&self) -> bool {
        self.decision == "rejected" && self.state != "disconnected"
    }

    /// Whether it is let in, so that an address can be given for it.
    pub(super) fn is_approved(&self) -> bool {
        self.decision == "approved" && self.state != "disconnected"
    }

    pub(super) fn reported(&self, page: &Page) -> RelativeTime {
        RelativeTime::new(&self.first_seen_at, page.now)
    }
}
