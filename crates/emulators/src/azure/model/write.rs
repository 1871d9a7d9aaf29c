//! `PUT` and `DELETE` requests of every kind.

use std::time::Duration;

use serde_json::json;

use super::admission;
use super::call::Call;
use super::document;
use super::draft::{Draft, Write};
use super::element;
use super::endpoint_connection;
use super::guid::guid;
use super::id::ResourceId;
use super::kind::Kind;
use super::load_balancer;
use super::network_interface;
use super::operation::{Operation, Verb};
use super::private_dns_zone;
use super::private_dns_zone_group;
use super::private_endpoint;
use super::private_link_service;
use super::public_ip;
use super::record_set;
use super::refusal::Refusal;
use super::removal;
use super::reply::{Reply, reply};
use super::resource::{ProvisioningState, Resource};
use super::resource_group;
use super::run_operation;
use super::security_group;
use super::separate_pool::{self, PoolDraft};
use super::show::show;
use super::state::State;
use super::subnet;
use super::virtual_network;
use super::virtual_network_link;

/// Processes a `PUT`.
///
/// # Errors
/// Those of the kind's `put`.
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
) -> Result<Reply, Refusal> {
    let write = match id.kind() {
        Kind::ResourceGroup => resource_group::put(state, call, id),
        Kind::VirtualNetwork => virtual_network::put(state, call, id),
        Kind::Subnet => subnet::put(state, call, id),
        Kind::SecurityGroup => security_group::put(state, call, id),
        Kind::PublicIp => public_ip::put(state, call, id),
        Kind::NetworkInterface => network_interface::put(state, call, id),
        Kind::LoadBalancer => load_balancer::put(state, call, id),
        Kind::PrivateLinkService => private_link_service::put(state, call, &id),
        Kind::EndpointConnection => endpoint_connection::put(state, call, &id),
        Kind::PrivateEndpoint => private_endpoint::put(state, call, &id),
        Kind::PrivateDnsZoneGroup => private_dns_zone_group::put(state, call, id),
        Kind::PrivateDnsZone => private_dns_zone::put(state, call, &id),
        Kind::VirtualNetworkLink => virtual_network_link::put(state, call, &id),
        Kind::RecordSet(record_type) => record_set::put(state, call, &id, record_type),
    }?;
    match write {
        Write::Applied { status, id } => {
            let resource = state.resource(&id);
            Ok(reply(
                status,
                resource.map(|resource| show(state, resource)),
            ))
        }
        Write::LongRunning {
            draft,
            also,
            immediate,
        } => Ok(accept(state, call, *draft, also, immediate)),
    }
}

/// Applies a checked write with a long-running operation; `also` changes with the draft.
fn accept(
    state: &mut State,
    call: &mut Call<'_>,
    draft: Draft,
    also: Vec<ResourceId>,
    immediate: bool,
) -> Reply {
    let region = region_of(state, &draft);
    let worked = draft.existing.as_ref().is_some_and(Resource::in_service);
    let (status, id) = draft.apply(state, call);
    // Recorded: a repeated PUT of a network is answered like the first.
    let status = match id.kind() {
        Kind::VirtualNetwork => 201,
        _ => status,
    };
    if !worked {
        state.change(&id, |it| it.provisioning = ProvisioningState::Creating);
    }
    let targets = [vec![id.clone()], also].concat();
    let duration = if immediate && call.failure.is_none() {
        Duration::ZERO
    } else {
        state.configuration().operation_delay
    };
    let operation = run_operation::start(state, call, Verb::Put, targets, &region, duration);
    let mut body = state.resource(&id).map(|resource| show(state, resource));
    let mut status = status;
    if id.kind().is_private_dns() {
        // Recorded: an accepted write is not shown.
        (status, body) = (202, Some(json!({})));
    }
    Reply {
        status,
        headers: operation.headers(&state.configuration().base_url),
        body,
    }
}

/// `PUT` of a backend pool by itself.
///
/// # Errors
/// Those of [`separate_pool::put`].
pub(super) fn put_pool(
    state: &mut State,
    call: &mut Call<'_>,
    balancer: &ResourceId,
    name: &str,
) -> Result<Reply, Refusal> {
    let PoolDraft { balancer, existed } = separate_pool::put(state, call, balancer, name)?;
    let immediate = balancer.changes_nothing();
    let mut reply = accept(state, call, balancer, Vec::new(), immediate);
    reply.status = if existed { 200 } else { 201 };
    reply.body = reply.body.and_then(|shown| {
        let pools = document::list(&shown, load_balancer::POOLS);
        element::find(pools, name).cloned()
    });
    Ok(reply)
}

/// `DELETE` of a backend pool by itself: 204 for a missing one, 202 with an operation, or 200 if the
/// operation is finished already. The pool is removed immediately.
///
/// # Errors
/// Those of [`separate_pool::delete`].
pub(super) fn delete_pool(
    state: &mut State,
    call: &mut Call<'_>,
    balancer: &ResourceId,
    name: &str,
) -> Result<Reply, Refusal> {
    let Some(draft) = separate_pool::delete(state, call, balancer, name)? else {
        return Ok(reply(204, None));
    };
    let region = region_of(state, &draft);
    let (_, id) = draft.apply(state, call);
    let duration = state.configuration().operation_delay;
    let mut operation = run_operation::start(state, call, Verb::Put, vec![id], &region, duration);
    operation.removes_part = true;
    state.put_operation(operation.clone());
    if operation.finished.is_some() {
        return Ok(reply(200, None));
    }
    Ok(Reply {
        status: 202,
        headers: operation.headers(&state.configuration().base_url),
        body: None,
    })
}

/// The region of a draft, or of its parent.
fn region_of(state: &State, draft: &Draft) -> String {
    let own = document::text_or_empty(&draft.body, "/location");
    let parent = draft.id.parent();
    let parent = parent.as_ref().and_then(|parent| state.resource(parent));
    parent.map_or(own, Resource::location).to_owned()
}

/// Processes a `DELETE`: 204 for a missing resource, 202 with an operation, or 200 if the operation
/// is finished already.
///
/// # Errors
/// Those of [`admission::admit`], and a refusal for a resource in use.
pub(super) fn delete(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let Some(resource) = admission::admit(state, call, id)? else {
        return Ok(reply(204, None));
    };
    check_removable(state, &resource)?;
    match id.kind() {
        Kind::NetworkInterface => return Ok(delete_interface(state, call, resource)),
        Kind::RecordSet(_) => {
            removal::remove(state, &resource.id, &guid(call.rng));
            return Ok(reply(200, None));
        }
        _ => {}
    }
    let parent = id
        .parent()
        .and_then(|parent| state.resource(&parent).cloned());
    let region = parent.as_ref().unwrap_or(&resource).location().to_owned();
    // The subnets are deleted with their network, so they are targets: no write may use them now.
    let subnets = state
        .children(&resource.id, Kind::Subnet)
        .map(|it| it.id.clone());
    let targets: Vec<ResourceId> = std::iter::once(resource.id.clone())
        .chain(subnets)
        .collect();
    let duration = state.configuration().operation_delay;
    let operation = run_operation::start(state, call, Verb::Delete, targets, &region, duration);
    Ok(answer_delete(state, &operation))
}

/// `DELETE` of an interface: 200 with the headers of an operation that is finished (recorded).
fn delete_interface(state: &mut State, call: &mut Call<'_>, interface: Resource) -> Reply {
    let region = interface.location().to_owned();
    let targets = vec![interface.id];
    let none = Duration::ZERO;
    let operation = run_operation::start(state, call, Verb::Delete, targets, &region, none);
    Reply {
        status: 200,
        headers: operation.headers(&state.configuration().base_url),
        body: None,
    }
}

/// Refuses to delete a resource in use.
fn check_removable(state: &State, resource: &Resource) -> Result<(), Refusal> {
    match resource.id.kind() {
        Kind::VirtualNetwork => state
            .children(&resource.id, Kind::Subnet)
            .try_for_each(|subnet| subnet::check_unused(state, &subnet.id)),
        Kind::Subnet => subnet::check_unused(state, &resource.id),
        Kind::NetworkInterface => network_interface::check_unowned(resource),
        Kind::PublicIp => public_ip::check_unused(state, &resource.id),
        Kind::SecurityGroup => security_group::check_unused(state, &resource.id),
        Kind::LoadBalancer => load_balancer::check_unused(state, resource),
        Kind::PrivateLinkService => private_link_service::check_unused(state, &resource.id),
        Kind::PrivateDnsZone => private_dns_zone::check_unused(state, resource),
        Kind::RecordSet(record_type) => record_set::check_unused(record_type),
        Kind::PrivateDnsZoneGroup
        | Kind::PrivateEndpoint
        | Kind::EndpointConnection
        | Kind::VirtualNetworkLink
        | Kind::ResourceGroup => Ok(()),
    }
}

/// `DELETE` of a resource group: 202 with `Location` only, or 200 if it is finished already.
///
/// The deletion waits while a resource outside uses the group.
///
/// # Errors
/// `ResourceGroupNotFound`.
pub(super) fn delete_group(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let group = admission::require_group(state, id)?;
    let (id, region) = (group.id.clone(), group.location().to_owned());
    if let Some(open) = group.operation.as_ref().and_then(|it| state.operation(it)) {
        // A repeated request is answered with the deletion in progress.
        return Ok(answer_delete(state, open));
    }
    let duration = state.configuration().operation_delay;
    let operation = run_operation::start(state, call, Verb::Delete, vec![id], &region, duration);
    Ok(answer_delete(state, &operation))
}

/// The reply to an accepted `DELETE`: 200 if the targets are removed already, except of private DNS.
fn answer_delete(state: &State, operation: &Operation) -> Reply {
    let is_left =
        |target: &ResourceId| target.kind().is_private_dns() || state.resource(target).is_some();
    if !operation.targets.iter().any(is_left) {
        return reply(200, None);
    }
    Reply {
        status: 202,
        headers: operation.headers(&state.configuration().base_url),
        body: None,
    }
}
