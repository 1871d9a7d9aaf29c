//! The state of a connection: status, description and required actions.
//!
//! The private endpoint connection stores it; the private endpoint shows it.

use serde_json::Value;

use super::document;
use super::resource::Resource;
use super::state::State;

/// The state in a connection, and in an element of an endpoint's lists.
pub(super) const STATE: &str = "/properties/privateLinkServiceConnectionState";
/// Connections that an endpoint requests with a right on the service.
pub(super) const AUTOMATIC: &str = "privateLinkServiceConnections";

/// Connections that an endpoint requests for manual approval.
pub(super) const MANUAL: &str = "manualPrivateLinkServiceConnections";

/// The state of a connection: status, description, required actions.
pub(super) fn state_of(connection: &Resource) -> Value {
    connection.body.pointer(STATE).cloned().unwrap_or_default()
}

/// The entity tag of a connection: that of its service (recorded).
pub(super) fn etag(state: &State, connection: &Resource) -> String {
    let service = connection.id.parent();
    let service = service.as_ref().and_then(|service| state.resource(service));
    service.unwrap_or(connection).etag()
}

/// The state stored in a disconnected endpoint.
pub(super) fn stored_state(body: &Value) -> Option<&Value> {
    [AUTOMATIC, MANUAL]
        .iter()
        .find_map(|list| body.pointer(&format!("/properties/{list}/0{STATE}")))
}

/// Writes the state of the connection into the only element of an endpoint's lists.
pub(super) fn set_state(body: &mut Value, state: &Value) {
    for list in [AUTOMATIC, MANUAL] {
        if let Some(element) = body.pointer_mut(&format!("/properties/{list}/0")) {
            document::put(element, STATE, state.clone());
        }
    }
}
