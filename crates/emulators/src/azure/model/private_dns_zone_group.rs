//! Zone groups of private endpoints.
//!
//! The real cloud writes records of an endpoint to a platform service into the zones of its group. That
//! of an endpoint to a private link service gets none (recorded), and there are no other endpoints here.

use serde_json::{Value, json};

use super::admission;
use super::call::Call;
use super::document;
use super::draft::{Draft, Write};
use super::element;
use super::id::ResourceId;
use super::kind::Kind;
use super::reference;
use super::refusal::Refusal;
use super::request_body::child_body;
use super::resource::Resource;
use super::route;
use super::state::State;

/// Zones of a group, in its document.
const CONFIGS: &str = "/properties/privateDnsZoneConfigs";

/// Maximum number of zones of a group (documented: "Azure Private Endpoint private DNS zone values").
const ZONE_LIMIT: usize = 5;

/// `PUT …/privateEndpoints/{endpoint}/privateDnsZoneGroups/{group}`.
///
/// # Errors
/// Those of [`admission::admit`] and of the body; `PrivateDnsZoneGroupLimitReached`,
/// `PrivateDnsZoneConfigLimitReached`, `InvalidPrivateDnsZoneIds`, `LinkedAuthorizationFailed`.
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
) -> Result<Write, Refusal> {
    let existing = admission::admit(state, call, &id)?;
    let mut body = child_body(call, &id)?;
    if existing.is_none() {
        check_only_group(state, &id)?;
    }
    let mut configs = element::take(&mut body, &id, CONFIGS)?;
    if configs.len() > ZONE_LIMIT {
        return Err(Refusal::invalid(
            "PrivateDnsZoneConfigLimitReached",
            format!("Private Dns Zone group {id} can have at most {ZONE_LIMIT} zones."),
        ));
    }
    let mut unknown = Vec::new();
    for config in &mut configs {
        document::discard(config, "/properties/recordSets");
        let text = document::text_or_empty(config, "/properties/privateDnsZoneId");
        let zone = route::resource_id(text).filter(|it| it.kind() == Kind::PrivateDnsZone);
        if let Some(zone) = &zone {
            reference::check_permission(state, call, zone, "privateDnsZones/join/action")?;
        }
        if zone.is_none_or(|zone| state.resource(&zone).is_none()) {
            unknown.push(text.to_owned());
        }
    }
    if !unknown.is_empty() {
        // Code and text reported: Azure/missionlz#1029.
        return Err(Refusal::invalid(
            "InvalidPrivateDnsZoneIds",
            format!(
                "Private Dns Zone group {id} has invalid private dns zone ids {}.",
                unknown.join(", ")
            ),
        ));
    }
    document::put(&mut body, CONFIGS, configs);
    Ok(Write::long_running(
        Draft::new(id, existing, body),
        Vec::new(),
    ))
}

/// Refuses a second group (text reported: pulumi/pulumi-azure-native#2179).
fn check_only_group(state: &State, id: &ResourceId) -> Result<(), Refusal> {
    let endpoint = id.parent();
    let mut groups = endpoint
        .iter()
        .flat_map(|it| state.children(it, Kind::PrivateDnsZoneGroup));
    match groups.next() {
        None => Ok(()),
        Some(_) => Err(Refusal::invalid(
            "PrivateDnsZoneGroupLimitReached",
            "Cannot create more than one private dns zone groups in the private endpoint.",
        )),
    }
}

/// Adds the read-only members of the zones: no record was written.
pub(super) fn add_read_only(group: &Resource, shown: &mut Value) {
    let state = group.provisioning_state();
    element::add_read_only(shown, group, "privateDnsZoneConfigs", Some(state));
    let Some(Value::Array(configs)) = shown.pointer_mut(CONFIGS) else {
        return;
    };
    for config in configs {
        document::put(config, "/properties/recordSets", json!([]));
    }
}
