//! The ways that lead to a service's components.

use std::str::FromStr;

use crate::connection::Connection;
use crate::id::ConnectionId;
use crate::link::{ConnectionState, Link, shown_connection};
use crate::part::Observed;
use crate::refusal::Refusal;
use crate::service::{KafkaAuthentication, Service, Tls, Usage};

/// Through which network a client comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// The service's own network: the first node's address and port.
    Dynamic,
    /// The internet.
    Public,
    /// A peered network.
    Private,
    /// A consumer's endpoint.
    Privatelink,
}

impl Route {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dynamic => "dynamic",
            Self::Public => "public",
            Self::Private => "private",
            Self::Privatelink => "privatelink",
        }
    }
}

impl FromStr for Route {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        [
            Self::Dynamic,
            Self::Public,
            Self::Private,
            Self::Privatelink,
        ]
        .into_iter()
        .find(|route| route.as_str() == text)
        .ok_or_else(|| {
            Refusal::invalid(
                "unknown_route",
                format!("`{text}` is not a route; use `dynamic` or `privatelink`"),
            )
        })
    }
}

/// One way to one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The component it leads to.
    pub component: String,
    /// The address or name a client dials.
    pub host: String,
    /// The port a client dials.
    pub port: u16,
    /// Through which network.
    pub route: Route,
    /// What the listener is for.
    pub usage: Usage,
    /// How clients of this listener log in, where the component has several.
    pub kafka_authentication_method: Option<KafkaAuthentication>,
    /// Whether it speaks TLS.
    pub tls: Tls,
    /// Whose endpoint it goes through, on the privatelink route.
    pub connection: Option<ConnectionId>,
}

/// A connection that is active, so that its private name is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// Which connection.
    pub connection: ConnectionId,
    /// Its position, which its name carries.
    pub ordinal: u32,
}

/// The active connections of a link, in the order of sighting.
pub fn entrances(link: &Link, connections: &[Connection], observed: &Observed) -> Vec<Entrance> {
    let mut entrances: Vec<_> = connections
        .iter()
        .filter(|connection| {
            shown_connection(link, connection, observed) == ConnectionState::Active
        })
        .map(|connection| Entrance {
            connection: connection.id.clone(),
            ordinal: connection.ordinal,
        })
        .collect();
    entrances.sort_by_key(|entrance| entrance.ordinal);
    entrances
}

/// Every way to a service: the dynamic ones, then one set of open components per entrance.
///
/// Within a set the main component comes first, because clients take the first way that fits a
/// route without looking at the component's name. No DNS is claimed for the dynamic route, so
/// it shows the first node's own address; a service without nodes has no dynamic way.
pub fn ways(service: &Service, entrances: &[Entrance], domain: &str) -> Vec<Way> {
    let mut ordered: Vec<_> = service.components.iter().collect();
    ordered.sort_by_key(|component| {
        let known = service
            .facts()
            .map(|facts| facts.components)
            .unwrap_or_default();
        known
            .iter()
            .position(|facts| facts.name == component.component)
    });
    let mut ways = Vec::new();
    if let Some(node) = service.nodes.first() {
        ways.extend(ordered.iter().map(|component| Way {
            component: component.component.clone(),
            host: node.address.to_string(),
            port: component.port,
            route: Route::Dynamic,
            usage: component.usage,
            kafka_authentication_method: component.kafka_authentication_method,
            tls: component.tls,
            connection: None,
        }));
    }
    for entrance in entrances {
        let open = ordered
            .iter()
            .filter(|component| service.is_open(&component.component));
        ways.extend(open.map(|component| Way {
            component: component.component.clone(),
            host: service.host_label.privatelink(entrance.ordinal, domain),
            port: component.link_port,
            route: Route::Privatelink,
            usage: component.usage,
            kafka_authentication_method: component.kafka_authentication_method,
            tls: component.tls,
            connection: Some(entrance.connection.clone()),
        }));
    }
    ways
}

#[cfg(test)]
pub(crate) mod tests;
