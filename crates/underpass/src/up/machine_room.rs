//! Plays the provider's machine room: gives every node of a service what a virtual machine would
//! be in its cloud (Azure: a network interface, Google: an instance).
//!
//! Theory of operation.
//! Whoever registers a service on this machine has a host and a port, while a link needs a machine
//! in the project VPC. So for each node without one, a machine is made through the emulated cloud's
//! public API, mapped to the node's host through the emulator's admin routes, and named to the
//! control plane through its API, as an operator with real machines would.
//! The control plane does not know that this room exists.
//!
//! A pass compares everything and does what is missing, so it may be repeated at any time and
//! cut anywhere. A bell rings when something may have changed. A pass is taken if a project's
//! history grew, and again, at the bell or after a pause, while something is still missing (a
//! network being made, a cloud that refuses for the moment).

mod azure;
mod google;
mod host_table;
mod instance;
mod nic;
mod node_key;
mod tenant;
mod vpc;

pub(super) use self::azure::AzureRoom;
pub(super) use self::google::GoogleRoom;
pub(super) use self::host_table::HostTable;

use std::collections::BTreeMap;
use std::time::Duration;

use error_reporter::Report;
use tokio::sync::watch;
use underpass_server::changes::Listener;

use crate::client::{Client, list, text};
use crate::failure::Failure;

/// Pause before an unfinished pass is repeated: 1 s, the emulated cloud's usual delay.
const AGAIN: Duration = Duration::from_secs(1);

/// Longest pause between passes that fail: 1 minute. A subnet that is full stays so until somebody
/// does something, and that rings the bell.
const AGAIN_LATEST: Duration = Duration::from_mins(1);

/// Events read at once: 1,000, the server's bound.
const PAGE: &str = "1000";

/// The room and its tools; all of them public APIs but the emulators' host tables.
pub(crate) struct MachineRoom {
    pub(crate) client: Client,
    /// Rings when something may have changed.
    pub(crate) bell: Listener,
    pub(crate) azure: AzureRoom,
    pub(crate) google: GoogleRoom,
}

/// What was refused, by project.
type Troubles = Vec<(String, Failure)>;

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
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut seen: BTreeMap<String, u64> = BTreeMap::new();
        let mut pause = AGAIN;
        loop {
            let mut troubles = Vec::new();
            let looked = tokio::select! {
                // First, because whatever the pass calls is about to go away as well.
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                looked = self.look(&mut seen, &mut troubles) => looked,
            };
            // A pass that was cut off by the end of what it calls is not worth a word.
            if *stop.borrow() {
                return;
            }
            for (project, failure) in &troubles {
                let error = Report::new(failure);
                tracing::warn!(project.name = project, %error, "give nodes their machines");
            }
            let looked = looked.unwrap_or_else(|failure| {
                tracing::warn!(error = %Report::new(&failure), "tend the machine room");
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
                // Over only when the API stops, and then this is told to stop as well.
                true = self.bell.next() => {}
                () = again => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Takes a pass over each project whose history grew; tells what is to be expected next.
    ///
    /// A project is marked as seen only after a pass that left nothing to do.
    async fn look(
        &self,
        seen: &mut BTreeMap<String, u64>,
        troubles: &mut Troubles,
    ) -> Result<Looked, Failure> {
        let answer = self.client.get(&["project"]).await?;
        let mut looked = Looked::Settled;
        for project in list(&answer, "projects")? {
            let name = text(project, "project_name")?;
            let last = seen.get(name).copied();
            let now = self.history_end(name, last.unwrap_or(0)).await?;
            if last == Some(now) {
                continue;
            }
            let tenants = match tenant::all(&self.client, name).await {
                Ok(tenants) => tenants,
                Err(failure) => {
                    looked = looked.max(judge(name, Err(failure), troubles));
                    continue;
                }
            };
            // One cloud's trouble is not the other's.
            let found = [
                self.azure.pass(&self.client, name, &tenants).await,
                self.google.pass(&self.client, name, &tenants).await,
            ];
            let judged = found.into_iter().map(|pass| judge(name, pass, troubles));
            let worst = judged.max();
            let worst = worst.unwrap_or(Looked::Settled);
            if worst == Looked::Settled {
                seen.insert(name.to_owned(), now);
            }
            looked = looked.max(worst);
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

/// What a pass over a project leaves to be done.
fn judge(project: &str, pass: Result<bool, Failure>, troubles: &mut Troubles) -> Looked {
    match pass {
        Ok(true) => Looked::Settled,
        Ok(false) => Looked::Unfinished,
        // Somebody removed a service or a VPC while the pass was at it: look again.
        Err(failure) if failure.is_missing() => {
            let error = Report::new(&failure);
            tracing::debug!(project.name = project, %error, "give nodes their machines");
            Looked::Unfinished
        }
        Err(failure) => {
            troubles.push((project.to_owned(), failure));
            Looked::Failed
        }
    }
}
