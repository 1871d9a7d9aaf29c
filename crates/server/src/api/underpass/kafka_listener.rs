//! Listener settings of Kafka brokers, so that clients of a link reach each broker.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use underpass_api_types::kafka_listener::{
    BrokerListener, BrokerName, BrokerView, KafkaListenersAnswer, KafkaListenersView,
};
use underpass_model::access::{Entrance, entrances};
use underpass_model::kafka_listener::{Broker, KafkaListener, KafkaListeners};

use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::service_snapshot::{LinkSnapshot, ServiceSnapshot};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route(
        "/v1/underpass/project/{project}/service/{service}/kafka-listeners",
        get(show),
    )
}

fn view(
    snapshot: &ServiceSnapshot,
    link: &LinkSnapshot,
    listeners: KafkaListeners,
) -> KafkaListenersView {
    let host = listeners.host.clone();
    KafkaListenersView {
        service_name: snapshot.service.value.name.to_string(),
        brokers: listeners
            .brokers
            .iter()
            .map(|broker| broker_view(broker, &host))
            .collect(),
        names: names(link),
        node_ports: listeners.node_ports,
        firewall: listeners.firewall,
        host,
    }
}

fn broker_view(broker: &Broker, host: &str) -> BrokerView {
    let properties = broker.properties(host).into_iter();
    BrokerView {
        node_name: broker.node.to_string(),
        address: broker.address.to_string(),
        listeners: broker.listeners.iter().map(listener_view).collect(),
        server_properties: properties
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    }
}

fn listener_view(listener: &KafkaListener) -> BrokerListener {
    BrokerListener {
        name: listener.name.clone(),
        role: listener.role,
        kafka_authentication_method: listener.authentication,
        security_protocol: listener.protocol().to_owned(),
        bind_address: listener.bind.to_string(),
        port: listener.port,
        advertised_port: listener.advertised_port,
    }
}

/// Returns the active connections with their endpoint addresses in the order of discovery; the DNS
/// server of Underpass answers with the first address.
fn names(link: &LinkSnapshot) -> Vec<BrokerName> {
    let connections = link.bare_connections();
    let active = entrances(&link.link.value, &connections, &link.observed);
    let address = |entrance: &Entrance| {
        let found = connections.iter().find(|it| it.id == entrance.connection);
        found.and_then(|connection| connection.address)
    };
    let answer = active.first().and_then(address);
    active
        .iter()
        .map(|entrance| BrokerName {
            privatelink_connection_id: entrance.connection.to_string(),
            user_ip_address: address(entrance).map(|address| address.to_string()),
            answered: address(entrance) == answer,
        })
        .collect()
}

async fn show(State(app): State<App>, member: Member) -> Result<Json<KafkaListenersAnswer>, Error> {
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    let service = &snapshot.service.value;
    let link = snapshot.link(service.cloud.provider())?;
    let listeners = KafkaListeners::of(service, &link.link.value, &app.settings.domain)?;
    Ok(Json(KafkaListenersAnswer {
        kafka_listeners: view(&snapshot, link, listeners),
    }))
}
