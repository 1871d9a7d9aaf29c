//! Access paths: addresses and ports on which clients reach the components of a service.

use crate::connection::Connection;
use crate::id::ConnectionId;
use crate::link::{ConnectionState, Link, shown_connection};
use crate::part::Observed;
use crate::route::Route;
use crate::service::{Component, KafkaAuthentication, KafkaSslCa, Service, Tls, Usage};

/// One address of one component on one route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The component.
    pub component: String,
    /// The address or name a client dials.
    pub host: String,
    /// The port a client dials.
    pub port: u16,
    /// The network through which the client comes.
    pub route: Route,
    /// The use of the listener.
    pub usage: Usage,
    /// The login method of the listener, if the component has several.
    pub kafka_authentication_method: Option<KafkaAuthentication>,
    /// The issuer of the certificate that clients of a Kafka listener see.
    pub kafka_ssl_ca: KafkaSslCa,
    /// The use of TLS.
    pub tls: Tls,
    /// The connection whose endpoint is dialled, on the private link route.
    pub connection: Option<ConnectionId>,
}

/// An active connection, whose private name is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// The connection.
    pub connection: ConnectionId,
    /// Its position, which is part of its name.
    pub ordinal: u32,
}

/// Returns the active connections of a link, in the order of their first observation.
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

/// Returns every address of a service: those on the dynamic, the public and the private route, then
/// one set of open components for each entrance.
///
/// Within a set the main component comes first, because clients take the first address of a route
/// and ignore the component's name. The dynamic route has no DNS name, so it shows the first node's
/// own address; a service without nodes has no address there. Of several listeners of a component
/// those with the service's own CA come first, because the compatible command line gives clients
/// that CA.
pub fn ways(service: &Service, entrances: &[Entrance], domain: &str) -> Vec<Way> {
    let mut ordered: Vec<_> = service.components.iter().collect();
    ordered.sort_by_key(|component| {
        let known = service
            .facts()
            .map(|facts| facts.components)
            .unwrap_or_default();
        let position = known
            .iter()
            .position(|facts| facts.name == component.component);
        (position, component.kafka_ssl_ca)
    });
    let offered = |route: Route| {
        let components = ordered.iter().copied();
        components.filter(move |component| service.offers(component, route))
    };
    let mut ways = Vec::new();
    let dynamic = service.nodes.first().map(|node| node.address.to_string());
    let direct = [
        (Route::Dynamic, dynamic),
        (Route::Public, shown(service, Route::Public)),
        (Route::Private, shown(service, Route::Private)),
    ];
    for (route, host) in direct {
        let Some(host) = host else { continue };
        let way = |component: &Component| way(component, route, host.clone(), component.port);
        ways.extend(offered(route).map(way));
    }
    for entrance in entrances {
        let host = service.host_label.privatelink(entrance.ordinal, domain);
        ways.extend(offered(Route::Privatelink).map(|component| Way {
            connection: Some(entrance.connection.clone()),
            ..way(
                component,
                Route::Privatelink,
                host.clone(),
                component.link_port,
            )
        }));
    }
    ways
}

fn shown(service: &Service, route: Route) -> Option<String> {
    service.address_on(route).map(ToString::to_string)
}

fn way(component: &Component, route: Route, host: String, port: u16) -> Way {
    Way {
        component: component.component.clone(),
        host,
        port,
        route,
        usage: component.usage,
        kafka_authentication_method: component.kafka_authentication_method,
        kafka_ssl_ca: component.kafka_ssl_ca,
        tls: component.tls,
        connection: None,
    }
}

#[cfg(test)]
pub(crate) mod tests;
