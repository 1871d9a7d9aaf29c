//! Regional network endpoint groups of type `PRIVATE_SERVICE_CONNECT`: a consumer's backend, which
//! targets a service attachment as an endpoint does.
//!
//! The load balancers of consumers are not emulated, so no bytes flow to such a group.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::document;
use super::draft::Draft;
use super::forwarding_address;
use super::id::ResourceId;
use super::ip_allocation;
use super::refusal::Refusal;
use super::resource::Resource;
use super::state::State;
use super::targeted_attachment;

/// The only type of regional groups that is emulated.
const PRIVATE_SERVICE_CONNECT: &str = "PRIVATE_SERVICE_CONNECT";

/// Checks and completes a group: its connection, and its address in the consumer's subnet.
///
/// # Errors
/// 400 `required` or `invalid`, 404 `notFound` or 400 `resourceNotReady` for a resource it refers
/// to.
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let kind = draft.text("networkEndpointType").unwrap_or_default();
    if kind != PRIVATE_SERVICE_CONNECT {
        let why = format!("The emulator supports for regional groups: {PRIVATE_SERVICE_CONNECT}.");
        return Err(Refusal::text("networkEndpointType", kind, &why));
    }
    if let Some(port) = draft.body.get("defaultPort").filter(|it| **it != json!(0)) {
        let why = format!("It cannot be set for the type {PRIVATE_SERVICE_CONNECT}.");
        return Err(Refusal::field("defaultPort", port, &why));
    }
    match draft.text("pscTargetService") {
        None => return Err(Refusal::required("pscTargetService")),
        Some(name) if !name.contains('/') => {
            let why = "The emulator supports service attachments, not Google's own APIs.";
            return Err(Refusal::text("pscTargetService", name, why));
        }
        Some(_) => {}
    }
    targeted_attachment::prepare(draft, "pscTargetService")?;
    let subnet = forwarding_address::prepare_own_subnet(draft)?;
    let address = ip_allocation::allocate(draft, "subnetwork", subnet, None, &BTreeSet::new())?;
    let mut data = json!({});
    if let Some(port) = document::number(&draft.body, "/pscData/producerPort") {
        document::set(&mut data, "producerPort", port);
    }
    if let Some(address) = address {
        document::set(&mut data, "consumerPscAddress", address.to_string());
    }
    document::set(&mut draft.body, "pscData", data);
    Ok(())
}

/// Adds the output-only members; the group has no endpoints of its own.
pub(super) fn add_output_only(group: &Resource, shown: &mut Value) {
    document::set(shown, "size", 0);
    let Some(connection) = &group.connection else {
        return;
    };
    let mut data = group.body().get("pscData").cloned().unwrap_or_default();
    document::set(&mut data, "pscConnectionId", connection.number.to_string());
    document::set(&mut data, "pscConnectionStatus", connection.status.as_str());
    document::set(shown, "pscData", data);
}

/// Refuses to attach or detach endpoints.
pub(super) fn refuse_endpoints(state: &State, id: &ResourceId) -> Refusal {
    if state.created(id).is_none() {
        return Refusal::not_found(id);
    }
    let message = format!(
        "Invalid value for field 'networkEndpointGroup': '{id}'. A group of the type \
         {PRIVATE_SERVICE_CONNECT} has no endpoints of its own."
    );
    Refusal::new(400, "invalid", message)
}
