//! Who is in a group: what both kinds of groups have in common.

use serde_json::Value;

use super::call::Call;
use super::document;
use super::id::ResourceId;
use super::kind::Kind;
use super::operation::{Verb, Writing};
use super::refusal::Refusal;
use super::request::Reply;
use super::resource::{Content, Member, Resource};
use super::run_operation;
use super::state::State;

/// Most members named in one request (API reference, `attachNetworkEndpoints`: 500).
const AT_ONCE: usize = 500;

/// The entries of a list in a request to change members.
pub(super) fn entries<'a>(call: &'a Call<'_>, name: &str) -> Result<&'a [Value], Refusal> {
    match call.body()?.get(name) {
        Some(Value::Array(entries)) if entries.is_empty() => Err(Refusal::required(name)),
        Some(Value::Array(entries)) if entries.len() <= AT_ONCE => Ok(entries),
        Some(Value::Array(entries)) => {
            let why = format!("Too many specified. Maximum is {AT_ONCE}.");
            Err(Refusal::text(name, &entries.len().to_string(), &why))
        }
        Some(other) => Err(Refusal::field(name, other, "It must be a list of objects.")),
        None => Err(Refusal::required(name)),
    }
}

/// The instance that an entry names, by link or name, in the group's zone.
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
    state.ready(&id)
}

/// Opens the operation that gives a group other members.
pub(super) fn change_members(
    state: &mut State,
    call: &mut Call<'_>,
    group: &ResourceId,
    kind: &'static str,
    members: Vec<Member>,
) -> Result<Reply, Refusal> {
    let existing = state.at_rest(group)?;
    let content = Content {
        body: existing.body().clone(),
        members,
    };
    let writing = Writing {
        verb: Verb::Change,
        kind,
        coming: Some(content),
        failure: None,
    };
    Ok(run_operation::start(state, call, group, writing))
}
