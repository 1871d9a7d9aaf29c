//! State that every page shares.

use std::sync::Arc;

use axum::Router;
use underpass_model::auth::Principal;
use underpass_web::live::{PageShare, Subscriptions};

use crate::api::Api;
use crate::control_plane::{ControlPlane, FileBesideStore, Portals};
use crate::health::Health;

/// Most pages that receive events at a time: 512. Each costs a task and a socket.
const LIVE_PAGES: usize = 512;

/// Share of the pages of one user or token: a sixteenth, 32 of 512.
const SHARE_OF_USER: usize = 16;

/// Share of the pages of one project, which has several users: a quarter.
const SHARE_OF_PROJECT: usize = 4;

/// Smallest share: 4 pages.
const SMALLEST_SHARE: usize = 4;

/// State that every page shares; cheap to clone.
#[derive(Clone)]
pub struct Console {
    pub(crate) api: Api,
    pub(crate) control_plane: Arc<dyn ControlPlane>,
    pub(crate) portals: Arc<Portals>,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) health: Arc<Health>,
    /// Files that a backup of the store does not contain.
    pub(crate) files_beside_store: Arc<[FileBesideStore]>,
}

impl Console {
    /// A console in front of an API.
    ///
    /// `api` has the routes of the API, without the middleware of a server.
    pub fn new(api: Router, control_plane: Arc<dyn ControlPlane>, portals: Portals) -> Self {
        Self {
            api: Api::new(api),
            control_plane,
            portals: Arc::new(portals),
            subscriptions: Subscriptions::new(LIVE_PAGES),
            health: Arc::default(),
            files_beside_store: Arc::default(),
        }
    }

    /// The console with fewer pages that receive events at a time: each holds one of so many
    /// connections, of which they use half at most.
    #[must_use]
    pub fn on_connections(self, connections: usize) -> Self {
        let limit = LIVE_PAGES.min(connections / 2).max(1);
        Self {
            subscriptions: Subscriptions::new(limit),
            ..self
        }
    }

    /// Shares of the pages that receive events: those of a user, and of the project that the page
    /// shows.
    pub(crate) fn page_shares(&self, user: &Principal, project: Option<&str>) -> Vec<PageShare> {
        let share = |subject, of: usize| PageShare {
            subject,
            most: (self.subscriptions.limit() / of).max(SMALLEST_SHARE),
        };
        let mut shares = vec![share(user.holder(), SHARE_OF_USER)];
        // An operator sees every project, and has a share of their own.
        if let Some(project) = project.filter(|_| !user.is_operator()) {
            shares.push(share(format!("project/{project}"), SHARE_OF_PROJECT));
        }
        shares
    }

    /// The console that names these files as missing from a backup of the store.
    #[must_use]
    pub fn with_files_beside_store(self, files: impl IntoIterator<Item = FileBesideStore>) -> Self {
        Self {
            files_beside_store: files.into_iter().collect(),
            ..self
        }
    }
}
