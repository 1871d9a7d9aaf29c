//! Admission of writes of every kind: the resource group and the parent exist, the precondition
//! holds, and no other write is in progress.

use super::call::Call;
use super::connection_state;
use super::id::ResourceId;
use super::kind::Kind;
use super::refusal::Refusal;
use super::request::Request;
use super::resource::{ProvisioningState, Resource};
use super::state::State;

/// Checks the rules that hold for writes of every kind; returns the existing resource.
///
/// # Errors
/// `ResourceGroupNotFound`, `ResourceGroupBeingDeleted`, `ParentResourceNotFound`,
/// `PreconditionFailed`, or `AnotherOperationInProgress`.
pub(super) fn admit(
    state: &State,
    call: &Call<'_>,
    id: &ResourceId,
) -> Result<Option<Resource>, Refusal> {
    let deletes = call.request.method == "DELETE";
    let group = require_group(state, &id.group_id())?;
    // A resource that blocks the deletion of its group can still be deleted by a client.
    if group.provisioning == ProvisioningState::Deleting && !deletes {
        return Err(Refusal::group_being_deleted(id));
    }
    require_parent(state, id, if deletes { "delete" } else { "write" })?;
    let existing = state.resource(id);
    let found = existing.map(|it| match id.kind() {
        Kind::EndpointConnection => connection_state::etag(state, it),
        _ => it.etag(),
    });
    check_precondition(call.request, id, found)?;
    if let Some(operation) = open_operation_on(state, id) {
        return Err(another_operation(state, &operation));
    }
    Ok(existing.cloned())
}

/// The resource group `group`.
///
/// # Errors
/// `ResourceGroupNotFound`.
pub(super) fn require_group<'a>(
    state: &'a State,
    group: &ResourceId,
) -> Result<&'a Resource, Refusal> {
    state
        .resource(group)
        .ok_or_else(|| Refusal::missing_group(group.name()))
}

/// Requires the parent of a child resource.
///
/// # Errors
/// `ParentResourceNotFound`.
pub(super) fn require_parent(state: &State, id: &ResourceId, verb: &str) -> Result<(), Refusal> {
    let Some(parent) = id.parent() else {
        return Ok(());
    };
    if state.resource(&parent).is_some() {
        return Ok(());
    }
    Err(Refusal::missing_parent(
        &parent,
        id.kind().collection(),
        verb,
    ))
}

/// The open operation that blocks writes to a resource: its own, its parent's, and for a virtual
/// network and its subnets any among them (the network provider serialises writes per network).
fn open_operation_on(state: &State, id: &ResourceId) -> Option<String> {
    let blocks = |operation: &String| {
        state
            .operation(operation)
            .is_none_or(|it| !it.is_decision())
    };
    let own = state.resource(id).and_then(|it| it.operation.clone());
    let own = own.filter(blocks);
    if own.is_some() {
        return own;
    }
    let parent = id.parent().unwrap_or_else(|| id.clone());
    let of_parent = state.resource(&parent).and_then(|it| it.operation.clone());
    if of_parent.is_some() {
        return of_parent;
    }
    let kind = match id.kind() {
        Kind::Subnet | Kind::VirtualNetwork => Kind::Subnet,
        Kind::PrivateLinkService => Kind::EndpointConnection,
        Kind::PrivateDnsZoneGroup
        | Kind::PrivateEndpoint
        | Kind::EndpointConnection
        | Kind::NetworkInterface
        | Kind::LoadBalancer
        | Kind::PublicIp
        | Kind::VirtualNetworkLink
        | Kind::RecordSet(_)
        | Kind::PrivateDnsZone
        | Kind::SecurityGroup
        | Kind::ResourceGroup => return None,
    };
    // A connection whose endpoint is being created is not visible yet, so it blocks no write.
    state
        .children(&parent, kind)
        .filter(|it| it.provisioning != ProvisioningState::Creating)
        .filter_map(|it| it.operation.clone())
        .find(blocks)
}

/// Compares the `If-Match` header with the entity tag.
fn check_precondition(
    request: &Request,
    id: &ResourceId,
    found: Option<String>,
) -> Result<(), Refusal> {
    let Some(requested) = &request.if_match else {
        return Ok(());
    };
    // Clients put the bare tags of private DNS in quotes.
    let tag_of = |text: &str| {
        if id.kind().is_private_dns() {
            text.trim_matches('"').to_owned()
        } else {
            text.to_owned()
        }
    };
    let is_current = found
        .as_deref()
        .is_some_and(|it| tag_of(it) == tag_of(requested));
    if is_current || (requested == "*" && found.is_some()) {
        return Ok(());
    }
    let found = found.unwrap_or_else(|| "null".to_owned());
    if id.kind().is_private_dns() {
        return Err(Refusal::private_dns(
            412,
            "PreconditionFailed",
            format!(
                "The condition '{requested}' in the If-Match header was not satisfied. The current \
                 was '{found}'."
            ),
        ));
    }
    // Recorded: a text that is no entity tag is shown as one.
    let requested = match requested.as_str() {
        "*" => requested.clone(),
        tag if tag.starts_with("W/") => requested.clone(),
        _ => format!("W/\"{}\"", requested.trim_matches('"')),
    };
    Err(Refusal::stale_tag(&requested, &found, id))
}

/// Refuses to replace a resource of private DNS if the request has `If-None-Match: *`. Other values are
/// ignored (documented: REST reference of private DNS).
///
/// # Errors
/// `PreconditionFailed`.
pub(super) fn check_create_only(
    request: &Request,
    existing: Option<&Resource>,
) -> Result<(), Refusal> {
    match existing {
        Some(existing) if request.if_none_match.as_deref() == Some("*") => {
            Err(Refusal::private_dns(
                412,
                "PreconditionFailed",
                format!(
                    "The condition '*' in the If-None-Match header was not satisfied. The current \
                     was '{}'.",
                    existing.etag()
                ),
            ))
        }
        Some(_) | None => Ok(()),
    }
}

/// The refusal of a write while `operation` is open on the resource.
fn another_operation(state: &State, operation: &str) -> Refusal {
    let base_url = &state.configuration().base_url;
    let url = state.operation(operation).map(|it| it.status_url(base_url));
    Refusal::network(
        409,
        "AnotherOperationInProgress",
        format!(
            "Another operation on this or dependent resource is in progress. \
             To retrieve status of the operation use uri: {}.",
            url.unwrap_or_default()
        ),
    )
}
