//! References from one resource to another.

use serde_json::Value;

use super::call::Call;
use super::document;
use super::element;
use super::id::ResourceId;
use super::kind::Kind;
use super::refusal::Refusal;
use super::resource::Resource;
use super::route;
use super::state::State;
use super::subscription;

/// The resource to which `from` refers: it has the right kind, the caller has a permission on it,
/// it is in the same region, and no write to it is in progress.
///
/// # Errors
/// `LinkedInvalidPropertyId`, `LinkedAuthorizationFailed`, `InvalidResourceReference`, or
/// `RetryableError` with `ReferencedResourceNotProvisioned`.
pub(super) fn refer<'a>(
    state: &'a State,
    call: &Call<'_>,
    from: &ResourceId,
    region: &str,
    text: &str,
    kind: Kind,
) -> Result<&'a Resource, Refusal> {
    let id = route::resource_id(text)
        .filter(|id| id.kind() == kind)
        .ok_or_else(|| not_an_id(text, &kind.full_type()))?;
    check_permission(state, call, &id, "join/action")?;
    let found = state.resource(&id).ok_or_else(|| dangling(text, from))?;
    check_reference(state, from, region, found)?;
    Ok(found)
}

/// The element of another resource to which `from` refers, with its owner.
///
/// # Errors
/// Those of [`refer`].
pub(super) fn refer_element<'a>(
    state: &'a State,
    call: &Call<'_>,
    from: &ResourceId,
    region: &str,
    text: &str,
    (kind, collection): (Kind, &str),
) -> Result<(&'a Resource, &'a Value), Refusal> {
    let (id, name) = route::element_id(text, kind, collection)
        .ok_or_else(|| not_an_id(text, &format!("{}/{collection}", kind.full_type())))?;
    check_permission(state, call, &id, "join/action")?;
    let owner = state.resource(&id).ok_or_else(|| dangling(text, from))?;
    let elements = document::list(&owner.body, &format!("/properties/{collection}"));
    let found = element::find(elements, &name).ok_or_else(|| dangling(text, from))?;
    check_reference(state, from, region, owner)?;
    Ok((owner, found))
}

/// Refuses to use a resource of a subscription in which the caller has no permission.
///
/// # Errors
/// `LinkedAuthorizationFailed`, which names the action.
pub(super) fn check_permission(
    state: &State,
    call: &Call<'_>,
    id: &ResourceId,
    action: &str,
) -> Result<(), Refusal> {
    if subscription::may_act(state, call.caller, id.subscription()) {
        return Ok(());
    }
    Err(unlinked(call, &id.to_string(), action))
}

fn check_reference(
    state: &State,
    from: &ResourceId,
    region: &str,
    found: &Resource,
) -> Result<(), Refusal> {
    let parent = found.id.parent().and_then(|parent| state.resource(&parent));
    if parent.unwrap_or(found).location() != region {
        return Err(dangling(&found.id.to_string(), from));
    }
    if found.operation.is_none() {
        return Ok(());
    }
    let (state, subject) = (
        found.provisioning_state(),
        found.id.kind().operation_subject(),
    );
    let verb = if state == "Deleting" { "Delete" } else { "Put" };
    let message = format!(
        "Cannot proceed with operation because resource {} used by resource {from} is not in \
         Succeeded state. Resource is in {state} state and the last operation that updated/is \
         updating the resource is {verb}{subject}Operation.",
        found.id
    );
    Err(
        Refusal::network(429, "RetryableError", "A retryable error occurred.")
            .detail("ReferencedResourceNotProvisioned", message),
    )
}

/// The refusal of a text that is not an ID of the expected type.
pub(super) fn not_an_id(text: &str, requested: &str) -> Refusal {
    Refusal::gateway(
        400,
        "LinkedInvalidPropertyId",
        format!(
            "Property id '{text}' is invalid. Expect fully qualified resource Id of a {requested} \
             that start with '/subscriptions/{{subscriptionId}}'."
        ),
    )
}

/// The refusal of a reference to a resource that is missing or in another region.
pub(super) fn dangling(text: &str, from: &ResourceId) -> Refusal {
    Refusal::invalid(
        "InvalidResourceReference",
        format!(
            "Resource {text} referenced by resource {from} was not found. Please make sure that \
             the referenced resource exists, and that both resources are in the same region."
        ),
    )
}

/// The refusal of a reference to a resource that the caller may not use.
pub(super) fn unlinked(call: &Call<'_>, scope: &str, action: &str) -> Refusal {
    let client = &call.caller.client;
    Refusal::gateway(
        403,
        "LinkedAuthorizationFailed",
        format!(
            "The client '{client}' with object id '{client}' has permission to perform the write \
             on scope '{}'; however, it does not have permission to perform action(s) '{action}' \
             on the linked scope(s) '{scope}' or the linked scope(s) are invalid.",
            call.request.path
        ),
    )
}
