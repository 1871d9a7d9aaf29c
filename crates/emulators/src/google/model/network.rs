//! Networks, always in custom mode: their subnets are made one by one.

use serde_json::{Value, json};

use super::document;
use super::draft::Draft;
use super::kind::Kind;
use super::refusal::Refusal;
use super::resource::Resource;
use super::state::State;

pub(super) fn settle(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if document::flag(&draft.body, "/autoCreateSubnetworks") {
        let why = "Only networks in custom mode are served here: say false.";
        return Err(Refusal::text("autoCreateSubnetworks", "true", why));
    }
    document::put(&mut draft.body, "autoCreateSubnetworks", false);
    document::default(
        &mut draft.body,
        "routingConfig",
        json!({ "routingMode": "REGIONAL" }),
    );
    Ok(())
}

/// Adds the subnets of the network.
pub(super) fn dress(state: &State, network: &Resource, shown: &mut Value) {
    let subnets: Vec<String> = state
        .of_kind(Kind::Subnetwork)
        .filter(|it| it.is_made && it.linked("/network").as_ref() == Some(&network.id))
        .map(|it| it.id.link())
        .collect();
    document::put(shown, "subnetworks", subnets);
}
