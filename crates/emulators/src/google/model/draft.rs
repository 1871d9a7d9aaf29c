//! A resource about to be written.

use rand::Rng;
use serde_json::Value;

use super::connection::Connection;
use super::document;
use super::id::ResourceId;
use super::kind::Kind;
use super::operation_error::OperationError;
use super::refusal::Refusal;
use super::resource::Resource;
use super::state::State;

/// A resource about to be written.
pub(super) struct Draft<'a> {
    pub(super) state: &'a State,
    pub(super) rng: &'a mut dyn Rng,
    pub(super) id: &'a ResourceId,
    /// What is there, if this is not an insert.
    pub(super) existing: Option<&'a Resource>,
    pub(super) body: Value,
    /// What the operation will find to be impossible.
    pub(super) error: Option<OperationError>,
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
    pub(super) fn resolve(
        &self,
        field: &str,
        link: &str,
        kind: Kind,
    ) -> Result<ResourceId, Refusal> {
        let named = self.state.linked(link, kind, self.id);
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
    pub(super) fn resolve_ready(
        &self,
        field: &str,
        link: &str,
        kind: Kind,
    ) -> Result<&'a Resource, Refusal> {
        let id = self.resolve(field, link, kind)?;
        self.state.require_ready(&id)
    }

    /// The resource that a member names, if it names one; the member becomes the whole link.
    pub(super) fn link(&mut self, name: &str, kind: Kind) -> Result<Option<&'a Resource>, Refusal> {
        let Some(link) = self.text(name) else {
            document::remove(&mut self.body, name);
            return Ok(None);
        };
        let resource = self.resolve_ready(name, link, kind)?;
        document::set(&mut self.body, name, resource.id.link());
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
            found.push(self.resolve_ready(&format!("{name}[{index}]"), link, kind)?);
        }
        if !found.is_empty() {
            let links: Vec<String> = found.iter().map(|it| it.id.link()).collect();
            document::set(&mut self.body, name, links);
        }
        Ok(found)
    }

    /// One of some words; where nothing stands, the first.
    pub(super) fn check_enum(&mut self, name: &str, words: &[&str]) -> Result<(), Refusal> {
        let first = words.first().copied().unwrap_or_default();
        document::set_default(&mut self.body, name, first);
        let word = document::text_or_empty(&self.body, &format!("/{name}"));
        if words.contains(&word) {
            return Ok(());
        }
        let why = format!("The emulator supports: {}.", words.join(", "));
        Err(Refusal::text(name, word, &why))
    }

    /// Members that stay as they were when the resource was made.
    pub(super) fn check_immutable(&self, names: &[&str]) -> Result<(), Refusal> {
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
