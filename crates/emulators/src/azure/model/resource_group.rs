//! Resource groups: created immediately, deleted with their resources.

use serde_json::{Value, json};

use super::body_schema;
use super::call::Call;
use super::document;
use super::draft::{Draft, Write};
use super::id::ResourceId;
use super::kind::Kind;
use super::location;
use super::refusal::Refusal;
use super::reply::{Reply, reply};
use super::resource::{ProvisioningState, Relation, Resource};
use super::route;
use super::state::State;

/// Maximum length of a resource group's name, in characters (documented: "Naming rules and
/// restrictions for Azure resources").
const NAME_LIMIT: usize = 90;

/// `PUT /subscriptions/{subscription}/resourcegroups/{name}`: applied immediately.
///
/// # Errors
/// A refusal of the name, `ResourceGroupBeingDeleted`, `LocationRequired`,
/// `InvalidResourceGroupLocation`, or those of [`body_schema::read`].
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
) -> Result<Write, Refusal> {
    check_name(id.name())?;
    let existing = state.resource(&id).cloned();
    if existing
        .as_ref()
        .is_some_and(|it| it.provisioning == ProvisioningState::Deleting)
    {
        return Err(Refusal::group_being_deleted(&id));
    }
    let body = document::normalized(call.request.body.as_ref())?;
    let mut body = body_schema::read(Kind::ResourceGroup, body, call.api_version)?;
    let Some(location) = document::text(&body, "/location").map(location::canonical) else {
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
    if existing.is_none() {
        location::check(state, &location, None)?;
    }
    document::put(&mut body, "/location", location);
    for read_only in ["/id", "/name", "/type", "/properties"] {
        document::discard(&mut body, read_only);
    }
    document::put(&mut body, "/properties", json!({}));
    let (status, id) = Draft::new(id, existing, body).apply(state, call);
    Ok(Write::Applied { status, id })
}

/// `HEAD`: 204 or 404, both without a body.
pub(super) fn head(state: &State, id: &ResourceId) -> Reply {
    reply(
        if state.resource(id).is_some() {
            204
        } else {
            404
        },
        None,
    )
}

/// Reports whether a resource of another group uses one of this group.
///
/// The real deletion then retries for a long time. The reported case is a private link service
/// with private endpoints of other groups.
pub(super) fn is_used_from_outside(state: &State, group: &ResourceId) -> bool {
    let group = group.key();
    let outside = |it: &&Resource| it.id.group_id().key() != group;
    state.resources().filter(outside).any(|user| {
        used_by(user)
            .iter()
            .any(|used| used.group_id().key() == group)
    })
}

/// The resources that one resource uses.
fn used_by(user: &Resource) -> Vec<ResourceId> {
    let mut ids = Vec::new();
    // A linked network can be deleted.
    if user.id.kind() == Kind::VirtualNetworkLink {
        return ids;
    }
    // A connection uses the service, and so does its endpoint until it is disconnected.
    if user.related(Relation::Connection).is_some() {
        ids.extend(user.related(Relation::Service).cloned());
    }
    collect_ids(&user.body, &mut ids);
    ids
}

/// Collects every resource ID in a document; the ID of an element counts as that of its resource.
fn collect_ids(value: &Value, ids: &mut Vec<ResourceId>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value.as_str()) {
                    ("id", Some(text)) => ids.extend(route::owner_id(text)),
                    // An endpoint uses the service that it names only while it is connected.
                    ("privateLinkServiceId" | "tags", _) => {}
                    _ => collect_ids(value, ids),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect_ids(value, ids)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
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
