//! Node provisioner: creates a cloud resource for every node of a service, in place of a virtual
//! machine (Azure: a network interface; Google: an instance).
//!
//! Theory of operation.
//! A service on this machine has a host and a port, but a link needs a cloud resource in the
//! project VPC. For each node without one, the provisioner creates it through the emulated cloud's
//! public API, maps it to the node's host through the emulator's admin routes, and sets its ID
//! through the API of the control plane, as an operator with real machines would.
//! The control plane does not know of the provisioner.
//!
//! A pass compares everything and creates or deletes the difference, so it can be repeated at any
//! time and interrupted anywhere. A pass runs when the history of a project has grown. It is
//! repeated, after a change or a pause, while something is still missing (a network that is being
//! created, a request that the cloud refuses for the moment).
//!
//! In an account on hold nothing is created, changed or deleted: the store is older than the cloud, so
//! the nodes that it has need not be those whose flows are open. Only the resources of nodes that the
//! store lost are found again.

mod azure;
mod google;
mod host_table;
mod instance;
mod nic;
mod node_key;
mod used_nodes;
mod vpc;
mod vpc_service;

pub(crate) use self::azure::AzureNodeProvisioner;
pub(crate) use self::google::GoogleNodeProvisioner;
pub(crate) use self::host_table::HostTable;
pub(crate) use self::used_nodes::UsedNodes;

use std::collections::BTreeMap;
use std::time::Duration;

use error_reporter::Report;
use tokio::sync::watch;
use underpass_server::changes::Listener;

use super::held_accounts;
use crate::client::{Client, list, text};
use crate::failure::Failure;

/// Pause before an unfinished pass is repeated: 1 s, the default delay of the emulated clouds.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Longest pause between passes that fail: 1 minute. A full subnet stays full until something
/// changes, and each change starts a pass.
const MAX_RETRY_PAUSE: Duration = Duration::from_mins(1);

/// Events per page: 1,000, the limit of the API.
const PAGE: &str = "1000";

/// The node provisioner. It uses only public APIs, except for the emulators' host tables.
pub(crate) struct NodeProvisioner {
    pub(crate) client: Client,
    pub(crate) changes: Changes,
    /// Without one, services in that cloud are left alone.
    pub(crate) azure: Option<AzureNodeProvisioner>,
    pub(crate) google: Option<GoogleNodeProvisioner>,
}

/// Notice of possible changes.
pub(crate) enum Changes {
    /// From a control plane in this process.
    Announced(Listener),
    /// None: a pass after each pause, which costs a few reads while nothing has changed.
    Polled,
}

impl Changes {
    /// Waits for the next one. Returns false after the end of the announcements.
    async fn next(&mut self) -> bool {
        match self {
            Self::Announced(listener) => listener.next().await,
            Self::Polled => {
                tokio::time::sleep(RETRY_PAUSE).await;
                true
            }
        }
    }
}

/// Failed passes, each with its project.
type Failures = Vec<(String, Failure)>;

/// Outcome of a pass; the last one is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PassOutcome {
    /// Nothing is missing.
    Settled,
    /// Something is in progress.
    Unfinished,
    /// A request failed.
    Failed,
}

impl NodeProvisioner {
    /// Runs passes until `stop` turns true.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut seen: BTreeMap<String, u64> = BTreeMap::new();
        let mut pause = RETRY_PAUSE;
        let mut is_after_pause = false;
        loop {
            let mut failures = Vec::new();
            let outcome = tokio::select! {
                // First, because the servers that the pass calls are stopping as well.
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                outcome = self.reconcile_projects(&mut seen, &mut failures) => outcome,
            };
            // A pass that failed because its servers stopped is not logged.
            if *stop.borrow() {
                return;
            }
            for (project, failure) in &failures {
                let error = Report::new(failure);
                tracing::warn!(project.name = project, %error, "failed to provision nodes");
            }
            let outcome = outcome.unwrap_or_else(|failure| {
                tracing::warn!(error = %Report::new(&failure), "failed to list projects and events");
                PassOutcome::Failed
            });
            pause = match outcome {
                PassOutcome::Failed if is_after_pause => (pause * 2).min(MAX_RETRY_PAUSE),
                // Changes start several passes within milliseconds, which meet the same fault.
                PassOutcome::Failed => pause,
                PassOutcome::Settled | PassOutcome::Unfinished => RETRY_PAUSE,
            };
            let again = async {
                if outcome == PassOutcome::Settled {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep(pause).await;
            };
            is_after_pause = tokio::select! {
                // False only when the API has stopped; `stop` turns true as well then.
                true = self.changes.next() => false,
                () = again => true,
                _ = stop.wait_for(|stop| *stop) => return,
            };
        }
    }

    /// Runs a pass over each project whose history has grown; returns the worst outcome.
    ///
    /// A project is marked as seen only after a pass that found nothing missing.
    async fn reconcile_projects(
        &self,
        seen: &mut BTreeMap<String, u64>,
        failures: &mut Failures,
    ) -> Result<PassOutcome, Failure> {
        let held = held_accounts::read(&self.client).await?;
        // An account without a name may be any of those on hold.
        let is_held = |account: Option<&str>| {
            account.map_or(!held.is_empty(), |account| held.contains(account))
        };
        let answer = self.client.get(&["project"]).await?;
        let mut outcome = PassOutcome::Settled;
        for project in list(&answer, "projects")? {
            let name = text(project, "project_name")?;
            let last = seen.get(name).copied();
            let now = self.history_end(name, last.unwrap_or(0)).await?;
            if last == Some(now) {
                continue;
            }
            let services = match vpc_service::all(&self.client, name).await {
                Ok(services) => services,
                Err(failure) => {
                    outcome = outcome.max(evaluate(name, Err(failure), failures));
                    continue;
                }
            };
            // A failure of one cloud does not affect the other.
            let mut found = Vec::new();
            if let Some(azure) = &self.azure {
                let is_held = is_held(azure.account);
                found.push(azure.pass(&self.client, name, &services, is_held).await);
            }
            if let Some(google) = &self.google {
                let is_held = is_held(google.account);
                found.push(google.pass(&self.client, name, &services, is_held).await);
            }
            let outcomes = found.into_iter().map(|pass| evaluate(name, pass, failures));
            let worst = outcomes.max();
            let worst = worst.unwrap_or(PassOutcome::Settled);
            if worst == PassOutcome::Settled {
                seen.insert(name.to_owned(), now);
            }
            outcome = outcome.max(worst);
        }
        Ok(outcome)
    }

    /// Number of the newest event.
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

/// Outcome of a pass over a project.
fn evaluate(project: &str, pass: Result<bool, Failure>, failures: &mut Failures) -> PassOutcome {
    match pass {
        Ok(true) => PassOutcome::Settled,
        Ok(false) => PassOutcome::Unfinished,
        // A service or a VPC was deleted during the pass: repeat it.
        Err(failure) if failure.is_missing() => {
            let error = Report::new(&failure);
            tracing::debug!(project.name = project, %error, "nodes changed during the pass");
            PassOutcome::Unfinished
        }
        Err(failure) => {
            failures.push((project.to_owned(), failure));
            PassOutcome::Failed
        }
    }
}
