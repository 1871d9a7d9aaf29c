//! Bodies of `PUT` requests.

use serde_json::{Value, json};

use super::body_schema;
use super::call::Call;
use super::document;
use super::id::ResourceId;
use super::location;
use super::refusal::Refusal;
use super::resource::{self, Resource};
use super::state::State;

/// Checks the body of a top-level resource, with its name and its region.
///
/// # Errors
/// Those of [`child_body`], `LocationRequired`, `InvalidResourceLocation`, and those of
/// [`location::check`].
pub(super) fn tracked_body(
    state: &State,
    call: &Call<'_>,
    id: &ResourceId,
    existing: Option<&Resource>,
) -> Result<Value, Refusal> {
    let mut body = child_body(call, id)?;
    let location = location_of(&body)?;
    if let Some(before) = existing
        .map(Resource::location)
        .filter(|before| *before != location)
    {
        return Err(Refusal::gateway(
            409,
            "InvalidResourceLocation",
            format!(
                "The resource '{}' already exists in location '{before}' in resource group \
                 '{}'. A resource with the same name cannot be created in location \
                 '{location}'. Please select a new resource name.",
                id.name(),
                id.group(),
            ),
        ));
    }
    if existing.is_none() {
        location::check(state, &location, Some(&id.kind().full_type()))?;
    }
    document::put(&mut body, "/location", location);
    Ok(body)
}

fn location_of(body: &Value) -> Result<String, Refusal> {
    let location = document::text(body, "/location").map(location::canonical);
    location.ok_or_else(|| {
        Refusal::gateway(
            400,
            "LocationRequired",
            "The location property is required for this definition.",
        )
    })
}

/// Checks the body of a resource of private DNS, whose only location is `global`. The name is not
/// checked.
///
/// # Errors
/// Those of [`body_schema::read`], `LocationRequired`, and `LocationNotAvailableForResourceType`.
pub(super) fn global_body(call: &Call<'_>, id: &ResourceId) -> Result<Value, Refusal> {
    let body = unnamed_body(call, id)?;
    let location = location_of(&body)?;
    if location == location::GLOBAL {
        return Ok(body);
    }
    Err(location::unavailable(
        &location,
        &id.kind().full_type(),
        location::GLOBAL,
    ))
}

/// Checks the body of a network resource and drops its read-only members.
///
/// # Errors
/// `InvalidResourceName` and those of [`body_schema::read`].
pub(super) fn child_body(call: &Call<'_>, id: &ResourceId) -> Result<Value, Refusal> {
    resource::check_name(id.name())?;
    unnamed_body(call, id)
}

/// Checks the body of a resource and drops its read-only members. The name is not checked.
///
/// # Errors
/// Those of [`body_schema::read`].
pub(super) fn unnamed_body(call: &Call<'_>, id: &ResourceId) -> Result<Value, Refusal> {
    let body = document::normalized(call.request.body.as_ref())?;
    let mut body = body_schema::read(id.kind(), body, call.api_version)?;
    document::default(&mut body, "/properties", json!({}));
    for read_only in [
        "/id",
        "/name",
        "/type",
        "/etag",
        "/properties/provisioningState",
        "/properties/resourceGuid",
    ] {
        document::discard(&mut body, read_only);
    }
    Ok(body)
}
