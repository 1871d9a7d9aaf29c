//! A checked write.

use std::collections::BTreeMap;

use serde_json::Value;

use super::call::Call;
use super::guid::guid;
use super::id::ResourceId;
use super::resource::{ProvisioningState, Relation, Resource};
use super::state::State;

/// A checked write, ready to be applied.
pub(super) struct Draft {
    pub(super) id: ResourceId,
    pub(super) existing: Option<Resource>,
    pub(super) body: Value,
    pub(super) relations: BTreeMap<Relation, ResourceId>,
}

/// The outcome of a room's part in a `PUT`.
pub(super) enum Write {
    /// The write is applied and is answered with the resource.
    Applied { status: u16, id: ResourceId },
    /// The draft is applied by a long-running operation, which changes `also` with it.
    LongRunning { draft: Draft, also: Vec<ResourceId> },
}

impl Draft {
    /// A draft that keeps the ties the resource has.
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

    /// Applies the draft; returns 201 or 200 with the id of the resource.
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
