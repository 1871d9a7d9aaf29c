//! Projects: whose they are, and their numbers.

use serde_json::json;

use super::call::Call;
use super::id::link;
use super::number;
use super::refusal::Refusal;
use super::request::{Caller, Reply, Request};
use super::state::State;
use super::timestamp::formatted;

/// Longest id of a project, domain included.
const ID_LIMIT: usize = 63;

/// Lets a caller into a project; the first to name one makes it. Gives its id.
///
/// The provider's project is for its token alone; all others are for those without one.
pub(super) fn enter(state: &mut State, call: &mut Call<'_>, name: &str) -> Result<String, Refusal> {
    let request = call.request;
    let id = state.project_id(name).to_owned();
    match (request.caller, id == state.configuration().provider_project) {
        (Caller::Anonymous, true) => {
            return Err(Refusal::unauthenticated("required", "Login Required"));
        }
        (Caller::Provider, false) => {
            let permission = permission(request);
            return Err(Refusal::forbidden(&permission, &format!("projects/{id}")));
        }
        (Caller::Provider, true) | (Caller::Anonymous | Caller::Unknown, false | true) => {}
    }
    if state.project_number(&id).is_none() {
        if !is_project_id(&id) {
            let message = format!("Unknown project id: {id}");
            return Err(Refusal::new(400, "invalid", message));
        }
        let number = number::project_number(call.rng);
        state.put_project(&id, number);
    }
    Ok(id)
}

/// `GET projects/{project}`.
pub(super) fn get(state: &State, id: &str) -> Reply {
    let number = state.project_number(id).unwrap_or_default();
    Reply::ok(json!({
        "kind": "compute#project",
        "id": number.to_string(),
        "name": id,
        "creationTimestamp": formatted(jiff::Timestamp::UNIX_EPOCH),
        "selfLink": link(&format!("projects/{id}")),
    }))
}

/// Whether a text can be the id of a project, possibly one of a domain (`example.com:app`).
fn is_project_id(text: &str) -> bool {
    text.len() <= ID_LIMIT
        && text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.chars().all(|it| {
            it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, '-' | '.' | ':')
        })
}

/// The permission that a request needs, as messages name it.
fn permission(request: &Request) -> String {
    let last = request.path.rsplit('/').next().unwrap_or_default();
    let verb = match request.method.as_str() {
        "GET" => "get",
        "POST" => "create",
        "DELETE" => "delete",
        _ => "update",
    };
    format!("compute.{last}.{verb}")
}
