//! What every write goes through: it is checked as a whole, then an operation is opened for it.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::call::{Configuration, Reply, Request};
use super::document;
use super::fault::Failure;
use super::id::ResourceId;
use super::kind::Kind;
use super::number;
use super::operation::{Verb, Writing};
use super::place::Place;
use super::project;
use super::refusal::Refusal;
use super::resource::{Connection, Content, Resource, is_name};
use super::schema;
use super::state::State;
use super::{Generator, Google};
use super::{
    address, backend_service, endpoint_group, firewall, forwarding_rule, health_check, instance,
    instance_group, network, service_attachment, subnetwork,
};

/// An admitted request on its way.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) now: Timestamp,
    pub(super) rng: &'a mut dyn Generator,
    /// How the operation is to fail, if a fault says so.
    pub(super) failure: Option<Failure>,
    /// How much longer the operation takes, if a fault says so.
    pub(super) hold: SignedDuration,
}

impl Call<'_> {
    /// The body, which must be an object.
    pub(super) fn body(&self) -> Result<&Value, Refusal> {
        match &self.request.body {
            Some(body) if body.is_object() => Ok(body),
            Some(_) => {
                let message = "The body must be a JSON object.";
                Err(Refusal::new(400, "badRequest", message))
            }
            None => Err(Refusal::new(
                400,
                "required",
                "Required field 'resource' not specified.",
            )),
        }
    }
}

/// A resource about to be written.
pub(super) struct Draft<'a> {
    pub(super) state: &'a State,
    pub(super) configuration: &'a Configuration,
    pub(super) rng: &'a mut dyn Generator,
    pub(super) id: &'a ResourceId,
    /// What is there, if this is not an insert.
    pub(super) existing: Option<&'a Resource>,
    pub(super) body: Value,
    /// What the operation will find to be impossible.
    pub(super) failure: Option<Failure>,
    pub(super) connection: Option<Connection>,
}

impl<'a> Draft<'a> {
    /// The text of a member; an empty one counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let text = self.body.get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    }

    /// What a link names.
    ///
    /// # Errors
    /// Refuses what is no link to such a resource, and links into projects of others: only service
    /// attachments are there for them.
    pub(super) fn named(&self, field: &str, link: &str, kind: Kind) -> Result<ResourceId, Refusal> {
        let named = project::linked(self.configuration, self.state, link, kind, self.id);
        let Some(id) = named else {
            let collection = kind.collection();
            let why = format!("The URL is malformed: it must name one of {collection}.");
            return Err(Refusal::text(field, link, &why));
        };
        if id.project != self.id.project && kind != Kind::ServiceAttachment {
            let permission = format!("compute.{}.use", kind.collection());
            return Err(Refusal::forbidden(&permission, &id));
        }
        Ok(id)
    }

    /// The resource a link names, which must stand.
    pub(super) fn refer(
        &self,
        field: &str,
        link: &str,
        kind: Kind,
    ) -> Result<&'a Resource, Refusal> {
        let id = self.named(field, link, kind)?;
        match self.state.resource(&id) {
            None => Err(Refusal::not_found(&id)),
            Some(resource) if !resource.is_made || resource.is_leaving => {
                Err(Refusal::not_ready(&id))
            }
            Some(resource) => Ok(resource),
        }
    }

    /// The resource that a member names, if it names one; the member becomes the whole link.
    pub(super) fn link(&mut self, name: &str, kind: Kind) -> Result<Option<&'a Resource>, Refusal> {
        let Some(link) = self.text(name) else {
            document::discard(&mut self.body, name);
            return Ok(None);
        };
        let resource = self.refer(name, link, kind)?;
        document::put(&mut self.body, name, resource.id.link());
        Ok(Some(resource))
    }

    /// The resource that a member must name.
    pub(super) fn required_link(
        &mut self,
        name: &str,
        kind: Kind,
    ) -> Result<&'a Resource, Refusal> {
        self.link(name, kind)?
            .ok_or_else(|| Refusal::required(name))
    }

    /// The resources that a list of links names; the links become whole.
    pub(super) fn links(&mut self, name: &str, kind: Kind) -> Result<Vec<&'a Resource>, Refusal> {
        let mut found = Vec::new();
        for (index, link) in document::texts(&self.body, &format!("/{name}")).enumerate() {
            found.push(self.refer(&format!("{name}[{index}]"), link, kind)?);
        }
        if !found.is_empty() {
            let links: Vec<String> = found.iter().map(|it| it.id.link()).collect();
            document::put(&mut self.body, name, links);
        }
        Ok(found)
    }

    /// One of some words; where nothing stands, the first.
    pub(super) fn choice(&mut self, name: &str, words: &[&str]) -> Result<(), Refusal> {
        let first = words.first().copied().unwrap_or_default();
        document::default(&mut self.body, name, first);
        let word = document::text_or_empty(&self.body, &format!("/{name}"));
        if words.contains(&word) {
            return Ok(());
        }
        let why = format!("Served here: {}.", words.join(", "));
        Err(Refusal::text(name, word, &why))
    }

    /// Members that stay as they were when the resource was made.
    pub(super) fn fixed(&self, names: &[&str]) -> Result<(), Refusal> {
        let Some(existing) = self.existing else {
            return Ok(());
        };
        for name in names {
            let value = self.body.get(*name).unwrap_or(&Value::Null);
            if value != existing.body().get(*name).unwrap_or(&Value::Null) {
                let why = format!("Field '{name}' cannot be changed.");
                return Err(Refusal::field(name, value, &why));
            }
        }
        Ok(())
    }
}

/// Checks and completes a draft by the rules of its kind.
fn settle(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    match draft.id.kind {
        Kind::ServiceAttachment => service_attachment::settle(draft),
        Kind::ForwardingRule => forwarding_rule::settle(draft),
        Kind::Address => address::settle(draft),
        Kind::BackendService => backend_service::settle(draft),
        Kind::HealthCheck => health_check::settle(draft),
        Kind::EndpointGroup => endpoint_group::settle(draft),
        Kind::InstanceGroup => instance_group::settle(draft),
        Kind::Instance => instance::settle(draft),
        Kind::Firewall => firewall::settle(draft),
        Kind::Subnetwork => subnetwork::settle(draft),
        Kind::Network => network::settle(draft),
    }
}

/// What has become of a draft.
struct Settled {
    body: Value,
    failure: Option<Failure>,
    connection: Option<Connection>,
}

impl Google {
    fn settled(
        &self,
        call: &mut Call<'_>,
        id: &ResourceId,
        existing: Option<&Resource>,
        mut body: Value,
    ) -> Result<Settled, Refusal> {
        schema::check(id.kind, &mut body)?;
        let mut draft = Draft {
            state: &self.state,
            configuration: &self.configuration,
            rng: call.rng,
            id,
            existing,
            body,
            failure: None,
            connection: None,
        };
        settle(&mut draft)?;
        Ok(Settled {
            body: draft.body,
            failure: draft.failure,
            connection: draft.connection,
        })
    }

    /// `POST …/{collection}`.
    pub(super) fn insert(
        &mut self,
        call: &mut Call<'_>,
        project: &str,
        place: Place,
        kind: Kind,
    ) -> Result<Reply, Refusal> {
        let mut body = document::without_nulls(call.body()?);
        schema::without_ours(kind, &mut body);
        let id = ResourceId {
            kind,
            project: project.to_owned(),
            place,
            name: checked_name(&body)?,
        };
        if self.state.resource(&id).is_some() {
            return Err(Refusal::already_exists(&id));
        }
        let settled = self.settled(call, &id, None, body)?;
        self.state.insert(Resource {
            id: id.clone(),
            number: number::resource_number(call.rng),
            created: call.now,
            fingerprint: number::fingerprint(call.rng),
            is_made: false,
            operation: None,
            is_leaving: false,
            content: Content {
                body: settled.body,
                members: Vec::new(),
            },
            coming: None,
            connection: settled.connection,
        });
        let writing = Writing {
            verb: Verb::Insert,
            kind: "insert",
            coming: None,
            failure: settled.failure,
        };
        Ok(self.open_operation(call, &id, writing))
    }

    /// `PATCH …/{name}`: what is there, merged with the body.
    pub(super) fn patch(&mut self, call: &mut Call<'_>, id: &ResourceId) -> Result<Reply, Refusal> {
        let existing = self.writable(call, id)?;
        let mut patch = call.body()?.clone();
        schema::without_ours(id.kind, &mut patch);
        let body = document::merged(existing.body(), &patch);
        self.rewrite(call, id, &existing, body, "patch")
    }

    /// `PUT …/{name}`: the body instead of what is there.
    pub(super) fn replace(
        &mut self,
        call: &mut Call<'_>,
        id: &ResourceId,
    ) -> Result<Reply, Refusal> {
        let existing = self.writable(call, id)?;
        let mut body = document::without_nulls(call.body()?);
        schema::without_ours(id.kind, &mut body);
        document::default(&mut body, "name", id.name.as_str());
        self.rewrite(call, id, &existing, body, "update")
    }

    fn rewrite(
        &mut self,
        call: &mut Call<'_>,
        id: &ResourceId,
        existing: &Resource,
        body: Value,
        kind: &'static str,
    ) -> Result<Reply, Refusal> {
        if body.get("name").and_then(Value::as_str) != Some(&id.name) {
            let name = body.get("name").unwrap_or(&Value::Null);
            return Err(Refusal::field(
                "name",
                name,
                "Field 'name' cannot be changed.",
            ));
        }
        let settled = self.settled(call, id, Some(existing), body)?;
        let coming = Content {
            body: settled.body,
            members: existing.content.members.clone(),
        };
        let writing = Writing {
            verb: Verb::Change,
            kind,
            coming: Some(coming),
            failure: settled.failure,
        };
        Ok(self.open_operation(call, id, writing))
    }

    /// `DELETE …/{name}`.
    pub(super) fn delete(
        &mut self,
        call: &mut Call<'_>,
        id: &ResourceId,
    ) -> Result<Reply, Refusal> {
        let existing = self.at_rest(id)?;
        let of_address = address::holder(&self.state, existing);
        let user = of_address.or_else(|| self.state.users(id).next());
        if let Some(user) = user {
            return Err(Refusal::in_use(id, &user.id));
        }
        let kind = match existing.connection {
            // Attested: magic-modules#5031.
            Some(_) => "deleteRegionPscForwardingRule",
            None => "delete",
        };
        let writing = Writing {
            verb: Verb::Delete,
            kind,
            coming: None,
            failure: None,
        };
        Ok(self.open_operation(call, id, writing))
    }

    /// A resource on which no operation is open.
    pub(super) fn at_rest(&self, id: &ResourceId) -> Result<&Resource, Refusal> {
        match self.state.resource(id) {
            None => Err(Refusal::not_found(id)),
            Some(resource) if resource.operation.is_some() => Err(Refusal::not_ready(id)),
            Some(resource) => Ok(resource),
        }
    }

    /// A resource at rest whose fingerprint the body names, where it has one.
    fn writable(&self, call: &Call<'_>, id: &ResourceId) -> Result<Resource, Refusal> {
        let existing = self.at_rest(id)?;
        let named = document::text(call.body()?, "/fingerprint");
        if id.kind.has_fingerprint() && named != Some(&existing.fingerprint) {
            return Err(Refusal::stale());
        }
        Ok(existing.clone())
    }
}

fn checked_name(body: &Value) -> Result<String, Refusal> {
    let Some(name) = body.get("name") else {
        return Err(Refusal::required("name"));
    };
    match name.as_str() {
        Some(text) if is_name(text) => Ok(text.to_owned()),
        Some(_) | None => {
            let why = "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'";
            Err(Refusal::field("name", name, why))
        }
    }
}
