//! Projects: access to them, and their documents.

use serde_json::json;

use super::call::Call;
use super::id::link;
use super::number;
use super::quota;
use super::refusal::Refusal;
use super::request::{Caller, Reply, Request};
use super::state::State;
use super::timestamp::formatted;

/// Maximum length of a project id, in characters, including the domain of a domain-scoped project.
const MAX_ID: usize = 63;

/// Authorizes a caller for a project and returns the project's id; creates the project if a request
/// names it for the first time.
///
/// The provider's project is open to the provider only, all other projects to anonymous callers
/// only.
///
/// # Errors
/// 401 `required` for an anonymous caller in the provider's project, 403 `forbidden` for the provider
/// in another project, 400 `invalid` for a malformed project id.
pub(super) fn authorize(
    state: &mut State,
    call: &mut Call<'_>,
    name: &str,
) -> Result<String, Refusal> {
    let request = call.request;
    let id = state.project_id(name).to_owned();
    match (
        &request.caller,
        id == state.configuration().provider_project,
    ) {
        (Caller::Anonymous, true) => {
            return Err(Refusal::unauthenticated("required", "Login Required"));
        }
        (Caller::Provider | Caller::Principal(_), false) => {
            let permission = permission(request);
            return Err(Refusal::forbidden(&permission, &format!("projects/{id}")));
        }
        (Caller::Provider | Caller::Principal(_), true)
        | (Caller::Anonymous | Caller::Unknown, false | true) => {}
    }
    if state.project_number(&id).is_none() {
        if !is_valid_project_id(&id) {
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
        "quotas": quota::of_project(state, id),
        "selfLink": link(&format!("projects/{id}")),
    }))
}

/// Reports whether a text is a valid project id, also of a domain-scoped project
/// (`example.com:app`).
fn is_valid_project_id(text: &str) -> bool {
    text.len() <= MAX_ID
        && text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.chars().all(|it| {
            it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, '-' | '.' | ':')
        })
}

/// Returns the permission that a request needs, as messages name it.
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
