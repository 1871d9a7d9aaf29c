//! Projects: whose they are, and their numbers.

use serde_json::json;

use super::Google;
use super::call::Call;
use super::configuration::Configuration;
use super::id::{ResourceId, link};
use super::kind::Kind;
use super::number;
use super::refusal::Refusal;
use super::request::{Caller, Reply, Request};
use super::state::State;
use super::timestamp::printed;

/// Longest id of a project, domain included.
const ID_LIMIT: usize = 63;

/// The id of a project that is named by its id or its number.
pub(super) fn id_of<'a>(
    configuration: &'a Configuration,
    state: &'a State,
    name: &'a str,
) -> &'a str {
    let Ok(number) = name.parse::<u64>() else {
        return name;
    };
    if number == configuration.provider_project_number {
        return &configuration.provider_project;
    }
    let known = state.projects().find(|(_, it)| *it == number);
    known.map_or(name, |(id, _)| id)
}

/// What a link in a document of `around` names; its project by id, however it is named.
pub(super) fn linked(
    configuration: &Configuration,
    state: &State,
    link: &str,
    kind: Kind,
    around: &ResourceId,
) -> Option<ResourceId> {
    let mut id = ResourceId::of_link(link, kind, around)?;
    id.project = id_of(configuration, state, &id.project).to_owned();
    Some(id)
}

/// The number of a project, if anybody used it.
pub(super) fn number_of(configuration: &Configuration, state: &State, id: &str) -> Option<u64> {
    if id == configuration.provider_project {
        return Some(configuration.provider_project_number);
    }
    state.project_number(id)
}

impl Google {
    /// Lets a caller into a project; the first to name one makes it. Gives its id.
    ///
    /// The provider's project is for its token alone; all others are for those without one.
    pub(super) fn enter_project(
        &mut self,
        call: &mut Call<'_>,
        name: &str,
    ) -> Result<String, Refusal> {
        let request = call.request;
        let id = id_of(&self.configuration, &self.state, name).to_owned();
        match (request.caller, id == self.configuration.provider_project) {
            (Caller::Anonymous, true) => {
                return Err(Refusal::unauthenticated("required", "Login Required"));
            }
            (Caller::Provider, false) => {
                let permission = permission(request);
                return Err(Refusal::forbidden(&permission, &format!("projects/{id}")));
            }
            (Caller::Provider, true) | (Caller::Anonymous | Caller::Unknown, false | true) => {}
        }
        if number_of(&self.configuration, &self.state, &id).is_none() {
            if !is_project_id(&id) {
                let message = format!("Unknown project id: {id}");
                return Err(Refusal::new(400, "invalid", message));
            }
            let number = number::project_number(call.rng);
            self.state.keep_project(&id, number);
        }
        Ok(id)
    }

    /// `GET projects/{project}`.
    pub(super) fn get_project(&self, id: &str) -> Reply {
        let number = number_of(&self.configuration, &self.state, id).unwrap_or_default();
        Reply::ok(json!({
            "kind": "compute#project",
            "id": number.to_string(),
            "name": id,
            "creationTimestamp": printed(jiff::Timestamp::UNIX_EPOCH),
            "selfLink": link(&format!("projects/{id}")),
        }))
    }
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
