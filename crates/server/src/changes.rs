//! Change notifications for open console pages, by project.
//!
//! A notification carries no data; its receiver reads the store again. A receiver of one project
//! learns nothing of the others, not even that they changed. Changes of another control plane on the
//! same store are not announced, so receivers also read periodically.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;
use underpass_store::{Change, Error, Key, Kind, Store, StoreLayer, Write};

/// Sender of change notifications; cheap to clone.
#[derive(Debug, Clone)]
pub struct Changes {
    announcements: Arc<watch::Sender<Announcements>>,
}

/// Numbers of announced changes, and whether announcements have ended.
#[derive(Debug, Default)]
struct Announcements {
    /// Changes of all projects.
    count: u64,
    /// Changes by the name of the project.
    by_project: BTreeMap<String, u64>,
    ended: bool,
}

/// Receiver of change notifications, of all projects or of one.
#[derive(Debug)]
pub struct Listener {
    announcements: watch::Receiver<Announcements>,
    project: Option<String>,
    /// Changes that were received.
    received: u64,
}

/// Store that announces the changes committed through it.
pub(crate) struct AnnouncingStore {
    store: Arc<dyn Store>,
    changes: Changes,
}

// === impl Changes ===

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

impl Changes {
    /// Creates a sender without receivers.
    pub fn new() -> Self {
        Self {
            announcements: Arc::new(watch::Sender::new(Announcements::default())),
        }
    }

    /// Announces a change of these projects.
    pub(crate) fn announce(&self, projects: BTreeSet<String>) {
        self.announcements.send_modify(|announcements| {
            announcements.count += 1;
            for project in projects {
                *announcements.by_project.entry(project).or_default() += 1;
            }
        });
    }

    /// Ends the announcements; receivers stop waiting.
    pub fn end(&self) {
        self.announcements
            .send_modify(|announcements| announcements.ended = true);
    }

    /// Returns the number of announced changes, of a project or of all; later reads contain all of
    /// them.
    pub fn count(&self, project: Option<&str>) -> u64 {
        self.announcements.borrow().count(project)
    }

    /// Returns a receiver of the changes of all projects from now on.
    pub fn listen(&self) -> Listener {
        self.receiver(None, None)
    }

    /// Returns a receiver of the changes, of a project or of all: of those after the first `count`,
    /// including earlier ones, or of those from now on.
    ///
    /// A count of an earlier process that differs from this one's counts as a change.
    pub fn listen_to(&self, project: Option<&str>, count: Option<u64>) -> Listener {
        self.receiver(project.map(str::to_owned), count)
    }

    fn receiver(&self, project: Option<String>, count: Option<u64>) -> Listener {
        let announcements = self.announcements.subscribe();
        let present = announcements.borrow().count(project.as_deref());
        Listener {
            received: count.unwrap_or(present),
            announcements,
            project,
        }
    }
}

// === impl Announcements ===

impl Announcements {
    fn count(&self, project: Option<&str>) -> u64 {
        match project {
            Some(project) => self.by_project.get(project).copied().unwrap_or_default(),
            None => self.count,
        }
    }
}

// === impl Listener ===

impl Listener {
    /// Waits for the next change; changes since the last call count as one. Returns false after the
    /// end of the announcements.
    pub async fn next(&mut self) -> bool {
        let Self {
            announcements,
            project,
            received,
        } = self;
        let project = project.as_deref();
        let found = announcements
            .wait_for(|found| found.ended || found.count(project) != *received)
            .await;
        match found {
            Ok(found) if !found.ended => {
                *received = found.count(project);
                true
            }
            Ok(_) | Err(_) => false,
        }
    }
}

// === impl AnnouncingStore ===

impl AnnouncingStore {
    pub(crate) fn new(store: Arc<dyn Store>, changes: Changes) -> Self {
        Self { store, changes }
    }
}

#[async_trait]
impl StoreLayer for AnnouncingStore {
    fn inner(&self) -> &dyn Store {
        &*self.store
    }

    async fn commit(&self, change: Change) -> Result<(), Error> {
        let projects = changed_projects(&change);
        self.store.commit(change).await?;
        if !projects.is_empty() {
            self.changes.announce(projects);
        }
        Ok(())
    }
}

/// Returns the projects with a page that a change can alter. Tokens and claims are on none.
fn changed_projects(change: &Change) -> BTreeSet<String> {
    let of_events = change.events.iter().map(|event| event.project.to_string());
    let of_writes = change.writes.iter().filter_map(|write| {
        let (Write::Put(kind, key, _) | Write::Remove(kind, key)) = write;
        project_of(*kind, key).map(str::to_owned)
    });
    of_events.chain(of_writes).collect()
}

/// Returns the name of the project of a row that a page of the console shows.
fn project_of(kind: Kind, key: &Key) -> Option<&str> {
    let segment = match kind {
        Kind::Connection
        | Kind::Link
        | Kind::Project
        | Kind::Service
        | Kind::StaticIp
        | Kind::Vpc => 0,
        // The key of its work: the kind comes first.
        Kind::Observed => 1,
        _ => return None,
    };
    key.as_str().split('/').nth(segment)
}

#[cfg(test)]
mod tests {
    use underpass_model::id::ProjectVpcId;
    use underpass_model::name::ProjectName;
    use underpass_model::work::WorkKey;

    use super::*;

    fn one(project: &str) -> BTreeSet<String> {
        BTreeSet::from([project.to_owned()])
    }

    #[tokio::test]
    async fn changes_between_two_waits_are_received_once() {
        let changes = Changes::new();
        let mut listener = changes.listen();
        changes.announce(one("demo"));
        changes.announce(one("other"));
        assert!(listener.next().await);
        changes.end();
        assert!(!listener.next().await, "the announcements ended");
    }

    #[tokio::test]
    async fn changes_between_a_read_and_the_wait_are_received() {
        let changes = Changes::new();
        changes.announce(one("demo"));
        let count = changes.count(Some("demo"));
        changes.announce(one("demo"));
        assert!(
            changes.listen_to(Some("demo"), Some(count)).next().await,
            "the change was announced before"
        );
        let mut listener = changes.listen_to(Some("demo"), Some(changes.count(Some("demo"))));
        changes.end();
        assert!(!listener.next().await, "there was no further change");
    }

    #[tokio::test]
    async fn changes_of_another_project_are_neither_received_nor_counted() {
        let changes = Changes::new();
        let count = changes.count(Some("demo"));
        let mut early = changes.listen_to(Some("demo"), None);
        changes.announce(one("other"));
        assert_eq!(changes.count(Some("demo")), count);
        let mut late = changes.listen_to(Some("demo"), Some(count));
        changes.end();
        assert!(!early.next().await, "only the other project changed");
        assert!(!late.next().await, "only the other project changed");
    }

    #[test]
    fn a_change_names_the_projects_of_its_rows() {
        let [demo, other]: [ProjectName; 2] = ["demo", "other"].map(|it| it.parse().unwrap());
        let vpc: ProjectVpcId = "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap();
        let put = |kind, key| Write::Put(kind, key, serde_json::Value::Null);
        let observed = Key::observed(&WorkKey::Vpc(demo.clone(), vpc));
        let mut change = Change::new();
        change.writes = vec![
            put(Kind::Observed, observed),
            put(Kind::Token, Key::token("abc")),
        ];
        assert_eq!(changed_projects(&change), one("demo"));
        change.writes = vec![put(Kind::Vpc, Key::vpc(&other, vpc))];
        assert_eq!(changed_projects(&change), one("other"));
        change.writes = vec![Write::Remove(Kind::Project, Key::project(&demo))];
        assert_eq!(changed_projects(&change), one("demo"));
    }
}
