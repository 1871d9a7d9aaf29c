//! The worker's side of the world, and what only tests of the API need of it.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;
use underpass_clouds::Cloud;
use underpass_server::app::App;
use underpass_server::limits::CurrentLimits;
use underpass_server::reconcile::{ComparedAccounts, Engine, LinkIndex, Sweeper};

use underpass_store::{Change, Key, Memory, Room, Store};

use crate::router;
use crate::world::{Client, Reply, World};

impl World {
    /// The same with a cloud that can be listed on request.
    pub(crate) async fn with_cloud(cloud: Arc<dyn Cloud>) -> Self {
        let run = |sweeper: Sweeper| {
            let (stop, stopped) = tokio::sync::watch::channel(false);
            tokio::spawn(async move {
                sweeper.run(stopped).await;
                drop(stop);
            });
        };
        Self::with(Arc::new(Memory::new()), cloud, run).await
    }

    /// The same world, whose requests go through another store.
    pub(crate) fn on(&self, store: Arc<dyn Store>) -> Client {
        let app = App {
            store,
            ..self.app.clone()
        };
        Client {
            router: router(app),
            token: Some(self.token()),
        }
    }

    /// Returns the dependencies of reconcile passes.
    pub(crate) fn engine(&self) -> Engine {
        Engine {
            store: Arc::clone(&self.app.store),
            accounts: self.app.accounts.clone(),
            clock: Arc::clone(&self.app.clock),
            ids: Arc::clone(&self.app.ids),
            absence: self.app.settings.absence,
            limits: CurrentLimits::default(),
            proof_key: self.app.settings.proof_key.clone(),
            compared: ComparedAccounts::of(self.app.accounts.names().cloned()),
            shares: self.app.shares.clone(),
            links: LinkIndex::default(),
            reject_list: self.app.settings.reject_list,
        }
    }

    /// Plays the worker: removes the rows of an object that is deleted.
    pub(crate) async fn remove<N: underpass_store::StoredDocument>(&self, key: Key) {
        self.app
            .store
            .commit(Change::new().remove::<N>(key))
            .await
            .unwrap();
    }

    /// The work that is due, claimed.
    pub(crate) async fn due(&self) -> Vec<String> {
        let (now, room) = (self.now(), Room::of(100));
        let claims = self
            .app
            .store
            .claim("test", now, now + SignedDuration::from_mins(3), &room);
        claims
            .await
            .unwrap()
            .into_iter()
            .map(|claim| claim.key.to_string())
            .collect()
    }
}

impl Client {
    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send("PATCH", path, &body.to_string()).await
    }
}
