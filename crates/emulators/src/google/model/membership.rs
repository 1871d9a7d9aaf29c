//! Who is in a group: what both kinds of groups have in common.

use serde_json::Value;

use super::Google;
use super::call::Call;
use super::document;
use super::id::ResourceId;
use super::kind::Kind;
use super::operation::{Verb, Writing};
use super::project;
use super::refusal::Refusal;
use super::request::Reply;
use super::resource::{Content, Member, Resource};

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

impl Google {
    /// The instance that an entry names, by link or name, in the group's zone.
    pub(super) fn member_instance(
        &self,
        group: &ResourceId,
        place: &str,
        entry: &Value,
    ) -> Result<&Resource, Refusal> {
        let field = format!("{place}.instance");
        let Some(link) = document::text(entry, "/instance") else {
            return Err(Refusal::required(&field));
        };
        let id = self.linked_instance(link, group);
        let Some(id) = id.filter(|id| id.place == group.place && id.project == group.project)
        else {
            let why = "It must name an instance in the zone of the group.";
            return Err(Refusal::text(&field, link, why));
        };
        match self.state.resource(&id) {
            None => Err(Refusal::not_found(&id)),
            Some(instance) if !instance.is_made || instance.is_leaving => {
                Err(Refusal::not_ready(&id))
            }
            Some(instance) => Ok(instance),
        }
    }

    /// What a link in a request about a group names, be it there or not.
    pub(super) fn linked_instance(&self, link: &str, group: &ResourceId) -> Option<ResourceId> {
        project::linked(
            &self.configuration,
            &self.state,
            link,
            Kind::Instance,
            group,
        )
    }

    /// Opens the operation that gives a group other members.
    pub(super) fn change_members(
        &mut self,
        call: &mut Call<'_>,
        group: &ResourceId,
        kind: &'static str,
        members: Vec<Member>,
    ) -> Result<Reply, Refusal> {
        let existing = self.at_rest(group)?;
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
        Ok(self.open_operation(call, group, writing))
    }
}
