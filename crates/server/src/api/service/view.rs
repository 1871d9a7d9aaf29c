//! Service as the compatible API shows it.

use serde_json::Map;
use underpass_api_types::compatible_service::{
    BackupView, CompatibleService, MaintenanceView, NodeStateView, RegistrationView,
    ServiceAddress, ServiceUserView,
};
use underpass_model::access::Way;
use underpass_model::connection_info::{Address, document};
use underpass_model::credentials::{Secrecy, Secret, ServiceUser};
use underpass_model::route::Route;
use underpass_model::service::{KafkaAuthentication, Node, Service};
use underpass_model::service_type::ServiceTypeFacts;

use crate::api::service_snapshot::ServiceSnapshot;
use crate::api::wire_time::wire_time;

/// Returns a service, with secrets as `secrecy` says.
pub(super) fn service_view(
    snapshot: &ServiceSnapshot,
    domain: &str,
    secrecy: Secrecy,
) -> CompatibleService {
    let service = &snapshot.service.value;
    let users = snapshot.users();
    let ways = snapshot.ways(domain);
    let main = main_address(service, &ways, users.first(), secrecy);
    let facts = service.facts();
    CompatibleService {
        service_name: service.name.to_string(),
        service_type: service.service_type.clone(),
        service_type_description: facts.map_or("", |facts| facts.description).to_owned(),
        state: service.state().to_owned(),
        plan: service.plan.clone(),
        cloud_name: service.cloud.to_string(),
        project_vpc_id: service.project_vpc_id.map(|id| id.to_string()),
        create_time: wire_time(service.created_at),
        update_time: wire_time(service.updated_at),
        service_uri: main.map(|address| Secret::new(address.uri())),
        service_uri_params: main
            .map(|address| address.params())
            .unwrap_or_default()
            .into_iter()
            .map(|(name, value)| (name, Secret::new(value)))
            .collect(),
        user_config: service.user_config.clone(),
        components: ways
            .iter()
            .map(|way| service_address(way, service))
            .collect(),
        connection_info: document(service, &ways, users, secrecy),
        users: user_views(users, secrecy),
        backups: backups(service),
        maintenance: MaintenanceView {
            dow: service.maintenance.dow.clone(),
            time: service.maintenance.time.clone(),
            enabled: service.maintenance.dow != "never",
            updates: Vec::new(),
        },
        node_states: service
            .nodes
            .iter()
            .map(|node| node_state(node, service))
            .collect(),
        node_count: service.nodes.len(),
        group_list: vec!["default".to_owned()],
        service_integrations: Vec::new(),
        termination_protection: service.termination_protection,
        tags: service.tags.clone(),
        features: Map::new(),
        metadata: Map::new(),
        databases: databases(service),
        disk_space_mb: None,
        tech_emails: Vec::new(),
        underpass: RegistrationView {
            nodes: service.nodes.clone(),
            components: service.components.clone(),
            ca_pem: service.ca_pem.clone(),
        },
    }
}

/// Returns the dynamic route to the main component, in the words of its clients.
fn main_address<'a>(
    service: &Service,
    ways: &'a [Way],
    login: Option<&'a ServiceUser>,
    secrecy: Secrecy,
) -> Option<Address<'a>> {
    let main = service.facts()?.main_component()?;
    let leads_there = |way: &&Way| way.route == Route::Dynamic && way.component == main.name;
    let way = ways.iter().find(leads_there)?;
    Some(Address {
        login,
        ..Address::of(service, way, secrecy)?
    })
}

/// Default database of clients; Underpass knows no others.
fn databases(service: &Service) -> Vec<String> {
    let main = service.facts().and_then(ServiceTypeFacts::main_component);
    main.and_then(|component| component.uri.database)
        .map(str::to_owned)
        .into_iter()
        .collect()
}

fn node_state(node: &Node, service: &Service) -> NodeStateView {
    // Underpass stops no servers, so the state of a service that is switched off is unknown.
    let state = if service.powered {
        "running"
    } else {
        "unknown"
    };
    NodeStateView {
        name: node.name.to_string(),
        state: state.to_owned(),
        progress_updates: Vec::new(),
    }
}

/// Returns one synthetic entry for the types whose creation Terraform considers unfinished until a
/// backup is listed. Underpass makes no backups; the entry has the service's creation time and no
/// size.
fn backups(service: &Service) -> Vec<BackupView> {
    // The last two are for versions of the provider that still had them (read in its source).
    let awaited = ["pg", "dragonfly", "influxdb", "redis"];
    if !awaited.contains(&service.service_type.as_str()) {
        return Vec::new();
    }
    vec![BackupView {
        backup_name: format!("{}-none-by-underpass", service.name),
        backup_time: wire_time(service.created_at),
        data_size: 0,
    }]
}

fn service_address(way: &Way, service: &Service) -> ServiceAddress {
    let is_sasl = way.kafka_authentication_method == Some(KafkaAuthentication::Sasl);
    let has_own_ca = way.kafka_ssl_ca.is_project_ca() && service.ca_pem.is_some();
    ServiceAddress {
        component: way.component.clone(),
        host: way.host.clone(),
        port: way.port,
        route: way.route,
        usage: way.usage,
        kafka_authentication_method: way.kafka_authentication_method,
        kafka_ssl_ca: (is_sasl && !has_own_ca).then_some(way.kafka_ssl_ca),
        ssl: way.tls,
        privatelink_connection_id: way.connection.as_ref().map(ToString::to_string),
    }
}

/// Returns every login; the first is the main one.
pub(super) fn user_views(users: &[ServiceUser], secrecy: Secrecy) -> Vec<ServiceUserView> {
    let view = |(place, user)| user_view(user, place == 0, secrecy);
    users.iter().enumerate().map(view).collect()
}

/// Returns one of the logins, by name.
pub(super) fn user_named(
    users: &[ServiceUser],
    name: &str,
    secrecy: Secrecy,
) -> Option<ServiceUserView> {
    let position = users.iter().position(|user| user.username == name)?;
    users
        .get(position)
        .map(|user| user_view(user, position == 0, secrecy))
}

fn user_view(user: &ServiceUser, is_main: bool, secrecy: Secrecy) -> ServiceUserView {
    let text = |secret| Secret::new(secrecy.text(secret).to_owned());
    ServiceUserView {
        username: user.username.clone(),
        r#type: if is_main { "primary" } else { "normal" }.to_owned(),
        password: user.password.as_ref().map(text),
        access_cert: user.access_cert.clone(),
        access_key: user.access_key.as_ref().map(text),
    }
}
