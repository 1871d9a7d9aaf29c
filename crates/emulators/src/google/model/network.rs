//! VPC networks, always in custom mode: subnets are created one by one.

use serde_json::{Value, json};

use super::document;
use super::draft::Draft;
use super::kind::Kind;
use super::refusal::Refusal;
use super::resource::Resource;
use super::state::State;

/// Checks and completes a network.
///
/// # Errors
/// 400 `invalid` for a network in auto mode.
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if document::flag(&draft.body, "/autoCreateSubnetworks") {
        let why = "The emulator supports custom mode networks only: set it to false.";
        return Err(Refusal::text("autoCreateSubnetworks", "true", why));
    }
    document::set(&mut draft.body, "autoCreateSubnetworks", false);
    document::set_default(
        &mut draft.body,
        "routingConfig",
        json!({ "routingMode": "REGIONAL" }),
    );
    Ok(())
}

/// Adds the output-only member `subnetworks`.
pub(super) fn add_output_only(state: &State, network: &Resource, shown: &mut Value) {
    let subnets: Vec<String> = state
        .of_kind(Kind::Subnetwork)
        .filter(|it| it.is_created && it.linked("/network").as_ref() == Some(&network.id))
        .map(|it| it.id.link())
        .collect();
    document::set(shown, "subnetworks", subnets);
}
