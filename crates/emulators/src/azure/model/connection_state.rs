//! The state of a connection: status, description and required actions.
//!
//! The connection stores it; the endpoint shows it in its list of connections.

use serde_json::Value;

use super::document;
use super::resource::Resource;

pub(super) const STATE: &str = "/properties/privateLinkServiceConnectionState";
pub(super) const AUTOMATIC: &str = "privateLinkServiceConnections";

pub(super) const MANUAL: &str = "manualPrivateLinkServiceConnections";

/// The state of a connection: status, description, required actions.
pub(super) fn state_of(connection: &Resource) -> Value {
    connection.body.pointer(STATE).cloned().unwrap_or_default()
}

/// The stored state of a disconnected endpoint.
pub(super) fn stored_state(body: &Value) -> Option<&Value> {
    [AUTOMATIC, MANUAL]
        .iter()
        .find_map(|list| body.pointer(&format!("/properties/{list}/0{STATE}")))
}

/// Writes the state of an endpoint's connection into its one element.
pub(super) fn set_state(body: &mut Value, state: &Value) {
    for list in [AUTOMATIC, MANUAL] {
        if let Some(element) = body.pointer_mut(&format!("/properties/{list}/0")) {
            document::put(element, STATE, state.clone());
        }
    }
}
