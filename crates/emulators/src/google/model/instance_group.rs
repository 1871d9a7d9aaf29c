//! Unmanaged instance groups: instances of one zone.

use serde_json::{Value, json};

use super::call::Call;
use super::document;
use super::draft::Draft;
use super::id::ResourceId;
use super::kind::Kind;
use super::membership;
use super::page::list_reply;
use super::refusal::{Refusal, truncated};
use super::request::{Reply, Request};
use super::resource::{Member, Resource};
use super::state::State;

/// Checks and completes an instance group.
///
/// # Errors
/// 400 `invalid`, 404 `notFound` or 400 `resourceNotReady` for the network.
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    draft.link("network", Kind::Network)?;
    Ok(())
}

/// Adds the output-only member `size`.
pub(super) fn add_output_only(group: &Resource, shown: &mut Value) {
    document::set(shown, "size", group.content.members.len());
}

/// `POST …/addInstances`.
///
/// # Errors
/// 400 `memberAlreadyExists`, 400 `required` or `invalid`, 404 `notFound` or 400 `resourceNotReady`.
pub(super) fn add_instances(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let mut members = state.require_idle(id)?.content.members.clone();
    for (index, entry) in membership::entries(call, "instances")?.iter().enumerate() {
        let instance =
            membership::member_instance(state, id, &format!("instances[{index}]"), entry)?;
        if members.iter().any(|it| it.instance == instance.id) {
            let message = format!("Resource '{}' is already a member of '{id}'.", instance.id);
            return Err(Refusal::new(400, "memberAlreadyExists", message));
        }
        members.push(Member {
            instance: instance.id.clone(),
            address: None,
        });
    }
    membership::change_members(
        state,
        call,
        id,
        "compute.instanceGroups.addInstances",
        members,
    )
}

/// `POST …/removeInstances`.
///
/// # Errors
/// 400 `memberNotFound`, 400 `required` or `invalid`, 404 `notFound` or 400 `resourceNotReady`.
pub(super) fn remove_instances(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let mut members = state.require_idle(id)?.content.members.clone();
    for entry in membership::entries(call, "instances")? {
        let link = document::text_or_empty(entry, "/instance");
        let instance = state.linked(link, Kind::Instance, id);
        let before = members.len();
        members.retain(|it| Some(&it.instance) != instance.as_ref());
        if members.len() == before {
            let link = truncated(link);
            let message = format!("Resource '{link}' is not a member of '{id}'.");
            return Err(Refusal::new(400, "memberNotFound", message));
        }
    }
    membership::change_members(
        state,
        call,
        id,
        "compute.instanceGroups.removeInstances",
        members,
    )
}

/// `POST …/listInstances`.
///
/// # Errors
/// 404 `notFound`, 400 `invalid` for invalid list parameters.
pub(super) fn list_instances(
    state: &State,
    request: &Request,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let group = state.require_created(id)?;
    let items = group
        .content
        .members
        .iter()
        .map(|it| json!({ "instance": it.instance.link(), "status": "RUNNING" }))
        .collect();
    let path = format!("{id}/listInstances");
    list_reply(
        request,
        None,
        "compute#instanceGroupsListInstances",
        &path,
        items,
    )
}
