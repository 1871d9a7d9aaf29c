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
    /// The lasting GUID of a new resource, if something is named after it already.
    pub(super) new_guid: Option<String>,
}

/// A checked `PUT`: already applied, or to be applied by an operation.
pub(super) enum Write {
    /// The write is applied; the reply shows the resource.
    Applied { status: u16, id: ResourceId },
    /// A long-running operation applies the draft and changes the resources in `also`.
    LongRunning {
        draft: Box<Draft>,
        also: Vec<ResourceId>,
        /// The operation is finished with the reply, which shows `Succeeded`.
        immediate: bool,
    },
}

impl Write {
    /// A write by a long-running operation, which changes the resources in `also` as well.
    ///
    /// A draft that changes nothing is finished immediately (recorded for addresses, networks, subnets,
    /// services and endpoints).
    pub(super) fn long_running(draft: Draft, also: Vec<ResourceId>) -> Write {
        let immediate = draft.changes_nothing();
        let draft = Box::new(draft);
        Write::LongRunning {
            draft,
            also,
            immediate,
        }
    }

    /// The same write, finished immediately only if the condition holds as well.
    pub(super) fn if_also(mut self, condition: bool) -> Write {
        if let Write::LongRunning { immediate, .. } = &mut self {
            *immediate &= condition;
        }
        self
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
            new_guid: None,
        }
    }

    /// Reports whether the resource exists, works and already is what the draft says.
    pub(super) fn changes_nothing(&self) -> bool {
        self.existing.as_ref().is_some_and(|existing| {
            existing.provisioning == ProvisioningState::Succeeded
                && existing.body == self.body
                && existing.relations == self.relations
        })
    }

    /// Applies the draft; returns the HTTP status 201 or 200 and the ID of the resource.
    pub(super) fn apply(self, state: &mut State, call: &mut Call<'_>) -> (u16, ResourceId) {
        let status = if self.existing.is_some() { 200 } else { 201 };
        let (id, lasting_guid) = match self.existing {
            Some(existing) => (existing.id, existing.guid),
            None => (self.id, self.new_guid.unwrap_or_else(|| guid(call.rng))),
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
