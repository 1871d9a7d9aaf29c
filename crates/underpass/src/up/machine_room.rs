//! Plays the provider's machine room: gives every node of a service the network interface that a
//! virtual machine would have.
//!
//! Theory of operation.
//! Whoever registers a service on this machine has a host and a port, while a link needs an
//! interface in the project VPC. So for each node without one, an interface is made through the
//! emulated cloud's public API, mapped to the node's host through the emulator's admin routes,
//! and named to the control plane through its API, as an operator with real machines would.
//! The control plane does not know that this room exists.
//!
//! A pass compares everything and does what is missing, so it may be repeated at any time and
//! cut anywhere. A bell rings when something may have changed. A pass is taken if a project's
//! history grew, and again, at the bell or after a pause, while something is still missing (a
//! network being made, a cloud that refuses for the moment).

mod pass;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use underpass_model::credentials::Secret;

use crate::azure::Arm;
use crate::client::{Client, list, text};
use crate::failure::{Chain, Failure};

/// Pause before an unfinished pass is repeated: 1 s, the emulated cloud's usual delay.
const AGAIN: Duration = Duration::from_secs(1);

/// Longest pause between passes that fail: 1 minute. A subnet that is full stays so until somebody
/// does something, and that rings the bell.
const AGAIN_LATEST: Duration = Duration::from_mins(1);

/// Events read at once: 1,000, the server's bound.
const PAGE: &str = "1000";

/// The room and its tools; all of them public APIs but the emulator's host table.
pub(crate) struct MachineRoom {
    pub(crate) client: Client,
    /// As the provider.
    pub(crate) arm: Arm,
    pub(crate) subscription: String,
    /// Rings when something may have changed.
    pub(crate) bell: Arc<Notify>,
    pub(crate) hosts: HostTable,
}

/// Which host of this machine stands for which interface: the emulator's admin route.
#[derive(Debug, Clone)]
pub(crate) struct HostTable {
    pub(crate) http: reqwest::Client,
    /// Without a trailing slash.
    pub(crate) admin_url: String,
    pub(crate) secret: Secret,
}

/// What a look around found; the worst of all projects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Looked {
    /// Nothing is missing.
    Settled,
    /// Something is under way.
    Unfinished,
    /// Something was refused.
    Failed,
}

impl MachineRoom {
    /// Works until `stop` turns true.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut seen: BTreeMap<String, u64> = BTreeMap::new();
        let mut pause = AGAIN;
        loop {
            let looked = tokio::select! {
                // First, because whatever the pass calls is about to go away as well.
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                looked = self.look(&mut seen) => looked,
            };
            let looked = looked.unwrap_or_else(|failure| {
                tracing::warn!(error = %Chain(&failure), "tend the machine room");
                Looked::Failed
            });
            pause = match looked {
                Looked::Failed => (pause * 2).min(AGAIN_LATEST),
                Looked::Settled | Looked::Unfinished => AGAIN,
            };
            let again = async {
                if looked == Looked::Settled {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep(pause).await;
            };
            tokio::select! {
                () = self.bell.notified() => {}
                () = again => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Takes a pass over each project whose history grew; tells what is to be expected next.
    ///
    /// A project is marked as seen only after a pass that left nothing to do.
    async fn look(&self, seen: &mut BTreeMap<String, u64>) -> Result<Looked, Failure> {
        let answer = self.client.get(&["project"]).await?;
        let mut looked = Looked::Settled;
        for project in list(&answer, "projects")? {
            let name = text(project, "project_name")?;
            let last = seen.get(name).copied();
            let now = self.history_end(name, last.unwrap_or(0)).await?;
            if last == Some(now) {
                continue;
            }
            match self.pass(name).await {
                Ok(true) => {
                    seen.insert(name.to_owned(), now);
                }
                Ok(false) => looked = looked.max(Looked::Unfinished),
                // Somebody removed a service or a VPC while the pass was at it: look again.
                Err(failure) if failure.is_missing() => {
                    let error = Chain(&failure);
                    tracing::debug!(project.name = name, %error, "give nodes their interfaces");
                    looked = looked.max(Looked::Unfinished);
                }
                Err(failure) => {
                    let error = Chain(&failure);
                    tracing::warn!(project.name = name, %error, "give nodes their interfaces");
                    looked = Looked::Failed;
                }
            }
        }
        Ok(looked)
    }

    /// The number of the newest event.
    async fn history_end(&self, project: &str, after: u64) -> Result<u64, Failure> {
        let path = ["underpass", "project", project, "events"];
        let mut end = after;
        loop {
            let query = [("after", end.to_string()), ("limit", PAGE.to_owned())];
            let answer = self.client.get_with(&path, &query).await?;
            let numbers = list(&answer, "events")?
                .iter()
                .filter_map(|event| event.get("seq")?.as_u64());
            match numbers.max() {
                Some(newest) if newest > end => end = newest,
                _ => return Ok(end),
            }
        }
    }
}

impl HostTable {
    /// Which host stands for each interface, by lower-case resource id.
    async fn read(&self) -> Result<BTreeMap<String, String>, Failure> {
        let doing = "read the emulator's host table";
        let answer = self.send(self.http.get(self.url()), doing).await?;
        let body: Value = answer
            .json()
            .await
            .map_err(|error| Failure::caused(doing, &error))?;
        let mut hosts = BTreeMap::new();
        for mapping in list(&body, "value")? {
            let nic = text(mapping, "nic")?.to_lowercase();
            hosts.insert(nic, text(mapping, "host")?.to_owned());
        }
        Ok(hosts)
    }

    /// Maps an interface to a host.
    async fn map(&self, nic: &str, host: IpAddr) -> Result<(), Failure> {
        let request = self
            .http
            .put(self.url())
            .json(&json!({ "nic": nic, "host": host }));
        self.send(request, "map an interface to its host")
            .await
            .map(drop)
    }

    fn url(&self) -> String {
        format!("{}/hosts", self.admin_url)
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        doing: &str,
    ) -> Result<reqwest::Response, Failure> {
        let request = request.bearer_auth(self.secret.expose());
        let answer = request
            .send()
            .await
            .map_err(|error| Failure::caused(doing, &error))?;
        answer
            .error_for_status()
            .map_err(|error| Failure::caused(doing, &error))
    }
}
