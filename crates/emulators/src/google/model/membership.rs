//! Membership of instances in instance groups and network endpoint groups.

use serde_json::Value;

use super::call::Call;
use super::document;
use super::id::ResourceId;
use super::kind::Kind;
use super::operation::{Effect, Write};
use super::refusal::Refusal;
use super::request::Reply;
use super::resource::{Content, Member, Resource};
use super::run_operation;
use super::state::State;

/// Maximum number of members in one request (API reference, `attachNetworkEndpoints`: 500).
const MAX_MEMBERS: usize = 500;

/// Returns the entries of a list in a request to change members.
///
/// # Errors
/// 400 `required` for an empty or absent list, 400 `invalid` for more than [`MAX_MEMBERS`] entries
/// or another value than a list.
pub(super) fn entries<'a>(call: &'a Call<'_>, name: &str) -> Result<&'a [Value], Refusal> {
    match call.body()?.get(name) {
        Some(Value::Array(entries)) if entries.is_empty() => Err(Refusal::required(name)),
        Some(Value::Array(entries)) if entries.len() <= MAX_MEMBERS => Ok(entries),
        Some(Value::Array(entries)) => {
            let why = format!("Too many specified. Maximum is {MAX_MEMBERS}.");
            Err(Refusal::text(name, &entries.len().to_string(), &why))
        }
        Some(other) => Err(Refusal::field(name, other, "It must be a list of objects.")),
        None => Err(Refusal::required(name)),
    }
}

/// Returns the instance that an entry names, by link or name, in the group's zone.
///
/// # Errors
/// 400 `required` or `invalid` for an entry that names none, 404 `notFound`, 400
/// `resourceNotReady`.
pub(super) fn member_instance<'a>(
    state: &'a State,
    group: &ResourceId,
    path: &str,
    entry: &Value,
) -> Result<&'a Resource, Refusal> {
    let field = format!("{path}.instance");
    let Some(link) = document::text(entry, "/instance") else {
        return Err(Refusal::required(&field));
    };
    let id = state.linked(link, Kind::Instance, group);
    let Some(id) = id.filter(|id| id.location == group.location && id.project == group.project)
    else {
        let why = "It must name an instance in the zone of the group.";
        return Err(Refusal::text(&field, link, why));
    };
    state.require_ready(&id)
}

/// Starts the operation that replaces the members of a group.
///
/// # Errors
/// 404 `notFound`, 400 `resourceNotReady`.
pub(super) fn change_members(
    state: &mut State,
    call: &mut Call<'_>,
    group: &ResourceId,
    operation_type: &'static str,
    members: Vec<Member>,
) -> Result<Reply, Refusal> {
    let existing = state.require_idle(group)?;
    let content = Content {
        body: existing.body().clone(),
        members,
    };
    let write = Write {
        effect: Effect::Update,
        operation_type,
        pending: Some(content),
        error: None,
    };
    Ok(run_operation::start(state, call, group, write))
}
