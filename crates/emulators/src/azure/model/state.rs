//! Durable state of the emulated cloud.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;

use super::configuration::Configuration;
use super::health_operation::HealthOperations;
use super::host_mapping::HostMapping;
use super::id::{Key, ResourceId};
use super::kind::Kind;
use super::operation::Operation;
use super::resource::Resource;
use super::role_assignment::RoleAssignments;
use crate::change::{Change, RestoreError};
use crate::health::HealthTable;
use crate::journaled_map::{self, Journaled, JournaledMap};

/// Time for which a finished operation can be read: an assumption, listed in
/// `docs/reference/emulators.md`.
const OPERATION_RETENTION: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// The durable state and the configuration.
#[derive(Debug, Clone)]
pub(super) struct State {
    configuration: Configuration,
    /// Tenant by subscription ID in lower case.
    subscriptions: JournaledMap<String, String>,
    resources: JournaledMap<Key, Resource>,
    operations: JournaledMap<String, Operation>,
    hosts: JournaledMap<Key, HostMapping>,
    /// Not durable.
    role_assignments: RoleAssignments,
    /// Not durable.
    health: HealthTable,
    /// Not durable.
    health_operations: HealthOperations,
    /// Open operations by due time; derived.
    schedule: BTreeSet<(Timestamp, String)>,
    /// Operations that are due and held back; derived.
    held: BTreeSet<String>,
    /// Finished operations by time of completion; derived.
    finished: BTreeSet<(Timestamp, String)>,
}

impl State {
    /// The state of a cloud without resources.
    pub(super) fn new(configuration: Configuration) -> State {
        State {
            configuration,
            subscriptions: JournaledMap::new("subscription"),
            resources: JournaledMap::new("resource"),
            operations: JournaledMap::new("operation"),
            hosts: JournaledMap::new("host"),
            role_assignments: RoleAssignments::default(),
            health: HealthTable::default(),
            health_operations: HealthOperations::new(),
            schedule: BTreeSet::new(),
            held: BTreeSet::new(),
            finished: BTreeSet::new(),
        }
    }

    pub(super) fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    pub(super) fn health(&self) -> &HealthTable {
        &self.health
    }

    pub(super) fn health_mut(&mut self) -> &mut HealthTable {
        &mut self.health
    }

    pub(super) fn health_operations(&self) -> &HealthOperations {
        &self.health_operations
    }

    pub(super) fn health_operations_mut(&mut self) -> &mut HealthOperations {
        &mut self.health_operations
    }

    pub(super) fn role_assignments(&self) -> &RoleAssignments {
        &self.role_assignments
    }

    pub(super) fn assign_roles(&mut self, assignments: RoleAssignments) {
        self.role_assignments = assignments;
    }
}

// === resources ===

impl State {
    pub(super) fn resource(&self, id: &ResourceId) -> Option<&Resource> {
        self.resources.get(&id.key())
    }

    pub(super) fn resource_by_key(&self, key: &Key) -> Option<&Resource> {
        self.resources.get(key)
    }

    pub(super) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// All resources of one kind, in order of ID.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Resource> {
        self.resources
            .values()
            .filter(move |it| it.id.kind() == kind)
    }

    /// The children of a resource, in order of creation.
    pub(super) fn children(
        &self,
        parent: &ResourceId,
        kind: Kind,
    ) -> impl Iterator<Item = &Resource> {
        let prefix = format!("{}/{}/", parent, kind.collection()).to_ascii_lowercase();
        let mut children: Vec<&Resource> = self
            .resources
            .range(Key::of(&prefix)..)
            .take_while(|(key, _)| key.as_str().starts_with(&prefix))
            .map(|(_, resource)| resource)
            .collect();
        children.sort_by_key(|child| child.ordinal);
        children.into_iter()
    }

    /// Stores a new or rewritten resource and sets its position among its siblings.
    pub(super) fn insert(&mut self, mut resource: Resource) {
        let key = resource.id.key();
        resource.ordinal = match (self.resources.get(&key), resource.id.parent()) {
            (Some(before), _) => before.ordinal,
            (None, Some(parent)) => {
                let last = self.children(&parent, resource.id.kind()).last();
                last.map_or(0, |last| last.ordinal + 1)
            }
            (None, None) => 0,
        };
        self.resources.insert(key, resource);
    }

    /// Changes a resource in place, if it exists.
    pub(super) fn change(&mut self, id: &ResourceId, change: impl FnOnce(&mut Resource)) {
        self.resources.change(&id.key(), change);
    }

    /// Gives a resource a new entity tag, because a member that it shows has changed.
    pub(super) fn touch(&mut self, id: &ResourceId, version: &str) {
        self.change(id, |resource| version.clone_into(&mut resource.version));
    }

    pub(super) fn remove(&mut self, id: &ResourceId) -> Option<Resource> {
        let key = id.key();
        let removed = self.resources.remove(&key)?;
        self.hosts.remove(&key);
        Some(removed)
    }
}

// === operations ===

impl State {
    pub(super) fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.get(id)
    }

    /// Stores a new or changed operation.
    pub(super) fn put_operation(&mut self, operation: Operation) {
        let id = operation.id.clone();
        if let Some(before) = self.operations.remove(&id) {
            self.unindex_operation(&before);
        }
        self.index_operation(&operation);
        self.operations.insert(id, operation);
    }

    /// The earliest open operation that is due by `now`.
    pub(super) fn due_by(&self, now: Timestamp) -> Option<String> {
        let (due, id) = self.schedule.first()?;
        (*due <= now).then(|| id.clone())
    }

    /// The operations that are due and held back.
    pub(super) fn held_operations(&self) -> BTreeSet<String> {
        self.held.clone()
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.schedule.first().map(|(due, _)| *due)
    }

    /// Deletes operations that finished more than [`OPERATION_RETENTION`] before `now`.
    pub(super) fn expire_operations(&mut self, now: Timestamp) {
        while let Some((finished, id)) = self.finished.first().cloned() {
            if now.duration_since(finished) < OPERATION_RETENTION {
                return;
            }
            self.finished.remove(&(finished, id.clone()));
            self.operations.remove(&id);
        }
    }

    fn index_operation(&mut self, operation: &Operation) {
        let entry = |at| (at, operation.id.clone());
        match operation.finished {
            Some(at) => self.finished.insert(entry(at)),
            None if operation.held => self.held.insert(operation.id.clone()),
            None => self.schedule.insert(entry(operation.due)),
        };
    }

    fn unindex_operation(&mut self, operation: &Operation) {
        self.held.remove(&operation.id);
        self.schedule.remove(&(operation.due, operation.id.clone()));
        if let Some(at) = operation.finished {
            self.finished.remove(&(at, operation.id.clone()));
        }
    }
}

// === subscriptions and hosts ===

impl State {
    /// The tenant of a subscription.
    pub(super) fn tenant(&self, subscription: &str) -> Option<&str> {
        self.subscriptions
            .get(&subscription.to_ascii_lowercase())
            .map(String::as_str)
    }

    pub(super) fn subscriptions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.subscriptions
            .iter()
            .map(|(id, tenant)| (id.as_str(), tenant.as_str()))
    }

    pub(super) fn put_subscription(&mut self, subscription: &str, tenant: &str) {
        let id = subscription.to_ascii_lowercase();
        self.subscriptions.insert(id, tenant.to_owned());
    }

    pub(super) fn hosts(&self) -> impl Iterator<Item = &HostMapping> {
        self.hosts.values()
    }

    /// The host that stands for a NIC.
    pub(super) fn host_of(&self, nic: &ResourceId) -> Option<IpAddr> {
        self.hosts.get(&nic.key()).map(|mapping| mapping.host)
    }

    pub(super) fn map_host(&mut self, mapping: HostMapping) {
        let key = Key::of(&mapping.nic);
        self.hosts.insert(key, mapping);
    }
}

// === the journal ===

impl State {
    /// Rebuilds the state from the changes of its journal.
    ///
    /// # Errors
    /// When a change has an unknown key or a value of unexpected form.
    pub(super) fn restore(
        configuration: Configuration,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<State, RestoreError> {
        let mut state = State::new(configuration);
        for change in changes {
            state.apply(change)?;
        }
        let operations: Vec<Operation> = state.operations.values().cloned().collect();
        for operation in &operations {
            state.index_operation(operation);
        }
        Ok(state)
    }

    fn apply(&mut self, change: Change) -> Result<(), RestoreError> {
        let maps: &mut [&mut dyn Journaled] = &mut [
            &mut self.subscriptions,
            &mut self.resources,
            &mut self.operations,
            &mut self.hosts,
        ];
        journaled_map::apply(maps, change)
    }

    pub(super) fn snapshot(&self) -> Vec<Change> {
        let subscriptions = self.subscriptions.snapshot();
        let resources = self.resources.snapshot();
        let operations = self.operations.snapshot();
        let hosts = self.hosts.snapshot();
        [subscriptions, resources, operations, hosts].concat()
    }

    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        let subscriptions = self.subscriptions.take_changes();
        let resources = self.resources.take_changes();
        let operations = self.operations.take_changes();
        let hosts = self.hosts.take_changes();
        [hosts, operations, resources, subscriptions].concat()
    }
}
