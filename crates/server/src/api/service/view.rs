//! A service as the compatible API shows it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use underpass_model::access::Way;
use underpass_model::connection_info::{Address, document};
use underpass_model::credentials::{Secrecy, ServiceUser};
use underpass_model::route::Route;
use underpass_model::service::{Component, KafkaAuthentication, Node, Service, Tls};
use underpass_model::service_type::ServiceTypeFacts;

use crate::api::service_snapshot::ServiceSnapshot;
use crate::api::wire_time::wire_time;

/// The answer that carries one service.
#[derive(Serialize)]
pub(super) struct ServiceAnswer {
    pub(super) service: ServiceView,
}

/// The answer that carries every service of a project.
#[derive(Serialize)]
pub(super) struct ServicesAnswer {
    pub(super) services: Vec<ServiceView>,
}

/// A service. Every member is always sent: clients dereference without looking.
#[derive(Serialize)]
pub(super) struct ServiceView {
    service_name: String,
    service_type: String,
    service_type_description: &'static str,
    state: &'static str,
    plan: String,
    cloud_name: String,
    project_vpc_id: Option<String>,
    create_time: String,
    update_time: String,
    /// Null without a dynamic way to the main component.
    service_uri: Option<String>,
    service_uri_params: BTreeMap<String, String>,
    user_config: Map<String, Value>,
    components: Vec<ComponentView>,
    connection_info: Map<String, Value>,
    users: Vec<UserView>,
    backups: Vec<BackupView>,
    maintenance: MaintenanceView,
    node_states: Vec<NodeStateView>,
    node_count: usize,
    group_list: [&'static str; 1],
    service_integrations: [Value; 0],
    termination_protection: bool,
    tags: BTreeMap<String, String>,
    features: Map<String, Value>,
    metadata: Map<String, Value>,
    databases: Vec<&'static str>,
    disk_space_mb: Option<u64>,
    tech_emails: [Value; 0],
    /// Ours: what was registered, in the words `PUT` takes, without the logins.
    underpass: RegistrationView,
}

#[derive(Serialize)]
struct ComponentView {
    component: String,
    host: String,
    port: u16,
    route: &'static str,
    usage: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kafka_authentication_method: Option<&'static str>,
    /// Who signed the certificate that SASL clients see; absent where the service has a CA of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    kafka_ssl_ca: Option<&'static str>,
    /// Absent means true.
    #[serde(skip_serializing_if = "Tls::is_on")]
    ssl: Tls,
    #[serde(skip_serializing_if = "Option::is_none")]
    privatelink_connection_id: Option<String>,
}

/// A login of a service.
#[derive(Serialize)]
pub(super) struct UserView {
    username: String,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_cert: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key: Option<String>,
}

#[derive(Serialize)]
struct BackupView {
    backup_name: String,
    backup_time: String,
    data_size: u64,
}

#[derive(Serialize)]
struct MaintenanceView {
    dow: String,
    time: String,
    enabled: bool,
    updates: [Value; 0],
}

#[derive(Serialize)]
struct NodeStateView {
    name: String,
    state: &'static str,
    progress_updates: [Value; 0],
}

#[derive(Serialize)]
struct RegistrationView {
    nodes: Vec<Node>,
    components: Vec<Component>,
    ca_pem: Option<String>,
}

// === impl ServiceView ===

impl ServiceView {
    pub(super) fn new(snapshot: &ServiceSnapshot, domain: &str, secrecy: Secrecy) -> Self {
        let service = &snapshot.service.value;
        let users = snapshot.users();
        let ways = snapshot.ways(domain);
        let main = main_address(service, &ways, users.first(), secrecy);
        let facts = service.facts();
        Self {
            service_name: service.name.to_string(),
            service_type: service.service_type.clone(),
            service_type_description: facts.map_or("", |facts| facts.description),
            state: service.state(),
            plan: service.plan.clone(),
            cloud_name: service.cloud.to_string(),
            project_vpc_id: service.project_vpc_id.map(|id| id.to_string()),
            create_time: wire_time(service.created_at),
            update_time: wire_time(service.updated_at),
            service_uri: main.map(|address| address.uri()),
            service_uri_params: main.map(|address| address.params()).unwrap_or_default(),
            user_config: service.user_config.clone(),
            components: ways
                .iter()
                .map(|way| ComponentView::new(way, service))
                .collect(),
            connection_info: document(service, &ways, users, secrecy),
            users: UserView::all(users, secrecy),
            backups: backups(service),
            maintenance: MaintenanceView {
                dow: service.maintenance.dow.clone(),
                time: service.maintenance.time.clone(),
                enabled: service.maintenance.dow != "never",
                updates: [],
            },
            node_states: service
                .nodes
                .iter()
                .map(|node| node_state(node, service))
                .collect(),
            node_count: service.nodes.len(),
            group_list: ["default"],
            service_integrations: [],
            termination_protection: service.termination_protection,
            tags: service.tags.clone(),
            features: Map::new(),
            metadata: Map::new(),
            databases: databases(service),
            disk_space_mb: None,
            tech_emails: [],
            underpass: RegistrationView {
                nodes: service.nodes.clone(),
                components: service.components.clone(),
                ca_pem: service.ca_pem.clone(),
            },
        }
    }
}

/// The dynamic way to the main component, in its clients' words.
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

/// The database that clients open unless told otherwise; Underpass knows of no others.
fn databases(service: &Service) -> Vec<&'static str> {
    let main = service.facts().and_then(ServiceTypeFacts::main_component);
    main.and_then(|component| component.uri.database)
        .into_iter()
        .collect()
}

fn node_state(node: &Node, service: &Service) -> NodeStateView {
    // Underpass stops nothing, so of a service that is switched off it does not know.
    let state = if service.powered {
        "running"
    } else {
        "unknown"
    };
    NodeStateView {
        name: node.name.to_string(),
        state,
        progress_updates: [],
    }
}

/// One synthetic entry for the types whose creation Terraform takes for unfinished until a backup
/// is listed. Underpass makes no backups: the entry has the service's creation time and no size.
fn backups(service: &Service) -> Vec<BackupView> {
    // The last two belong to versions of the provider that still had them (read in its source).
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

// === impl ComponentView ===

impl ComponentView {
    fn new(way: &Way, service: &Service) -> Self {
        let is_sasl = way.kafka_authentication_method == Some(KafkaAuthentication::Sasl);
        let has_own_ca = way.kafka_ssl_ca.is_project_ca() && service.ca_pem.is_some();
        Self {
            component: way.component.clone(),
            host: way.host.clone(),
            port: way.port,
            route: way.route.as_str(),
            usage: way.usage.as_str(),
            kafka_authentication_method: way
                .kafka_authentication_method
                .map(KafkaAuthentication::as_str),
            kafka_ssl_ca: (is_sasl && !has_own_ca).then_some(way.kafka_ssl_ca.as_str()),
            ssl: way.tls,
            privatelink_connection_id: way.connection.as_ref().map(ToString::to_string),
        }
    }
}

// === impl UserView ===

impl UserView {
    /// Every login; the first is the main one.
    pub(super) fn all(users: &[ServiceUser], secrecy: Secrecy) -> Vec<Self> {
        let place = |(place, user)| Self::new(user, place == 0, secrecy);
        users.iter().enumerate().map(place).collect()
    }

    fn new(user: &ServiceUser, is_main: bool, secrecy: Secrecy) -> Self {
        let text = |secret| secrecy.text(secret).to_owned();
        Self {
            username: user.username.clone(),
            r#type: if is_main { "primary" } else { "normal" },
            password: user.password.as_ref().map(text),
            access_cert: user.access_cert.clone(),
            access_key: user.access_key.as_ref().map(text),
        }
    }

    /// One of the logins, by name.
    pub(super) fn named(users: &[ServiceUser], name: &str, secrecy: Secrecy) -> Option<Self> {
        let position = users.iter().position(|user| user.username == name)?;
        users
            .get(position)
            .map(|user| Self::new(user, position == 0, secrecy))
    }
}
