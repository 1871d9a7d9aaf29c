//! Startup and shutdown of `serve`.
//!
//! The name server stops last: it answers while requests are completed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use error_reporter::Report;
use tokio::sync::watch;
use underpass_console::Portals;
use underpass_http_server::TlsIdentity;
use underpass_net::dns;
use underpass_private_file as private_file;
use underpass_server::limits::CurrentLimits;

use super::account::{self, Drivers};
use super::dns_options::dns_options;
use super::settings::{self, settings};
use super::transport::SharedTransport;
use super::{files_beside_store, store, tls_files};
use crate::config::{Configuration, Loaded};
use crate::control_plane::data_dir::DataDir;
use crate::control_plane::process_limits::ProcessLimits;
use crate::control_plane::task_group::TaskGroup;
use crate::control_plane::{FirstProject, Options, start_dns};
use crate::failure::Failure;
use crate::ready::{Ready, SCHEMA};

/// A running `serve`.
pub(super) struct Server {
    ready: Ready,
    client_file: PathBuf,
    api: TaskGroup,
    names: TaskGroup,
    pub(super) drivers: Drivers,
    pub(super) shared: SharedTransport,
    pub(super) tls: Option<TlsIdentity>,
    pub(super) limits: CurrentLimits,
    /// Released last.
    _directory: DataDir,
}

impl Server {
    /// Starts all parts; returns when all of them answer.
    ///
    /// # Errors
    /// If the data directory or an address is in use, a file cannot be read, or the store cannot be
    /// opened.
    pub(super) async fn start(loaded: &Loaded) -> Result<Self, Failure> {
        let config = &loaded.configuration;
        let directory = DataDir::open(&config.data_dir)?;
        let identity = config.server.tls().as_ref().map(tls_files::identity);
        let tls = identity.transpose()?;
        let shared = SharedTransport {
            counters: Arc::default(),
            proxy: config.proxy.proxy(),
        };
        let (accounts, drivers) = account::build(&loaded.accounts, &shared)?;
        let (mut names, mut api) = (TaskGroup::new(), TaskGroup::new());
        let (dns, zone) = start_dns(bind_dns(config).await?, &mut names);
        let own_listeners = dns.clone();
        let limits = CurrentLimits::from(settings::limits(config));
        let options = Options {
            listen: config.server.listen,
            directory: &directory,
            engine: store::engine(&config.store, &directory)?,
            key_file: config.store.key_file.clone(),
            accounts,
            counters: Arc::clone(&shared.counters),
            dns: zone,
            first: FirstProject {
                project: config.server.first_project.clone(),
                operator: config.server.operator.clone(),
            },
            portals: Portals::default(),
            files: &files_beside_store::ALL,
            limits: ProcessLimits::new(),
            health_reads: Some(config.health.reads()),
        };
        let built =
            options.build(|proof_key| settings(config, own_listeners, limits.clone(), proof_key));
        let mut plane = built.await?;
        plane.service = plane.service.with_drain_delay(config.server.drain_delay);
        match &tls {
            Some(identity) => plane.service = plane.service.with_tls(identity.clone()),
            None if !config.server.trusted_proxies.is_empty() => {
                let proxies = config.server.trusted_proxies.clone();
                plane.service = plane.service.with_proxies(proxies);
            }
            None => {}
        }
        let address = plane.service.local_addr();
        plane.start(&mut api);
        let url = match (&tls, config.server.api_hosts.first()) {
            (None, _) => format!("http://{address}"),
            (Some(_), None) => format!("https://{address}"),
            (Some(_), Some(host)) => format!("https://{host}:{}", address.port()),
        };
        let ready = Ready {
            ready: true,
            schema: SCHEMA,
            pid: std::process::id(),
            data_dir: directory.path().to_owned(),
            api: url.clone(),
            token_file: directory.token_file(),
            project: config.server.first_project.clone(),
            project_vpcs: BTreeMap::new(),
            domain: config.dns.domain.clone(),
            dns: dns.first().map(SocketAddr::to_string).unwrap_or_default(),
            dns_listeners: dns.iter().map(SocketAddr::to_string).collect(),
            consumer_cidr: String::new(),
            console: Some(format!("{url}/console")),
            azure: None,
            google: None,
            aws: None,
        };
        let client_file = directory.client_file();
        private_file::write(&client_file, format!("{}\n", ready.line()?).as_bytes())?;
        Ok(Self {
            ready,
            client_file,
            api,
            names,
            drivers,
            shared,
            tls,
            limits,
            _directory: directory,
        })
    }

    /// Content of the ready line.
    pub(super) const fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Runs until `stop` turns true or a part fails, then stops all parts in order.
    ///
    /// # Errors
    /// The first failure of a part.
    pub(super) async fn run_until(
        mut self,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let ended = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => Ok(()),
            failure = self.api.first_end() => Err(failure),
            failure = self.names.first_end() => Err(failure),
        };
        ended.and(self.stop().await)
    }

    /// Stops all parts in order.
    ///
    /// # Errors
    /// The first failure of a part.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        // Clients must not find a server that is stopping. The file may be missing.
        let _ = std::fs::remove_file(&self.client_file);
        let api = self.api.end().await;
        let names = self.names.end().await;
        api.and(names)
    }
}

async fn bind_dns(config: &Configuration) -> Result<dns::Service, Failure> {
    let options = dns_options(&config.dns)?;
    options.bind().await.map_err(|error| {
        Failure::refused(Report::new(&error)).hint("correct dns.listen or dns.domain")
    })
}
