//! Checked writes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::call::Call;
use super::guid::guid;
use super::id::ResourceId;
use super::resource::{ProvisioningState, Relation, Resource};
use super::state::State;

/// A resource as a checked write leaves it.
pub(super) struct Draft {
    pub(super) id: ResourceId,
    pub(super) existing: Option<Resource>,
    pub(super) body: Value,
    pub(super) relations: BTreeMap<Relation, ResourceId>,
}

/// A checked `PUT`: already applied, or to be applied by an operation.
pub(super) enum Write {
    /// The write is applied; the reply shows the resource.
    Applied { status: u16, id: ResourceId },
    /// A long-running operation applies the draft and changes the resources in `also`.
    LongRunning {
        draft: Box<Draft>,
        also: Vec<ResourceId>,
    },
}

impl Write {
    /// A write by a long-running operation, which changes the resources in `also` as well.
    pub(super) fn long_running(draft: Draft, also: Vec<ResourceId>) -> Write {
        let draft = Box::new(draft);
        Write::LongRunning { draft, also }
    }
}

impl Draft {
    /// A draft that keeps the relations of the existing resource.
    pub(super) fn new(id: ResourceId, existing: Option<Resource>, body: Value) -> Draft {
        let relations = existing
            .as_ref()
            .map(|it| it.relations.clone())
            .unwrap_or_default();
        Draft {
            id,
            existing,
            body,
            relations,
        }
    }

    /// Applies the draft; returns the HTTP status 201 or 200 and the ID of the resource.
    pub(super) fn apply(self, state: &mut State, call: &mut Call<'_>) -> (u16, ResourceId) {
        let status = if self.existing.is_some() { 200 } else { 201 };
        let (id, lasting_guid) = match self.existing {
            Some(existing) => (existing.id, existing.guid),
            None => (self.id, guid(call.rng)),
        };
        state.insert(Resource {
            id: id.clone(),
            version: guid(call.rng),
            guid: lasting_guid,
            provisioning: ProvisioningState::Succeeded,
            operation: None,
            body: self.body,
            ordinal: 0,
            relations: self.relations,
        });
        (status, id)
    }
}
