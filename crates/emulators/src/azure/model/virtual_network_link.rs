//! Links of private DNS zones to virtual networks.

use serde_json::Value;

use super::admission;
use super::call::Call;
use super::document;
use super::draft::{Draft, Write};
use super::id::{Key, ResourceId};
use super::kind::Kind;
use super::reference;
use super::refusal::Refusal;
use super::request_body::global_body;
use super::resource::{self, ProvisioningState, Resource};
use super::route;
use super::state::State;

/// The linked network.
const NETWORK: &str = "/properties/virtualNetwork/id";
/// Registration of the names of machines in the zone. No machine registers here.
const REGISTERS: &str = "/properties/registrationEnabled";

/// `PUT …/privateDnsZones/{zone}/virtualNetworkLinks/{link}`.
///
/// # Errors
/// Those of [`admission::admit`], of [`admission::check_create_only`] and of the body;
/// `LinkedInvalidPropertyId`, `LinkedAuthorizationFailed`, and `BadRequest` for a network that is
/// missing, is linked to a zone of this name already, or is not that of the existing link.
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Write, Refusal> {
    let existing = admission::admit(state, call, id)?;
    admission::check_create_only(call.request, existing.as_ref())?;
    resource::check_name(id.name())?;
    let mut body = global_body(call, id)?;
    document::discard(&mut body, "/properties/virtualNetworkLinkState");
    document::default(&mut body, REGISTERS, false);
    let network = document::text(&body, NETWORK)
        .ok_or_else(|| invalid("The link needs properties.virtualNetwork.id."))?;
    let network = find_network(state, call, network)?;
    let is_moved = existing
        .as_ref()
        .and_then(network_of)
        .is_some_and(|before| before != network);
    if is_moved {
        return Err(invalid(format!(
            "The virtual network of link '{}' cannot be changed. Delete the link and create it again.",
            id.name()
        )));
    }
    check_other_links(state, id, &network, document::flag(&body, REGISTERS))?;
    Ok(Write::LongRunning {
        draft: Box::new(Draft::new(id.in_lower_case(), existing, body)),
        also: Vec::new(),
        immediate: false,
    })
}

/// The existing network with this ID.
fn find_network(state: &State, call: &Call<'_>, text: &str) -> Result<Key, Refusal> {
    let id = route::resource_id(text)
        .filter(|id| id.kind() == Kind::VirtualNetwork)
        .ok_or_else(|| reference::not_an_id(text, &Kind::VirtualNetwork.full_type()))?;
    reference::check_permission(state, call, &id, "virtualNetworks/join/action")?;
    if state.resource(&id).is_some() {
        return Ok(id.key());
    }
    Err(invalid(format!(
        "The virtual network '{text}' was not found. Create it, then link the zone to it."
    )))
}

/// Refuses a second zone of the same name (text reported: MicrosoftDocs/azure-aks-docs#212), and a
/// second zone with registration (documented: "What is a virtual network link?").
fn check_other_links(
    state: &State,
    id: &ResourceId,
    network: &Key,
    registers: bool,
) -> Result<(), Refusal> {
    let zone_of = |link: &ResourceId| link.parent().map(|zone| zone.name().to_ascii_lowercase());
    let own = zone_of(id);
    let others = state
        .of_kind(Kind::VirtualNetworkLink)
        .filter(|it| !it.id.is(id) && network_of(it).as_ref() == Some(network));
    for other in others {
        if zone_of(&other.id) == own {
            let zone = own.unwrap_or_default();
            return Err(invalid(format!(
                "A virtual network cannot be linked to multiple zones with overlapping namespaces. \
                 You tried to link virtual network with '{zone}' and '{zone}' zones."
            )));
        }
        if registers && document::flag(&other.body, REGISTERS) {
            return Err(invalid(format!(
                "A virtual network can be linked to one zone with registration enabled. Link '{}' is \
                 one.",
                other.id
            )));
        }
    }
    Ok(())
}

/// The network of a link.
pub(super) fn network_of(link: &Resource) -> Option<Key> {
    document::text(&link.body, NETWORK).map(Key::of)
}

/// Adds the state of the link.
pub(super) fn add_read_only(link: &Resource, shown: &mut Value) {
    let state = match link.provisioning {
        ProvisioningState::Creating | ProvisioningState::Updating => "InProgress",
        ProvisioningState::Succeeded | ProvisioningState::Failed | ProvisioningState::Deleting => {
            "Completed"
        }
    };
    document::put(shown, "/properties/virtualNetworkLinkState", state);
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::private_dns(400, "BadRequest", message)
}
