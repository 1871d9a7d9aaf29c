//! Resource groups: made at once, deleted with everything in them.

use serde_json::{Value, json};

use super::admission;
use super::answer::{Reply, reply};
use super::document;
use super::id::ResourceId;
use super::operation;
use super::operation::Verb;
use super::reading;
use super::refusal::Refusal;
use super::resource::{self, Provisioning, Resource, Tie};
use super::state::State;
use super::write;
use super::write::{Call, Draft};

/// Longest name of a group (documented naming rules).
const NAME_LIMIT: usize = 90;

/// `PUT /subscriptions/{subscription}/resourcegroups/{name}`: synchronous.
pub(super) fn put_group(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
) -> Result<Reply, Refusal> {
    check_name(id.name())?;
    let existing = state.resource(&id).cloned();
    if existing
        .as_ref()
        .is_some_and(|it| it.provisioning == Provisioning::Deleting)
    {
        return Err(being_deleted(&id));
    }
    let mut body = document::normalized(call.request.body.as_ref())?;
    let Some(location) = document::text(&body, "/location").map(resource::region) else {
        return Err(Refusal::gateway(
            400,
            "LocationRequired",
            "The location property is required for this definition.",
        ));
    };
    if let Some(before) = existing
        .as_ref()
        .map(Resource::location)
        .filter(|it| *it != location)
    {
        return Err(Refusal::gateway(
            409,
            "InvalidResourceGroupLocation",
            format!(
                "Invalid resource group location '{location}'. The Resource group already \
                 exists in location '{before}'."
            ),
        ));
    }
    document::put(&mut body, "/location", location);
    for read_only in ["/id", "/name", "/type", "/properties"] {
        document::discard(&mut body, read_only);
    }
    document::put(&mut body, "/properties", json!({}));
    let (status, id) = write::apply(state, call, Draft::new(id, existing, body));
    let shown = state.resource(&id).map(|group| reading::show(state, group));
    Ok(reply(status, shown))
}

/// `HEAD`: 204 or 404, both without a body.
pub(super) fn head_group(state: &State, id: &ResourceId) -> Reply {
    reply(
        if state.resource(id).is_some() {
            204
        } else {
            404
        },
        None,
    )
}

/// `DELETE`: 202 with `Location` only, or 200 if it is over; takes as long as something outside
/// holds the group.
pub(super) fn delete_group(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let group = admission::require_group(state, id)?;
    let (id, region) = (group.id.clone(), group.location().to_owned());
    if let Some(open) = group.operation.as_ref().and_then(|it| state.operation(it)) {
        // Asking again is answered with the deletion that is under way.
        return Ok(operation::answer_delete(state, open));
    }
    let operation = operation::open_operation(state, call, Verb::Delete, vec![id], &region);
    Ok(operation::answer_delete(state, &operation))
}

/// Whether a resource of another group uses one of this group's.
///
/// The real deletion then keeps retrying for long; foreign endpoints that are connected to a
/// private link service are the reported case.
pub(super) fn is_group_held(state: &State, group: &ResourceId) -> bool {
    let group = group.key();
    let outside = |it: &&Resource| it.id.group_id().key() != group;
    state.resources().filter(outside).any(|user| {
        held_by(user)
            .iter()
            .any(|used| used.group_id().key() == group)
    })
}

/// Empties a group that is gone, users before what they use.
pub(super) fn forget_contents(state: &mut State, group: &ResourceId, version: &str) {
    let group = group.key();
    let mut contents: Vec<ResourceId> = state
        .resources()
        .map(|it| it.id.clone())
        .filter(|id| id.group_id().key() == group)
        .collect();
    contents.sort_by_key(|id| (id.kind(), id.key()));
    for id in &contents {
        operation::remove(state, id, version);
    }
}

/// The resources one resource keeps in use.
fn held_by(user: &Resource) -> Vec<ResourceId> {
    let mut ids = Vec::new();
    // A connection keeps the service in use, as does its endpoint until it is disconnected.
    if user.tied(Tie::Connection).is_some() {
        ids.extend(user.tied(Tie::Service).cloned());
    }
    collect_ids(&user.body, &mut ids);
    ids
}

/// Every resource id in a document, that of an element counting as its resource's.
fn collect_ids(value: &Value, ids: &mut Vec<ResourceId>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value.as_str()) {
                    ("id", Some(text)) => ids.extend(super::reference::resource_of(text)),
                    // The service an endpoint names is in use only while it is connected.
                    ("privateLinkServiceId" | "tags", _) => {}
                    _ => collect_ids(value, ids),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect_ids(value, ids)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The group is on its way out and takes no writes.
pub(super) fn being_deleted(id: &ResourceId) -> Refusal {
    Refusal::gateway(
        409,
        "ResourceGroupBeingDeleted",
        format!(
            "The resource group '{}' is in deprovisioning state and cannot perform this \
             operation. Wait until it is gone.",
            id.group()
        ),
    )
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let legal = !name.is_empty()
        && name.len() <= NAME_LIMIT
        && !name.ends_with('.')
        && name
            .chars()
            .all(|it| it.is_alphanumeric() || matches!(it, '-' | '_' | '.' | '(' | ')'));
    if legal {
        return Ok(());
    }
    Err(Refusal::gateway(
        400,
        "InvalidResourceGroup",
        format!(
            "The provided resource group name '{name}' is invalid: 1 to {NAME_LIMIT} letters, \
             digits, '-', '_', '.', '(' or ')', not ending in '.'."
        ),
    ))
}
