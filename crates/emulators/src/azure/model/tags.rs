//! `PATCH` of tags, the only update that the resource manager and the network provider offer.

use serde_json::Value;

use super::admission;
use super::body_schema;
use super::call::Call;
use super::document;
use super::guid::guid;
use super::id::ResourceId;
use super::kind::Kind;
use super::refusal::Refusal;
use super::reply::{Reply, reply};
use super::resource::{ProvisioningState, Resource};
use super::show::show;
use super::state::State;

/// Reports whether resources of a kind have the operation (specification of `Microsoft.Network`
/// 2024-05-01: `UpdateTags`; of `Microsoft.Resources`: `ResourceGroups_Update`; of private DNS:
/// `PrivateZones_Update`).
pub(super) fn can_update(kind: Kind) -> bool {
    match kind {
        Kind::ResourceGroup
        | Kind::VirtualNetwork
        | Kind::NetworkInterface
        | Kind::LoadBalancer
        | Kind::PublicIp
        | Kind::SecurityGroup
        | Kind::PrivateDnsZone => true,
        Kind::Subnet
        | Kind::PrivateDnsZoneGroup
        | Kind::VirtualNetworkLink
        | Kind::RecordSet(_)
        | Kind::PrivateLinkService
        | Kind::PrivateEndpoint
        | Kind::EndpointConnection => false,
    }
}

/// Replaces the tags of a resource: those that the request omits are removed. A request without
/// tags changes nothing. The reply is complete; there is no operation.
///
/// # Errors
/// A missing resource, the refusals of [`admission::admit`], and `InvalidRequestContent`.
pub(super) fn update(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let existing = existing(state, call, id)?;
    let body = document::normalized(call.request.body.as_ref())?;
    check_members(id.kind(), &body)?;
    if let Some(tags) = body.get("tags") {
        body_schema::check_tags(tags)?;
        let version = guid(call.rng);
        state.change(&existing.id, |it| {
            document::put(&mut it.body, "/tags", tags.clone());
            it.version = version;
        });
    }
    let resource = state.resource(&existing.id);
    Ok(reply(200, resource.map(|resource| show(state, resource))))
}

fn existing(state: &State, call: &Call<'_>, id: &ResourceId) -> Result<Resource, Refusal> {
    if id.kind() == Kind::ResourceGroup {
        let group = admission::require_group(state, id)?;
        if group.provisioning == ProvisioningState::Deleting {
            return Err(Refusal::group_being_deleted(id));
        }
        return Ok(group.clone());
    }
    let existing = admission::admit(state, call, id)?;
    existing.ok_or_else(|| Refusal::missing(id))
}

/// Refuses members that the operation does not have (specifications: `TagsObject`,
/// `ResourceGroupPatchable`).
fn check_members(kind: Kind, body: &Value) -> Result<(), Refusal> {
    let known: &[&str] = match kind {
        Kind::ResourceGroup => &["name", "properties", "managedBy", "tags"],
        Kind::PrivateDnsZone => &["etag", "location", "properties", "tags"],
        _ => &["tags"],
    };
    let mut names = body
        .as_object()
        .into_iter()
        .flat_map(|members| members.keys());
    match names.find(|name| !known.iter().any(|known| known.eq_ignore_ascii_case(name))) {
        None => Ok(()),
        Some(name) => Err(body_schema::unreadable(&format!(
            "Could not find member '{name}' on object of type 'TagsObject'. Path '{name}'."
        ))),
    }
}
