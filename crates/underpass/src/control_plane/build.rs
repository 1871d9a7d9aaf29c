//! Builds the control plane on the store of a data directory.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use error_reporter::Report;
use underpass_clouds::Counters;
use underpass_console::{FileBesideStore, Portals};
use underpass_model::credentials::Secret;
use underpass_model::name::AccountName;
use underpass_net::dns;
use underpass_server::accounts::{Account, Accounts};
use underpass_server::clock::SystemClock;
use underpass_server::health_reads::HealthReads;
use underpass_server::ids::Ids;
use underpass_server::proof_key::ProofKey;
use underpass_server::runtime::BackgroundRuntime;
use underpass_server::settings::Settings;
use underpass_server::{service, token};
use underpass_store::Cipher;

use super::console;
use super::data_dir::{DataDir, STORE_KEY};
use super::dns_server::DnsServer;
use super::first_project::FirstProject;
use super::process_limits::ProcessLimits;
use super::store::{OpenStore, StoreEngine};
use super::task_group::TaskGroup;
use crate::failure::Failure;

/// Purpose of the key that proves our links and decisions. Proofs at the providers depend on it.
pub(crate) const PROOF_KEY: &str = "underpass decision proof 1";

/// A control plane that is bound to its address but does not answer yet.
pub(crate) struct ControlPlane {
    pub(crate) service: service::Service,
    /// Access token of the operator.
    pub(crate) token: Secret,
}

/// Parts and options of a control plane.
pub(crate) struct Options<'a> {
    /// API listen address.
    pub(crate) listen: SocketAddr,
    pub(crate) directory: &'a DataDir,
    pub(crate) engine: StoreEngine,
    /// Key file of the store, unless that of the data directory.
    pub(crate) key_file: Option<PathBuf>,
    /// Cloud accounts, whose calls `counters` counts.
    pub(crate) accounts: BTreeMap<AccountName, Account>,
    pub(crate) counters: Arc<Counters>,
    /// Name server of the private names.
    pub(crate) dns: dns::Handle,
    pub(crate) first: FirstProject,
    /// Portals of emulated clouds, to which the console links.
    pub(crate) portals: Portals,
    /// Files that a backup of the store does not contain.
    pub(crate) files: &'static [FileBesideStore],
    /// Limits of the listeners of the process.
    pub(crate) limits: ProcessLimits,
    /// Budgets of questions about the health of backends, unless the default ones.
    pub(crate) health_reads: Option<HealthReads>,
}

impl Options<'_> {
    /// Opens the store and creates the first project. `settings` are those of the installation, for the
    /// key of its proofs.
    ///
    /// # Errors
    /// If the store cannot be opened, the address is in use, or the project cannot be created.
    pub(crate) async fn build(
        self,
        settings: impl FnOnce(ProofKey) -> Settings,
    ) -> Result<ControlPlane, Failure> {
        let own_key = || self.directory.join(STORE_KEY);
        let key_file = self.key_file.unwrap_or_else(own_key);
        let cipher = Cipher::from_key_file(&key_file).map_err(|error| failure(&error))?;
        let settings = settings(ProofKey::from_bytes(&cipher.proof_key(PROOF_KEY)));
        let ids = Ids::from_system().map_err(|error| failure(&error))?;
        let token = self.directory.token(|| token::draw(&ids))?;
        let accounts = Accounts::new(self.accounts);
        let OpenStore { store, backups } = self
            .engine
            .open(self.directory, cipher, ids.lineage(), &accounts)
            .await?;
        let background = BackgroundRuntime::start()
            .map_err(|error| Failure::ours(format!("start the runtime: {error}")))?;
        let (counters, of_process, names) = (self.counters, self.limits.clone(), self.dns.clone());
        let options = service::Options {
            listen: self.listen,
            store,
            backups,
            accounts,
            zone: Arc::new(DnsServer(self.dns)),
            clock: Arc::new(SystemClock),
            ids: Arc::new(ids),
            settings,
            connections: self.limits.connections.clone(),
            metrics: Arc::new(move || {
                let connections = of_process.connections.counts().render_http();
                counters.render() + &connections + &of_process.flows.render() + &names.metrics()
            }),
            background,
        };
        let service = options.build().await.map_err(|error| failure(&error))?;
        self.first.ensure(service.app(), &token).await?;
        let files = self.files.iter().copied();
        let connections = self.limits.connections.counts().limit;
        let service = match self.health_reads {
            Some(reads) => service.with_health_reads(reads),
            None => service,
        };
        let pages = console::pages(service.app(), self.portals, files, connections);
        Ok(ControlPlane {
            service: service.with_routes(pages),
            token,
        })
    }
}

impl ControlPlane {
    /// Starts to answer, in a task group.
    pub(crate) fn start(self, tasks: &mut TaskGroup) {
        let stop = tasks.stop();
        let service = self.service;
        tasks.start("the API", async move {
            service.run(stop).await;
            Ok(())
        });
    }
}

fn failure<E: std::error::Error>(error: &E) -> Failure {
    Failure::refused(Report::new(error))
}
