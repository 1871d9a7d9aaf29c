//! State that every page shares.

use std::sync::Arc;

use axum::Router;
use underpass_web::live::Subscriptions;

use crate::api::Api;
use crate::control_plane::{ControlPlane, FileBesideStore, Portals};
use crate::health::Health;

/// Most pages that receive events at a time: 512. Each costs a task and a socket.
const LIVE_PAGES: usize = 512;

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

    /// The console that names these files as missing from a backup of the store.
    #[must_use]
    pub fn with_files_beside_store(self, files: impl IntoIterator<Item = FileBesideStore>) -> Self {
        Self {
            files_beside_store: files.into_iter().collect(),
            ..self
        }
    }
}
