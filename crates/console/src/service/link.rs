//! The links of a service with their connections, as our own API tells them.

use serde::Deserialize;

use crate::call::Refused;
use crate::page::Page;

/// Where a service may have a link, by the last segment of its route.
const PROVIDERS: [&str; 3] = ["azure", "google", "aws"];

/// A link with its connections.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) provider: &'static str,
    pub(super) state: LinkState,
    pub(super) connections: Vec<Connection>,
}

/// How a link is.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct LinkState {
    pub(super) state: String,
    pub(super) next_action: Option<String>,
    pub(super) parts: Vec<LinkPart>,
    /// What becomes of established flows when a port is closed.
    established_flow_revocation: String,
}

/// Something the link is made of.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct LinkPart {
    pub(super) part: String,
    desired: bool,
    satisfied: bool,
    pub(super) trouble: Option<Trouble>,
}

/// Why a part does not move; the message may be the provider's words.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Trouble {
    pub(super) message: String,
    pub(super) next_action: Option<String>,
}

#[derive(Deserialize)]
struct ConnectionsAnswer {
    connections: Vec<Connection>,
}

/// A connection. Label, endpoint and message are words of others.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Connection {
    pub(super) privatelink_connection_id: String,
    pub(super) label: Option<String>,
    pub(super) state: String,
    pub(super) reason: Option<String>,
    pub(super) private_endpoint_id: String,
    pub(super) user_ip_address: Option<String>,
    pub(super) message: Option<String>,
    pub(super) warning: Option<String>,
    pub(super) next_action: Option<String>,
}

impl Link {
    /// Every link of a service, in the order of the providers.
    pub(super) async fn all(page: &Page, service: &str) -> Result<Vec<Self>, Refused> {
        let mut links = Vec::new();
        for provider in PROVIDERS {
            let route = page.own_route(["service", service, "privatelink", provider]);
            let Some(state) = page.api.find::<LinkState>(&route).await? else {
                continue;
            };
            let connections = format!("{route}/connections");
            let answer: Option<ConnectionsAnswer> = page.api.find(&connections).await?;
            links.push(Self {
                provider,
                state,
                connections: answer.map(|it| it.connections).unwrap_or_default(),
            });
        }
        Ok(links)
    }

    /// The connections that carry bytes now.
    pub(super) fn active(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().filter(|it| it.is_active())
    }

    /// How many of its wanted parts are as wanted, of how many.
    pub(super) fn ready(&self) -> (usize, usize) {
        let desired = self.state.parts.iter().filter(|part| part.desired);
        let ready = desired.clone().filter(|part| part.satisfied);
        (ready.count(), desired.count())
    }

    /// Whether flows that are established are known to end when their port is closed.
    pub(super) fn ends_flows(&self) -> bool {
        self.state.established_flow_revocation != "unverified"
    }

    /// The parts that do not move, each with the reason.
    pub(super) fn troubles(&self) -> Vec<(&str, &Trouble)> {
        let parts = self.state.parts.iter();
        let troubled = parts.filter_map(|it| Some((it.part.as_str(), it.trouble.as_ref()?)));
        troubled.collect()
    }

    /// What the links' product is called.
    pub(super) fn title(&self) -> &'static str {
        match self.provider {
            "azure" => "Azure Private Link",
            "google" => "Google Private Service Connect",
            _ => "AWS PrivateLink",
        }
    }
}

impl Connection {
    pub(super) fn is_active(&self) -> bool {
        self.state == "active"
    }
}
