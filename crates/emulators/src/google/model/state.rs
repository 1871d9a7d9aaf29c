//! The durable state of an emulated Google, with a record of its changes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::configuration::Configuration;
use super::connected_endpoints::ConnectedEndpoints;
use super::host_mapping::HostMapping;
use super::iam_policy::IamPolicy;
use super::id::{ResourceId, path_of};
use super::kind::Kind;
use super::location::Location;
use super::operation::Operation;
use super::refusal::Refusal;
use super::resource::Resource;
use crate::change::{Change, RestoreError};
use crate::health::HealthTable;
use crate::journaled_map::{self, Journaled, JournaledMap};

/// Retention of a completed operation and of its request id.
///
/// An assumption, listed in `docs/reference/emulators.md`.
const OPERATION_RETENTION: SignedDuration = SignedDuration::from_hours(1);

/// The durable state, and the settings that it was started with.
#[derive(Debug, Clone)]
pub(super) struct State {
    configuration: Configuration,
    /// Not durable.
    iam_policy: IamPolicy,
    /// Not durable.
    health: HealthTable,
    /// Numbers of the consumers' projects used so far, by id.
    projects: JournaledMap<String, u64>,
    resources: JournaledMap<ResourceId, Resource>,
    /// By name.
    operations: JournaledMap<String, Operation>,
    /// By the path of the service attachment.
    connected_endpoints: JournaledMap<String, ConnectedEndpoints>,
    /// By the path of the instance.
    hosts: JournaledMap<String, HostMapping>,
    /// Open operations by the time at which they are due; derived.
    open: BTreeSet<(Timestamp, String)>,
    /// Completed operations by the time of their completion; derived.
    completed: BTreeSet<(Timestamp, String)>,
    /// Names of operations by project and request id; derived.
    requests: BTreeMap<(String, String), String>,
}

impl State {
    /// Creates the state of a cloud that holds nothing yet.
    pub(super) fn new(configuration: Configuration) -> State {
        State {
            configuration,
            iam_policy: IamPolicy::default(),
            health: HealthTable::default(),
            projects: JournaledMap::new("project"),
            resources: JournaledMap::new("resource"),
            operations: JournaledMap::new("operation"),
            connected_endpoints: JournaledMap::new("view"),
            hosts: JournaledMap::new("host"),
            open: BTreeSet::new(),
            completed: BTreeSet::new(),
            requests: BTreeMap::new(),
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

    pub(super) fn iam_policy(&self) -> &IamPolicy {
        &self.iam_policy
    }

    pub(super) fn set_policy(&mut self, policy: IamPolicy) {
        self.iam_policy = policy;
    }
}

// === resources ===

impl State {
    /// Returns a resource, whatever operation is open on it.
    pub(super) fn resource(&self, id: &ResourceId) -> Option<&Resource> {
        self.resources.get(id)
    }

    /// Returns a resource whose insert has completed.
    pub(super) fn created(&self, id: &ResourceId) -> Option<&Resource> {
        self.resource(id).filter(|it| it.is_created)
    }

    /// Returns a resource whose insert has completed.
    ///
    /// # Errors
    /// 404 `notFound` if there is none.
    pub(super) fn require_created(&self, id: &ResourceId) -> Result<&Resource, Refusal> {
        self.created(id).ok_or_else(|| Refusal::not_found(id))
    }

    /// Returns a resource that others may refer to.
    ///
    /// # Errors
    /// 404 `notFound` if there is none, 400 `resourceNotReady` while it is inserted or deleted.
    pub(super) fn require_ready(&self, id: &ResourceId) -> Result<&Resource, Refusal> {
        match self.resource(id) {
            None => Err(Refusal::not_found(id)),
            Some(resource) if !resource.is_created || resource.is_deleting => {
                Err(Refusal::not_ready(id))
            }
            Some(resource) => Ok(resource),
        }
    }

    /// Returns a resource on which no operation is open.
    ///
    /// # Errors
    /// 404 `notFound` if there is none, 400 `resourceNotReady` while an operation is open on it.
    pub(super) fn require_idle(&self, id: &ResourceId) -> Result<&Resource, Refusal> {
        match self.resource(id) {
            None => Err(Refusal::not_found(id)),
            Some(resource) if resource.operation.is_some() => Err(Refusal::not_ready(id)),
            Some(resource) => Ok(resource),
        }
    }

    pub(super) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// Returns all resources of one kind, in order of project, location and name.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Resource> {
        let first = ResourceId {
            kind,
            project: String::new(),
            location: Location::Global,
            name: String::new(),
        };
        self.resources
            .range(first..)
            .map(|(_, resource)| resource)
            .take_while(move |it| it.id.kind == kind)
    }

    /// Returns the resources that use a resource.
    pub(super) fn users<'a>(&'a self, id: &'a ResourceId) -> impl Iterator<Item = &'a Resource> {
        self.resources()
            .filter(move |it| it.uses().any(|used| used == *id))
    }

    pub(super) fn insert(&mut self, resource: Resource) {
        self.resources.insert(resource.id.clone(), resource);
    }

    /// Changes a resource in place, if it exists.
    pub(super) fn change(&mut self, id: &ResourceId, change: impl FnOnce(&mut Resource)) {
        self.resources.change(id, change);
    }

    /// Removes a resource, its host mapping and its connected endpoints.
    pub(super) fn remove(&mut self, id: &ResourceId) -> Option<Resource> {
        let removed = self.resources.remove(id)?;
        let path = id.to_string();
        self.hosts.remove(&path);
        self.connected_endpoints.remove(&path);
        Some(removed)
    }
}

// === operations ===

impl State {
    pub(super) fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.get(name)
    }

    pub(super) fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.values()
    }

    /// Returns the operation that a request with this id was answered with.
    pub(super) fn operation_of_request(
        &self,
        project: &str,
        request_id: &str,
    ) -> Option<&Operation> {
        let key = (project.to_owned(), request_id.to_owned());
        self.operation(self.requests.get(&key)?)
    }

    /// Stores an operation, new or changed.
    pub(super) fn put_operation(&mut self, operation: Operation) {
        let name = operation.name.clone();
        self.remove_operation(&name);
        self.index_operation(&operation);
        self.operations.insert(name, operation);
    }

    pub(super) fn remove_operation(&mut self, name: &str) {
        let Some(operation) = self.operations.remove(name) else {
            return;
        };
        self.open.remove(&(operation.due, name.to_owned()));
        if let Some(at) = operation.completed {
            self.completed.remove(&(at, name.to_owned()));
        }
        if let Some(request_id) = operation.request_id {
            self.requests.remove(&(operation.project, request_id));
        }
    }

    fn index_operation(&mut self, operation: &Operation) {
        let name = operation.name.clone();
        if let Some(request_id) = &operation.request_id {
            let key = (operation.project.clone(), request_id.clone());
            self.requests.insert(key, name.clone());
        }
        match operation.completed {
            Some(at) => self.completed.insert((at, name)),
            None => self.open.insert((operation.due, name)),
        };
    }

    /// Returns the open operation that is due first, and when.
    pub(super) fn next_operation(&self) -> Option<(Timestamp, String)> {
        self.open.first().cloned()
    }

    /// Removes the operations whose retention has ended by `now`.
    pub(super) fn expire_operations(&mut self, now: Timestamp) {
        while let Some((completed, name)) = self.completed.first().cloned() {
            if now.duration_since(completed) < OPERATION_RETENTION {
                return;
            }
            self.remove_operation(&name);
        }
    }
}

// === projects ===

impl State {
    /// Returns the id of a project that is named by its id or its number.
    pub(super) fn project_id<'a>(&'a self, name: &'a str) -> &'a str {
        let Ok(number) = name.parse::<u64>() else {
            return name;
        };
        if number == self.configuration.provider_project_number {
            return &self.configuration.provider_project;
        }
        let known = self.projects.iter().find(|(_, it)| **it == number);
        known.map_or(name, |(id, _)| id)
    }

    /// Returns the number of a project; `None` for one that no request has named yet.
    pub(super) fn project_number(&self, id: &str) -> Option<u64> {
        if id == self.configuration.provider_project {
            return Some(self.configuration.provider_project_number);
        }
        self.projects.get(id).copied()
    }

    pub(super) fn put_project(&mut self, id: &str, number: u64) {
        self.projects.insert(id.to_owned(), number);
    }

    /// Returns the id that a link in a document of `base` names, whether it exists or not.
    ///
    /// The project is given by its id, also if the link names it by number.
    pub(super) fn linked(&self, link: &str, kind: Kind, base: &ResourceId) -> Option<ResourceId> {
        let mut id = ResourceId::from_link(link, kind, base)?;
        id.project = self.project_id(&id.project).to_owned();
        Some(id)
    }
}

// === connected endpoints and hosts ===

impl State {
    /// Returns the connected endpoints of a service attachment.
    pub(super) fn connected_endpoints(
        &self,
        attachment: &ResourceId,
    ) -> Option<&ConnectedEndpoints> {
        self.connected_endpoints.get(&attachment.to_string())
    }

    pub(super) fn put_connected_endpoints(&mut self, attachment: &str, list: ConnectedEndpoints) {
        self.connected_endpoints.insert(attachment.to_owned(), list);
    }

    /// Returns the attachment whose next list of connected endpoints is published first, and when.
    pub(super) fn next_publication(&self) -> Option<(Timestamp, String)> {
        self.connected_endpoints
            .iter()
            .filter_map(|(path, list)| Some((list.next_due()?, path.clone())))
            .min()
    }

    /// Publishes the lists of an attachment's connected endpoints that are due by `at`.
    pub(super) fn publish_connected_endpoints(&mut self, attachment: &str, at: Timestamp) {
        self.connected_endpoints
            .change(attachment, |list| list.advance(at));
    }

    pub(super) fn hosts(&self) -> impl Iterator<Item = &HostMapping> {
        self.hosts.values()
    }

    /// Returns the host that stands for an instance.
    pub(super) fn host(&self, instance: &ResourceId) -> Option<&HostMapping> {
        self.hosts.get(&instance.to_string())
    }

    pub(super) fn map_host(&mut self, mapping: HostMapping) {
        let path = path_of(&mapping.instance).to_owned();
        self.hosts.insert(path, mapping);
    }
}

// === the journal ===

impl State {
    /// Rebuilds the state from journal changes, oldest first.
    ///
    /// # Errors
    /// [`RestoreError`] for a change with an unknown key or an unexpected value.
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
            &mut self.projects,
            &mut self.resources,
            &mut self.operations,
            &mut self.connected_endpoints,
            &mut self.hosts,
        ];
        journaled_map::apply(maps, change)
    }

    /// Returns a change for every durable entry, for a compacted journal.
    pub(super) fn snapshot(&self) -> Vec<Change> {
        let projects = self.projects.snapshot();
        let resources = self.resources.snapshot();
        let operations = self.operations.snapshot();
        let connected_endpoints = self.connected_endpoints.snapshot();
        let hosts = self.hosts.snapshot();
        [projects, resources, operations, connected_endpoints, hosts].concat()
    }

    /// Takes the changes since the last call.
    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        let projects = self.projects.take_changes();
        let resources = self.resources.take_changes();
        let operations = self.operations.take_changes();
        let connected_endpoints = self.connected_endpoints.take_changes();
        let hosts = self.hosts.take_changes();
        [hosts, operations, projects, resources, connected_endpoints].concat()
    }
}
