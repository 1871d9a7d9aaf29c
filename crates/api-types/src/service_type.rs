//! Service types, as the compatible API shows them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A service type: `GET /v1/project/{project}/service-types/{type}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceTypeView {
    /// Name of the type, for instance `pg`.
    pub service_type: String,
    /// Description of the type.
    pub description: String,
    /// Version of a new service; null for types without versions.
    pub default_version: Option<String>,
    /// Latest version; null for types without versions.
    pub latest_available_version: Option<String>,
    /// The one plan that is listed.
    pub service_plans: Vec<Value>,
    /// JSON Schema of the options.
    pub user_config_schema: Value,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::round_trip::assert_round_trip;

    #[test]
    fn a_type_is_read_back() {
        assert_round_trip(&ServiceTypeView {
            service_type: "pg".to_owned(),
            description: "PostgreSQL".to_owned(),
            default_version: Some("17".to_owned()),
            latest_available_version: None,
            service_plans: vec![json!({"service_plan": "startup-4"})],
            user_config_schema: json!({"type": "object"}),
        });
    }
}
