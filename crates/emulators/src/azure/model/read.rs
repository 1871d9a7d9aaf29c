//! `GET` requests: resources, lists of resources, and elements inside resources.

use serde_json::Value;

use super::admission;
use super::document;
use super::element;
use super::endpoint_connection;
use super::id::ResourceId;
use super::kind::Kind;
use super::private_dns_zone;
use super::refusal::Refusal;
use super::reply::{Reply, listed, shown};
use super::request::Request;
use super::resource::Resource;
use super::show::show;
use super::state::State;

/// A resource that clients can see.
fn require<'a>(state: &'a State, id: &ResourceId) -> Result<&'a Resource, Refusal> {
    admission::require_group(state, &id.group_id())?;
    admission::require_parent(state, id, "read")?;
    state
        .resource(id)
        .filter(|it| {
            it.id.kind() != Kind::EndpointConnection || endpoint_connection::is_visible(it)
        })
        .ok_or_else(|| Refusal::missing(id))
}

/// `GET` of a resource.
///
/// # Errors
/// `ResourceGroupNotFound`, `ParentResourceNotFound`, `ResourceNotFound`, or `NotFound`.
pub(super) fn get(state: &State, id: &ResourceId) -> Result<Reply, Refusal> {
    Ok(shown(show(state, require(state, id)?)))
}

/// `GET` of all resources of one kind in a subscription or a group.
pub(super) fn list(state: &State, kind: Kind, subscription: &str, group: Option<&str>) -> Reply {
    let found = state
        .of_kind(kind)
        .filter(|it| it.id.subscription().eq_ignore_ascii_case(subscription))
        .filter(|it| group.is_none_or(|group| it.id.group().eq_ignore_ascii_case(group)));
    listed(found.map(|it| show(state, it)))
}

/// `GET` of the children of a resource.
///
/// # Errors
/// Those of [`get`] for the parent.
pub(super) fn list_children(
    state: &State,
    parent: &ResourceId,
    kind: Kind,
) -> Result<Reply, Refusal> {
    require(state, parent)?;
    let children = state.children(parent, kind).filter(|it| {
        it.id.kind() != Kind::EndpointConnection || endpoint_connection::is_visible(it)
    });
    Ok(listed(children.map(|it| show(state, it))))
}

/// `GET` of the record sets of all types in a zone.
///
/// # Errors
/// Those of [`get`] for the zone.
pub(super) fn list_record_sets(state: &State, zone: &ResourceId) -> Result<Reply, Refusal> {
    require(state, zone)?;
    let record_sets = private_dns_zone::record_sets(state, zone);
    Ok(listed(record_sets.map(|it| show(state, it))))
}

/// A resource as clients see it, and the pointer to its array of elements.
fn elements(
    state: &State,
    parent: &ResourceId,
    collection: &str,
) -> Result<(Value, String), Refusal> {
    let shown = show(state, require(state, parent)?);
    let name = shown
        .pointer("/properties")
        .and_then(Value::as_object)
        .and_then(|members| {
            members
                .iter()
                .find(|(name, value)| name.eq_ignore_ascii_case(collection) && value.is_array())
        })
        .map(|(name, _)| format!("/properties/{name}"));
    match name {
        Some(name) => Ok((shown, name)),
        None => Err(Refusal::unknown_path(&format!("{parent}/{collection}"))),
    }
}

/// `GET` of the elements of a resource.
///
/// # Errors
/// Those of [`get`] for the resource, and `InvalidResourceType` for an unknown array.
pub(super) fn list_elements(
    state: &State,
    parent: &ResourceId,
    collection: &str,
) -> Result<Reply, Refusal> {
    let (owner, pointer) = elements(state, parent, collection)?;
    Ok(listed(document::list(&owner, &pointer).to_vec()))
}

/// `GET` of one element.
///
/// # Errors
/// Those of [`list_elements`], and `NotFound`.
pub(super) fn get_element(
    state: &State,
    parent: &ResourceId,
    collection: &str,
    name: &str,
) -> Result<Reply, Refusal> {
    let (owner, pointer) = elements(state, parent, collection)?;
    let found = element::find(document::list(&owner, &pointer), name);
    found.cloned().map(shown).ok_or_else(|| {
        let id = format!("{parent}/{collection}/{name}");
        Refusal::network(404, "NotFound", format!("Resource {id} not found."))
    })
}

/// `GET …/resources`, with a `$filter` of comparisons joined by `and`.
///
/// # Errors
/// `InvalidFilterInQueryString`.
pub(super) fn list_all(
    state: &State,
    request: &Request,
    subscription: &str,
    group: Option<&str>,
) -> Result<Reply, Refusal> {
    let filter = request
        .query
        .iter()
        .find(|(name, filter)| name.eq_ignore_ascii_case("$filter") && !filter.is_empty());
    let filter = filter
        .map(|(_, filter)| parse_filter(filter))
        .transpose()?
        .unwrap_or_default();
    let matches = |resource: &&Resource| {
        filter.iter().all(|(member, requested)| {
            let found = match member.as_str() {
                "name" => resource.id.name().to_owned(),
                "resourcegroup" => resource.id.group().to_owned(),
                "resourcetype" => resource.id.kind().full_type(),
                _ => resource.location().to_owned(),
            };
            found.eq_ignore_ascii_case(requested)
        })
    };
    let found = state
        .resources()
        .filter(|it| it.id.kind() != Kind::ResourceGroup && !it.id.kind().is_child())
        .filter(|it| it.id.subscription().eq_ignore_ascii_case(subscription))
        .filter(|it| group.is_none_or(|group| it.id.group().eq_ignore_ascii_case(group)))
        .filter(matches)
        .map(|it| {
            let mut shown = it.shown();
            for member in ["/properties", "/etag"] {
                document::discard(&mut shown, member);
            }
            shown
        });
    Ok(listed(found))
}

/// Members that a `$filter` may compare, in lower case.
const FILTERED: [&str; 4] = ["name", "resourcegroup", "resourcetype", "location"];

/// Reads `member eq 'text' and …`.
fn parse_filter(filter: &str) -> Result<Vec<(String, String)>, Refusal> {
    let parts = filter.split(" and ").map(parse_comparison);
    parts.collect::<Option<Vec<_>>>().ok_or_else(|| {
        Refusal::gateway(
            400,
            "InvalidFilterInQueryString",
            format!(
                "Invalid $filter '{filter}': only name, resourceGroup, resourceType and location, \
                 compared by eq and joined by and, are supported."
            ),
        )
    })
}

/// Reads `member eq 'text'`.
fn parse_comparison(part: &str) -> Option<(String, String)> {
    let (member, rest) = part.trim().split_once(' ')?;
    let text = rest.trim_start().strip_prefix("eq ")?.trim_start();
    let text = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let member = member.to_ascii_lowercase();
    FILTERED
        .contains(&member.as_str())
        .then(|| (member, text.to_owned()))
}
