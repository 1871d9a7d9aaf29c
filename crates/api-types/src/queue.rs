//! Connections of a project: pending ones first, the longest known first.

use serde::{Deserialize, Serialize};
use underpass_model::cloud::Provider;

use crate::connection::ConnectionView;

/// A page of the connections of a project: `GET …/connections`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionPage {
    /// Connections, first seen first.
    pub connections: Vec<ProjectConnection>,
    /// Number of matching connections on all pages.
    pub total: usize,
    /// Value of `after` for the next page; null on the last page.
    pub next_after: Option<String>,
}

/// A connection with the link that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectConnection {
    /// Name of the service.
    pub service_name: String,
    /// Type of the service.
    pub service_type: String,
    /// Cloud of the link.
    pub provider: Provider,
    /// The connection; its members are in the same object.
    #[serde(flatten)]
    pub connection: ConnectionView,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::sample::connection;
    use crate::round_trip::assert_round_trip;

    #[test]
    fn a_page_is_read_back() {
        assert_round_trip(&ConnectionPage {
            connections: vec![ProjectConnection {
                service_name: "pg-1".to_owned(),
                service_type: "pg".to_owned(),
                provider: Provider::Azure,
                connection: connection(),
            }],
            total: 2,
            next_after: Some("2026-01-01T00:00:00Z_plc000000000001".to_owned()),
        });
    }

    #[test]
    fn a_connection_and_its_link_are_one_object() {
        let row = ProjectConnection {
            service_name: "pg-1".to_owned(),
            service_type: "pg".to_owned(),
            provider: Provider::Google,
            connection: connection(),
        };
        let text = serde_json::to_string(&row).unwrap();
        let beginning = r#"{"service_name":"pg-1","service_type":"pg","provider":"google","privatelink_connection_id":"#;
        assert!(text.starts_with(beginning), "{text}");
    }
}
