//! Network endpoint groups of instances in one subnet (`GCE_VM_IP`), the backends of internal
//! passthrough Network Load Balancers.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::address::check_purpose;
use super::call::Call;
use super::document;
use super::draft::Draft;
use super::id::ResourceId;
use super::instance;
use super::kind::Kind;
use super::membership;
use super::page::list_reply;
use super::refusal::Refusal;
use super::request::{Reply, Request};
use super::resource::{Member, Resource};
use super::state::State;

/// Checks and completes a network endpoint group.
///
/// # Errors
/// 400 `required` or `invalid`, 404 `notFound` or 400 `resourceNotReady` for the network or
/// subnetwork.
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let kind = draft
        .text("networkEndpointType")
        .unwrap_or("GCE_VM_IP_PORT");
    if kind != "GCE_VM_IP" {
        let why = "The emulator supports: GCE_VM_IP.";
        return Err(Refusal::text("networkEndpointType", kind, why));
    }
    let subnet = draft.required_link("subnetwork", Kind::Subnetwork)?;
    let network = draft.required_link("network", Kind::Network)?;
    let region = draft.id.location.region();
    if subnet.id.location.region() != region {
        let why = format!(
            "The subnetwork must be in region '{}', that of the zone.",
            region.unwrap_or_default()
        );
        return Err(Refusal::text("subnetwork", &subnet.id.link(), &why));
    }
    if subnet.linked("/network").as_ref() != Some(&network.id) {
        let why = format!("The subnetwork is not one of network '{}'.", network.id);
        return Err(Refusal::text("subnetwork", &subnet.id.link(), &why));
    }
    check_purpose(subnet)
}

/// Adds the output-only member `size`.
pub(super) fn add_output_only(group: &Resource, shown: &mut Value) {
    document::set(shown, "size", group.content.members.len());
}

/// `POST …/attachNetworkEndpoints`; an endpoint that is attached already stays attached.
///
/// # Errors
/// 400 `required` or `invalid`, 404 `notFound` or 400 `resourceNotReady`.
pub(super) fn attach_endpoints(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let mut members = state.require_idle(id)?.content.members.clone();
    let entries = membership::entries(call, "networkEndpoints")?;
    for (index, entry) in entries.iter().enumerate() {
        let member = endpoint(state, id, &format!("networkEndpoints[{index}]"), entry)?;
        if !members.contains(&member) {
            members.push(member);
        }
    }
    membership::change_members(state, call, id, "attachNetworkEndpoints", members)
}

/// `POST …/detachNetworkEndpoints`.
///
/// # Errors
/// 400 `required` or `invalid`, 404 `notFound` or 400 `resourceNotReady`.
pub(super) fn detach_endpoints(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let mut members = state.require_idle(id)?.content.members.clone();
    let entries = membership::entries(call, "networkEndpoints")?;
    for (index, entry) in entries.iter().enumerate() {
        let link = document::text_or_empty(entry, "/instance");
        let instance = state.linked(link, Kind::Instance, id);
        let address: Option<Ipv4Addr> =
            document::text(entry, "/ipAddress").and_then(|it| it.parse().ok());
        let before = members.len();
        members.retain(|it| {
            Some(&it.instance) != instance.as_ref() || (address.is_some() && it.address != address)
        });
        if members.len() == before {
            let field = format!("networkEndpoints[{index}]");
            let why = format!("It is not in the group '{id}'.");
            return Err(Refusal::field(&field, entry, &why));
        }
    }
    membership::change_members(state, call, id, "detachNetworkEndpoints", members)
}

/// Returns the network endpoint that an entry names: an instance, at its address in the group's
/// subnet.
fn endpoint(state: &State, id: &ResourceId, path: &str, entry: &Value) -> Result<Member, Refusal> {
    let instance = membership::member_instance(state, id, path, entry)?;
    let subnet = state.require_idle(id)?.linked("/subnetwork");
    let address = subnet.and_then(|subnet| instance::address_in(instance, &subnet));
    let Some(address) = address else {
        let why = "The instance has no interface in the subnetwork of the group.";
        let field = format!("{path}.instance");
        return Err(Refusal::text(&field, &instance.id.link(), why));
    };
    let requested = document::text(entry, "/ipAddress");
    if requested.is_some_and(|it| it.parse() != Ok(address)) {
        let why = format!("The instance's address in the subnetwork is {address}.");
        let field = format!("{path}.ipAddress");
        return Err(Refusal::text(&field, requested.unwrap_or_default(), &why));
    }
    Ok(Member {
        instance: instance.id.clone(),
        address: Some(address),
    })
}

/// `POST …/listNetworkEndpoints`.
///
/// # Errors
/// 404 `notFound`, 400 `invalid` for invalid list parameters.
pub(super) fn list_endpoints(
    state: &State,
    request: &Request,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let group = state.require_created(id)?;
    let items = group
        .content
        .members
        .iter()
        .map(|it| {
            let address = it.address.map(|address| address.to_string());
            json!({ "networkEndpoint": {
                "instance": it.instance.link(),
                "ipAddress": address,
            } })
        })
        .collect();
    let kind = "compute#networkEndpointGroupsListNetworkEndpoints";
    let path = format!("{id}/listNetworkEndpoints");
    let mut reply = list_reply(request, None, kind, &path, items)?;
    // Other lists have a link to themselves, this one has none (discovery document).
    if let Some(Value::Object(members)) = &mut reply.body {
        members.remove("selfLink");
    }
    Ok(reply)
}
