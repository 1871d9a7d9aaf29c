//! Services, as the compatible API shows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use underpass_model::credentials::Secret;
use underpass_model::route::Route;
use underpass_model::service::{Component, KafkaAuthentication, KafkaSslCa, Node, Tls, Usage};

/// One service: `GET /v1/project/{project}/service/{service}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompatibleServiceAnswer {
    /// The service.
    pub service: CompatibleService,
}

/// Every service of a project: `GET /v1/project/{project}/service`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompatibleServiceList {
    /// Services.
    pub services: Vec<CompatibleService>,
}

/// A service. Every member is always present: clients read them without a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompatibleService {
    /// Name of the service.
    pub service_name: String,
    /// Type of the service.
    pub service_type: String,
    /// Description of the type.
    pub service_type_description: String,
    /// State of the service.
    pub state: String,
    /// Plan, as it was registered.
    pub plan: String,
    /// Cloud and region, for instance `azure-westeurope`.
    pub cloud_name: String,
    /// ID of the project VPC; null outside of project VPCs.
    pub project_vpc_id: Option<String>,
    /// Time of the registration.
    pub create_time: String,
    /// Time of the last change.
    pub update_time: String,
    /// URI of the main component on the route `dynamic`; null if it has none.
    pub service_uri: Option<Secret>,
    /// Pieces of the URI; every value is a text.
    pub service_uri_params: BTreeMap<String, Secret>,
    /// Options.
    pub user_config: Map<String, Value>,
    /// Addresses of the components, by route.
    pub components: Vec<ServiceAddress>,
    /// Connection information in the form of the type.
    pub connection_info: Map<String, Value>,
    /// Logins; the first is the main one.
    pub users: Vec<ServiceUserView>,
    /// Backups; see [`BackupView`].
    pub backups: Vec<BackupView>,
    /// Maintenance window.
    pub maintenance: MaintenanceView,
    /// States of the nodes.
    pub node_states: Vec<NodeStateView>,
    /// Number of nodes.
    pub node_count: usize,
    /// Always `["default"]`.
    pub group_list: Vec<String>,
    /// Always empty.
    pub service_integrations: Vec<Value>,
    /// True if deletion and powering off are refused.
    pub termination_protection: bool,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Always empty.
    pub features: Map<String, Value>,
    /// Always empty.
    pub metadata: Map<String, Value>,
    /// Default database, if the type has one.
    pub databases: Vec<String>,
    /// Always null.
    pub disk_space_mb: Option<u64>,
    /// Always empty.
    pub tech_emails: Vec<Value>,
    /// Nodes, components and CA, as they were registered; ours.
    pub underpass: RegistrationView,
}

/// Address of one component on one route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAddress {
    /// Component of the service.
    pub component: String,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Route.
    pub route: Route,
    /// Usage of the listener.
    pub usage: Usage,
    /// Authentication method; omitted except on Kafka.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kafka_authentication_method: Option<KafkaAuthentication>,
    /// CA that signed the certificate for SASL clients; omitted for other clients, and if the
    /// service has a CA of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kafka_ssl_ca: Option<KafkaSslCa>,
    /// True if the listener speaks TLS; omitted if it does.
    #[serde(default, skip_serializing_if = "Tls::is_on")]
    pub ssl: Tls,
    /// ID of the connection; omitted on other routes than `privatelink`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privatelink_connection_id: Option<String>,
}

/// A login of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceUserView {
    /// Name of the login.
    pub username: String,
    /// `primary` for the main login, `normal` for others.
    pub r#type: String,
    /// Password; omitted without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Client certificate, in PEM; omitted without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_cert: Option<String>,
    /// Key of the client certificate, in PEM; omitted without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<Secret>,
}

/// A backup. Underpass makes none; some types have an entry that clients wait for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupView {
    /// Name of the backup.
    pub backup_name: String,
    /// Time of the backup.
    pub backup_time: String,
    /// Size, in bytes.
    pub data_size: u64,
}

/// The weekly maintenance window. Underpass only stores it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceView {
    /// Day of the week, or `never`.
    pub dow: String,
    /// Time of the day in UTC, `HH:MM:SS`.
    pub time: String,
    /// True if there is a window.
    pub enabled: bool,
    /// Always empty.
    pub updates: Vec<Value>,
}

/// State of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStateView {
    /// Name of the node.
    pub name: String,
    /// State. Valid values: `running`, `unknown`.
    pub state: String,
    /// Always empty.
    pub progress_updates: Vec<Value>,
}

/// Nodes, components and CA of a service, in the words of `PUT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationView {
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Listeners of every node.
    pub components: Vec<Component>,
    /// CA of the service, in PEM; null if the project's CA signs.
    pub ca_pem: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::round_trip::assert_round_trip;

    fn address() -> ServiceAddress {
        ServiceAddress {
            component: "kafka".to_owned(),
            host: "10.0.0.4".to_owned(),
            port: 9094,
            route: Route::Dynamic,
            usage: Usage::Primary,
            kafka_authentication_method: None,
            kafka_ssl_ca: None,
            ssl: Tls::On,
            privatelink_connection_id: None,
        }
    }

    fn service() -> CompatibleService {
        CompatibleService {
            service_name: "kafka-1".to_owned(),
            service_type: "kafka".to_owned(),
            service_type_description: "Kafka".to_owned(),
            state: "RUNNING".to_owned(),
            plan: "startup-4".to_owned(),
            cloud_name: "azure-westeurope".to_owned(),
            project_vpc_id: None,
            create_time: "2026-01-01T00:00:00Z".to_owned(),
            update_time: "2026-01-01T00:00:00Z".to_owned(),
            service_uri: Some(Secret::new("kafka://u:hunter2@h:1".to_owned())),
            service_uri_params: BTreeMap::from([(
                "password".to_owned(),
                Secret::new("hunter2".to_owned()),
            )]),
            user_config: Map::new(),
            components: vec![
                address(),
                ServiceAddress {
                    route: Route::Privatelink,
                    kafka_authentication_method: Some(KafkaAuthentication::Sasl),
                    kafka_ssl_ca: Some(KafkaSslCa::Letsencrypt),
                    ssl: Tls::Off,
                    privatelink_connection_id: Some("plc000000000001".to_owned()),
                    ..address()
                },
            ],
            connection_info: Map::new(),
            users: vec![ServiceUserView {
                username: "avnadmin".to_owned(),
                r#type: "primary".to_owned(),
                password: Some(Secret::new("hunter2".to_owned())),
                access_cert: None,
                access_key: None,
            }],
            backups: vec![BackupView {
                backup_name: "none".to_owned(),
                backup_time: "2026-01-01T00:00:00Z".to_owned(),
                data_size: 0,
            }],
            maintenance: MaintenanceView {
                dow: "never".to_owned(),
                time: "00:00:00".to_owned(),
                enabled: false,
                updates: Vec::new(),
            },
            node_states: vec![NodeStateView {
                name: "n1".to_owned(),
                state: "running".to_owned(),
                progress_updates: Vec::new(),
            }],
            node_count: 1,
            group_list: vec!["default".to_owned()],
            service_integrations: Vec::new(),
            termination_protection: false,
            tags: BTreeMap::from([("team".to_owned(), "blue".to_owned())]),
            features: Map::new(),
            metadata: Map::new(),
            databases: Vec::new(),
            disk_space_mb: None,
            tech_emails: Vec::new(),
            underpass: serde_json::from_value(json!({
                "nodes": [{"name": "n1", "address": "10.0.0.4"}],
                "components": [{"component": "kafka", "port": 9094, "link_port": 9094}],
                "ca_pem": null,
            }))
            .unwrap(),
        }
    }

    #[test]
    fn a_service_is_read_back() {
        assert_round_trip(&CompatibleServiceAnswer { service: service() });
        assert_round_trip(&CompatibleServiceList {
            services: vec![service()],
        });
    }

    #[test]
    fn what_an_address_does_not_have_is_omitted() {
        assert_eq!(
            serde_json::to_string(&address()).unwrap(),
            r#"{"component":"kafka","host":"10.0.0.4","port":9094,"route":"dynamic","usage":"primary"}"#
        );
    }

    #[test]
    fn a_password_is_in_the_document_and_not_in_logs() {
        let text = serde_json::to_string(&service()).unwrap();
        assert!(text.contains(r#""password":"hunter2""#), "{text}");
        assert!(!format!("{:?}", service()).contains("hunter2"));
    }

    #[test]
    fn authorities_have_the_words_of_the_model() {
        for ca in [KafkaSslCa::ProjectCa, KafkaSslCa::Letsencrypt] {
            let word = serde_json::to_string(&ca).unwrap();
            assert_eq!(word, format!("\"{}\"", ca.as_str()));
        }
    }
}
