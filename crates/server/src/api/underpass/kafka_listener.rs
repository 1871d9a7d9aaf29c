//! What Kafka brokers must be configured with, so that clients of a link reach each of them.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use underpass_model::access::{Entrance, entrances};
use underpass_model::kafka_listener::{Broker, KafkaListener, KafkaListeners};
use underpass_model::service::KafkaAuthentication;

use crate::api::service_snapshot::{LinkSnapshot, ServiceSnapshot};
use crate::api::{Error, Member};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route(
        "/v1/underpass/project/{project}/service/{service}/kafka-listeners",
        get(show),
    )
}

#[derive(Serialize)]
struct ListenersAnswer {
    kafka_listeners: ListenersView,
}

#[derive(Serialize)]
struct ListenersView {
    service_name: String,
    /// The name that every broker advertises, to clients of every connection.
    host: String,
    brokers: Vec<BrokerView>,
    /// Where the name leads for the clients of each active connection.
    names: Vec<NameView>,
    /// What nodes must let in: ports and ranges.
    node_ports: Vec<String>,
    /// The command that lets them in; null where Underpass does it.
    firewall: Option<String>,
}

#[derive(Serialize)]
struct BrokerView {
    node_name: String,
    address: String,
    listeners: Vec<ListenerView>,
    /// Entries for the lists in the broker's configuration, by property.
    server_properties: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct ListenerView {
    name: String,
    role: &'static str,
    kafka_authentication_method: Option<&'static str>,
    security_protocol: &'static str,
    bind_address: String,
    port: u16,
    advertised_port: u16,
}

#[derive(Serialize)]
struct NameView {
    privatelink_connection_id: String,
    /// The endpoint's address: what the name must lead to in that consumer's network.
    user_ip_address: Option<String>,
    /// Whether our name server answers so. Otherwise the consumer's own has to.
    answered: bool,
}

impl ListenersView {
    fn new(snapshot: &ServiceSnapshot, link: &LinkSnapshot, listeners: KafkaListeners) -> Self {
        let host = listeners.host.clone();
        Self {
            service_name: snapshot.service.value.name.to_string(),
            brokers: listeners
                .brokers
                .iter()
                .map(|broker| BrokerView::new(broker, &host))
                .collect(),
            names: names(link),
            node_ports: listeners.node_ports,
            firewall: listeners.firewall,
            host,
        }
    }
}

impl BrokerView {
    fn new(broker: &Broker, host: &str) -> Self {
        Self {
            node_name: broker.node.to_string(),
            address: broker.address.to_string(),
            listeners: broker.listeners.iter().map(ListenerView::new).collect(),
            server_properties: broker.properties(host).into_iter().collect(),
        }
    }
}

impl ListenerView {
    fn new(listener: &KafkaListener) -> Self {
        Self {
            name: listener.name.clone(),
            role: listener.role.as_str(),
            kafka_authentication_method: listener.authentication.map(KafkaAuthentication::as_str),
            security_protocol: listener.protocol(),
            bind_address: listener.bind.to_string(),
            port: listener.port,
            advertised_port: listener.advertised_port,
        }
    }
}

/// Each active connection with its endpoint's address, the first sighted first: it is the one whose
/// address our name server answers.
fn names(link: &LinkSnapshot) -> Vec<NameView> {
    let connections = link.bare_connections();
    let active = entrances(&link.link.value, &connections, &link.observed);
    let address = |entrance: &Entrance| {
        let found = connections.iter().find(|it| it.id == entrance.connection);
        found.and_then(|connection| connection.address)
    };
    let answer = active.first().and_then(address);
    active
        .iter()
        .map(|entrance| NameView {
            privatelink_connection_id: entrance.connection.to_string(),
            user_ip_address: address(entrance).map(|address| address.to_string()),
            answered: address(entrance) == answer,
        })
        .collect()
}

async fn show(State(app): State<App>, member: Member) -> Result<Json<ListenersAnswer>, Error> {
    let snapshot = ServiceSnapshot::load(&app, member.name(), &member.service()?).await?;
    let service = &snapshot.service.value;
    let link = snapshot.link(service.cloud.provider())?;
    let listeners = KafkaListeners::of(service, &link.link.value, &app.settings.domain)?;
    Ok(Json(ListenersAnswer {
        kafka_listeners: ListenersView::new(&snapshot, link, listeners),
    }))
}
