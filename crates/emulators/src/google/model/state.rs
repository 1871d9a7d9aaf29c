//! Everything durable, with a record of what changed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::configuration::Configuration;
use super::host_mapping::HostMapping;
use super::id::{ResourceId, path_of};
use super::kind::Kind;
use super::operation::Operation;
use super::refusal::Refusal;
use super::resource::Resource;
use super::view::View;
use crate::change::{Change, RestoreError};
use crate::journaled_map::{self, Journaled, JournaledMap};

/// How long a finished operation is remembered, and with it the request it answers:
/// an assumption, listed.
const OPERATION_MEMORY: SignedDuration = SignedDuration::from_hours(1);

/// The durable state, and the settings it obeys.
#[derive(Debug, Clone)]
pub(super) struct State {
    configuration: Configuration,
    /// Numbers of the projects used so far, by id; the provider's is not among them.
    projects: JournaledMap<String, u64>,
    resources: JournaledMap<ResourceId, Resource>,
    /// By name.
    operations: JournaledMap<String, Operation>,
    /// What attachments show of their endpoints; by path.
    views: JournaledMap<String, View>,
    /// By the path of the instance.
    hosts: JournaledMap<String, HostMapping>,
    /// Open operations by the time they are due; derived.
    agenda: BTreeSet<(Timestamp, String)>,
    /// Finished operations by the time they finished; derived.
    finished: BTreeSet<(Timestamp, String)>,
    /// Operations by project and request id; derived.
    requests: BTreeMap<(String, String), String>,
}

impl State {
    /// The state of a cloud that holds nothing yet.
    pub(super) fn new(configuration: Configuration) -> State {
        State {
            configuration,
            projects: JournaledMap::new("project"),
            resources: JournaledMap::new("resource"),
            operations: JournaledMap::new("operation"),
            views: JournaledMap::new("view"),
            hosts: JournaledMap::new("host"),
            agenda: BTreeSet::new(),
            finished: BTreeSet::new(),
            requests: BTreeMap::new(),
        }
    }

    pub(super) fn configuration(&self) -> &Configuration {
        &self.configuration
    }
}

// === resources ===

impl State {
    /// A resource, whatever is under way on it.
    pub(super) fn resource(&self, id: &ResourceId) -> Option<&Resource> {
        self.resources.get(id)
    }

    /// A resource whose insert is over.
    pub(super) fn made(&self, id: &ResourceId) -> Option<&Resource> {
        self.resource(id).filter(|it| it.is_made)
    }

    /// A resource whose insert is over, for its readers.
    ///
    /// # Errors
    /// 404 `notFound` where there is none.
    pub(super) fn require(&self, id: &ResourceId) -> Result<&Resource, Refusal> {
        self.made(id).ok_or_else(|| Refusal::not_found(id))
    }

    /// A resource on which no operation is open.
    ///
    /// # Errors
    /// 404 `notFound` where there is none, 400 `resourceNotReady` while an operation is open on it.
    pub(super) fn at_rest(&self, id: &ResourceId) -> Result<&Resource, Refusal> {
        match self.resource(id) {
            None => Err(Refusal::not_found(id)),
            Some(resource) if resource.operation.is_some() => Err(Refusal::not_ready(id)),
            Some(resource) => Ok(resource),
        }
    }

    /// A resource that others may refer to.
    ///
    /// # Errors
    /// 404 `notFound` where there is none, 400 `resourceNotReady` while it is being made or
    /// deleted.
    pub(super) fn ready(&self, id: &ResourceId) -> Result<&Resource, Refusal> {
        match self.resource(id) {
            None => Err(Refusal::not_found(id)),
            Some(resource) if !resource.is_made || resource.is_leaving => {
                Err(Refusal::not_ready(id))
            }
            Some(resource) => Ok(resource),
        }
    }

    pub(super) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// All resources of one kind, in order of project, place and name.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Resource> {
        let first = ResourceId {
            kind,
            project: String::new(),
            location: super::location::Location::Global,
            name: String::new(),
        };
        self.resources
            .range(first..)
            .map(|(_, resource)| resource)
            .take_while(move |it| it.id.kind == kind)
    }

    /// Those that use a resource.
    pub(super) fn users<'a>(&'a self, id: &'a ResourceId) -> impl Iterator<Item = &'a Resource> {
        self.resources()
            .filter(move |it| it.uses().any(|used| used == *id))
    }

    pub(super) fn insert(&mut self, resource: Resource) {
        self.resources.insert(resource.id.clone(), resource);
    }

    /// Changes a resource in place, if it is there.
    pub(super) fn change(&mut self, id: &ResourceId, change: impl FnOnce(&mut Resource)) {
        self.resources.change(id, change);
    }

    pub(super) fn remove(&mut self, id: &ResourceId) -> Option<Resource> {
        let removed = self.resources.remove(id)?;
        let path = id.to_string();
        self.hosts.remove(&path);
        self.views.remove(&path);
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

    /// The operation that answered a request id before.
    pub(super) fn answered(&self, project: &str, request: &str) -> Option<&Operation> {
        let key = (project.to_owned(), request.to_owned());
        self.operation(self.requests.get(&key)?)
    }

    /// Keeps an operation, new or changed.
    pub(super) fn keep_operation(&mut self, operation: Operation) {
        let name = operation.name.clone();
        self.drop_operation(&name);
        self.enlist(&operation);
        self.operations.insert(name, operation);
    }

    /// Forgets an operation.
    pub(super) fn drop_operation(&mut self, name: &str) {
        let Some(operation) = self.operations.remove(name) else {
            return;
        };
        self.agenda.remove(&(operation.due, name.to_owned()));
        if let Some(at) = operation.finished {
            self.finished.remove(&(at, name.to_owned()));
        }
        if let Some(request) = operation.request {
            self.requests.remove(&(operation.project, request));
        }
    }

    fn enlist(&mut self, operation: &Operation) {
        let name = operation.name.clone();
        if let Some(request) = &operation.request {
            let key = (operation.project.clone(), request.clone());
            self.requests.insert(key, name.clone());
        }
        match operation.finished {
            Some(at) => self.finished.insert((at, name)),
            None => self.agenda.insert((operation.due, name)),
        };
    }

    /// The open operation that is due first, and when.
    pub(super) fn first_due(&self) -> Option<(Timestamp, String)> {
        self.agenda.first().cloned()
    }

    /// Drops operations that finished long before `now`.
    pub(super) fn forget_operations(&mut self, now: Timestamp) {
        while let Some((finished, name)) = self.finished.first().cloned() {
            if now.duration_since(finished) < OPERATION_MEMORY {
                return;
            }
            self.drop_operation(&name);
        }
    }
}

// === projects ===

impl State {
    /// The id of a project that is named by its id or its number.
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

    /// The number of a project; `None` for one that no request has named yet.
    pub(super) fn project_number(&self, id: &str) -> Option<u64> {
        if id == self.configuration.provider_project {
            return Some(self.configuration.provider_project_number);
        }
        self.projects.get(id).copied()
    }

    /// The resource that a link in a document of `around` names, whether it exists or not.
    ///
    /// Its project is given by id, also where the link names it by number.
    pub(super) fn linked(&self, link: &str, kind: Kind, around: &ResourceId) -> Option<ResourceId> {
        let mut id = ResourceId::of_link(link, kind, around)?;
        id.project = self.project_id(&id.project).to_owned();
        Some(id)
    }

    pub(super) fn keep_project(&mut self, id: &str, number: u64) {
        self.projects.insert(id.to_owned(), number);
    }
}

// === views and hosts ===

impl State {
    /// What an attachment shows of its endpoints.
    pub(super) fn view(&self, attachment: &ResourceId) -> Option<&View> {
        self.views.get(&attachment.to_string())
    }

    pub(super) fn keep_view(&mut self, attachment: &str, view: View) {
        self.views.insert(attachment.to_owned(), view);
    }

    /// The view in which something shows first, and when.
    pub(super) fn first_showing(&self) -> Option<(Timestamp, String)> {
        self.views
            .iter()
            .filter_map(|(path, view)| Some((view.next()?, path.clone())))
            .min()
    }

    /// Lets a view show what is to be shown by `at`.
    pub(super) fn show_view(&mut self, attachment: &str, at: Timestamp) {
        self.views.change(attachment, |view| view.advance(at));
    }

    pub(super) fn hosts(&self) -> impl Iterator<Item = &HostMapping> {
        self.hosts.values()
    }

    /// The host that stands for an instance.
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
    /// # Errors
    /// When a change has an unknown key, or a value of another form than its key asks for.
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
            state.enlist(operation);
        }
        Ok(state)
    }

    fn apply(&mut self, change: Change) -> Result<(), RestoreError> {
        let maps: &mut [&mut dyn Journaled] = &mut [
            &mut self.projects,
            &mut self.resources,
            &mut self.operations,
            &mut self.views,
            &mut self.hosts,
        ];
        journaled_map::apply(maps, change)
    }

    pub(super) fn snapshot(&self) -> Vec<Change> {
        let projects = self.projects.snapshot();
        let resources = self.resources.snapshot();
        let operations = self.operations.snapshot();
        let views = self.views.snapshot();
        let hosts = self.hosts.snapshot();
        [projects, resources, operations, views, hosts].concat()
    }

    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        let projects = self.projects.take_changes();
        let resources = self.resources.take_changes();
        let operations = self.operations.take_changes();
        let views = self.views.take_changes();
        let hosts = self.hosts.take_changes();
        [hosts, operations, projects, resources, views].concat()
    }
}
