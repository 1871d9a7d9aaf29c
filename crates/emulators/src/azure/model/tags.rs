//! `PATCH` of tags, the only update that the resource manager and the network provider offer.

use serde_json::Value;

use super::admission;
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
/// 2024-05-01: `UpdateTags`; of `Microsoft.Resources`: `ResourceGroups_Update`).
pub(super) fn can_update(kind: Kind) -> bool {
    match kind {
        Kind::ResourceGroup
        | Kind::VirtualNetwork
        | Kind::NetworkInterface
        | Kind::LoadBalancer
        | Kind::PublicIp => true,
        Kind::Subnet
        | Kind::PrivateLinkService
        | Kind::PrivateEndpoint
        | Kind::EndpointConnection => false,
    }
}

/// Replaces the tags of a resource: those that the request omits are removed. A request without
/// tags changes nothing. The reply is complete; there is no operation.
///
/// # Errors
/// A missing resource, the refusals of [`admission::admit`], and `InvalidRequestFormat`.
pub(super) fn update(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let existing = existing(state, call, id)?;
    let body = document::normalized(call.request.body.as_ref())?;
    if let Some(tags) = body.get("tags") {
        check(tags)?;
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

fn check(tags: &Value) -> Result<(), Refusal> {
    let values = tags.as_object().map(|tags| tags.values());
    if values.is_some_and(|mut values| values.all(Value::is_string)) {
        return Ok(());
    }
    Err(Refusal::malformed("tags must be an object of strings"))
}
