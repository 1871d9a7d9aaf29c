//! The line about a connection in a question.

use underpass_api_types::connection::ConnectionView;

/// Returns the line about a connection in a list.
pub(super) fn line(connection: &ConnectionView) -> String {
    let ConnectionView {
        privatelink_connection_id: id,
        state,
        private_endpoint_id: endpoint,
        label,
        ..
    } = connection;
    let label = label.as_ref().map(|label| format!(", {label}"));
    format!(
        "  {id} ({}{}) from {endpoint}",
        state.as_str(),
        label.unwrap_or_default()
    )
}
