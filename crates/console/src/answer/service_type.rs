//! Service types, by the compatible API.

use serde::Deserialize;
use serde_json::Value;

/// A service type.
#[derive(Deserialize)]
pub(crate) struct ServiceType {
    pub(crate) user_config_schema: Value,
}
