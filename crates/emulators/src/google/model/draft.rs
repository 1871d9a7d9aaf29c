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

/// The network tier of internal addresses (API reference, `networkTier`).
const INTERNAL_TIER: &str = "PREMIUM";

/// A resource about to be written.
pub(super) struct Draft<'a> {
    pub(super) state: &'a State,
    pub(super) rng: &'a mut dyn Rng,
    pub(super) id: &'a ResourceId,
    /// The current resource; `None` for an insert.
    pub(super) existing: Option<&'a Resource>,
    pub(super) body: Value,
    /// The error that the operation will fail with.
    pub(super) error: Option<OperationError>,
    pub(super) connection: Option<Connection>,
}

impl<'a> Draft<'a> {
    /// Returns the text of a member; `None` if it is empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let text = self.body.get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    }

    /// Returns the id that a link names.
    ///
    /// # Errors
    /// 400 `invalid` for a link to another kind of resource, 403 `forbidden` for a link into another
    /// project, unless it names a service attachment.
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

    /// Returns the resource that a link names.
    ///
    /// # Errors
    /// As for [`Draft::resolve`]; 404 `notFound` or 400 `resourceNotReady` for the resource.
    pub(super) fn resolve_ready(
        &self,
        field: &str,
        link: &str,
        kind: Kind,
    ) -> Result<&'a Resource, Refusal> {
        let id = self.resolve(field, link, kind)?;
        self.state.require_ready(&id)
    }

    /// Returns the resource that a member names, if it is set; the member becomes a full link.
    ///
    /// # Errors
    /// As for [`Draft::resolve_ready`].
    pub(super) fn link(&mut self, name: &str, kind: Kind) -> Result<Option<&'a Resource>, Refusal> {
        let Some(link) = self.text(name) else {
            document::remove(&mut self.body, name);
            return Ok(None);
        };
        let resource = self.resolve_ready(name, link, kind)?;
        document::set(&mut self.body, name, resource.id.link());
        Ok(Some(resource))
    }

    /// Returns the resource that a member names.
    ///
    /// # Errors
    /// 400 `required` for an unset member; as for [`Draft::resolve_ready`].
    pub(super) fn required_link(
        &mut self,
        name: &str,
        kind: Kind,
    ) -> Result<&'a Resource, Refusal> {
        self.link(name, kind)?
            .ok_or_else(|| Refusal::required(name))
    }

    /// Returns the resources that a list of links names; the links become full links.
    ///
    /// # Errors
    /// As for [`Draft::resolve_ready`].
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

    /// Checks that a member has one of these values; an unset member gets the first.
    ///
    /// # Errors
    /// 400 `invalid` for another value.
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

    /// Checks the network tier; an unset one becomes the only one of internal addresses.
    ///
    /// # Errors
    /// 400 `invalid` for another tier.
    pub(super) fn check_network_tier(&mut self) -> Result<(), Refusal> {
        if self.text("networkTier").is_none() {
            document::set(&mut self.body, "networkTier", INTERNAL_TIER);
        }
        match self.text("networkTier") {
            Some(tier) if tier != INTERNAL_TIER => {
                let why = format!("Internal addresses are of the tier {INTERNAL_TIER}.");
                Err(Refusal::text("networkTier", tier, &why))
            }
            _ => Ok(()),
        }
    }

    /// Checks that members are as they were when the resource was created.
    ///
    /// # Errors
    /// 400 `invalid` for a changed member.
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
