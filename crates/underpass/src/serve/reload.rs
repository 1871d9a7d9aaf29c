//! Reload on SIGHUP and of changed files: log level, certificate, credentials, limits.
//!
//! A configuration that cannot be used changes nothing. What needs a restart is said.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::Signal;
use underpass_http_server::TlsIdentity;
use underpass_server::limits::CurrentLimits;

use super::account::{self, Drivers};
use super::changed_files::ChangedFiles;
use super::server::Server;
use super::transport::SharedTransport;
use super::{settings, tls_files};
use crate::config::{AccountConfig, Loaded, Sources, load};
use crate::failure::Failure;
use crate::log::LogFilter;

/// Time between two readings of the files' states: 5 s, so that a change is used after 5 to 10 s. A reading costs
/// one call of the system for each file.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Keys that are reloaded, apart from those of limits and accounts.
const RELOADED: [&str; 3] = ["log.filter", "server.certificate_file", "server.key_file"];

/// Tables whose keys are reloaded.
const LIMITS: [&str; 2] = ["limits.", "retention."];

/// Keys of an account that are not reloaded: objects in the clouds belong to them.
const FIXED: [&str; 5] = ["provider", "regions", "projects", "subscription", "project"];

/// Parts of a running server that are replaced, and the configuration that they have.
pub(super) struct Reload {
    sources: Sources,
    loaded: Loaded,
    drivers: Drivers,
    shared: SharedTransport,
    tls: Option<TlsIdentity>,
    limits: CurrentLimits,
    log: LogFilter,
    files: ChangedFiles,
}

impl Reload {
    /// `files` were watched since before `loaded` was read.
    pub(super) fn new(
        sources: Sources,
        loaded: Loaded,
        server: &Server,
        log: LogFilter,
        files: ChangedFiles,
    ) -> Self {
        Self {
            files,
            sources,
            loaded,
            drivers: server.drivers.clone(),
            shared: server.shared.clone(),
            tls: server.tls.clone(),
            limits: server.limits.clone(),
            log,
        }
    }

    /// Reloads on each SIGHUP and after each change of a file, until it is dropped.
    pub(super) async fn run(mut self, mut hangup: Signal) {
        let mut ticks = tokio::time::interval(POLL_INTERVAL);
        loop {
            let cause = tokio::select! {
                signal = hangup.recv() => match signal {
                    Some(()) => "SIGHUP",
                    None => return,
                },
                _ = ticks.tick() => {
                    if !self.files.have_changed() {
                        continue;
                    }
                    "a changed file"
                }
            };
            // A change during the reload is seen by the next look.
            self.files.are_read();
            match self.reload() {
                Ok(()) => tracing::info!(cause, "configuration reloaded"),
                Err(failure) => tracing::error!(
                    cause,
                    "failed to reload the configuration; the former one stays: {failure}"
                ),
            }
        }
    }

    fn reload(&mut self) -> Result<(), Failure> {
        require_regular(self.sources.file.iter())?;
        let loaded = load(&self.sources)?;
        // Also if it is refused: the file that it lacks may come later.
        let files = files(&self.sources, &loaded);
        self.files.replace(files.clone());
        require_regular(&files)?;
        loaded.missing().refuse()?;
        let is_fixed = |account: &&AccountConfig| self.drivers.contains_key(&account.name);
        // Everything is read before anything is replaced.
        let drivers = loaded
            .accounts
            .iter()
            .filter(is_fixed)
            .filter(|account| self.manages_the_same(account))
            .map(|account| Ok((account, account::driver(account, &self.shared)?)))
            .collect::<Result<Vec<_>, Failure>>()?;
        if let (Some(identity), Some(files)) = (&self.tls, loaded.configuration.server.tls()) {
            tls_files::renew(identity, &files)?;
        }
        self.log.replace(&loaded.configuration.log.filter)?;
        self.limits.replace(settings::limits(&loaded.configuration));
        for (account, driver) in drivers {
            if let Some(replaceable) = self.drivers.get(&account.name) {
                replaceable.replace(driver);
            }
        }
        for key in self.changed_keys(&loaded) {
            tracing::warn!("the changed value of {key} needs a restart");
        }
        Ok(())
    }

    fn manages_the_same(&self, account: &AccountConfig) -> bool {
        let mut accounts = self.loaded.accounts.iter();
        let before = accounts.find(|before| before.name == account.name);
        before.is_some_and(|before| {
            before.provider() == account.provider() && before.native_id() == account.native_id()
        })
    }

    /// Keys that differ from the start and are not reloaded.
    fn changed_keys(&self, loaded: &Loaded) -> Vec<String> {
        let values = |loaded: &Loaded| -> BTreeMap<String, String> {
            loaded
                .values()
                .map(|(key, value, _)| (key, value))
                .collect()
        };
        let (before, after) = (values(&self.loaded), values(loaded));
        let all = before
            .keys()
            .chain(after.keys().filter(|key| !before.contains_key(*key)));
        let changed = all.filter(|key| before.get(*key) != after.get(*key));
        changed
            .filter(|key| !self.is_reloaded(key, loaded))
            .cloned()
            .collect()
    }

    fn is_reloaded(&self, key: &str, loaded: &Loaded) -> bool {
        if let Some(account) = key.strip_prefix("accounts.") {
            let (name, key) = account.split_once('.').unwrap_or((account, ""));
            let mut names = self.drivers.keys();
            return names.any(|known| known.as_str() == name) && !FIXED.contains(&key);
        }
        if LIMITS.iter().any(|table| key.starts_with(table)) {
            return true;
        }
        let is_tls = key.starts_with("server.");
        // TLS begins and ends with a restart.
        let has_tls = self.tls.is_some() && loaded.configuration.server.tls().is_some();
        RELOADED.contains(&key) && (!is_tls || has_tls)
    }
}

/// Files that a reload reads. Those of credentials are read again at each use.
pub(super) fn files(sources: &Sources, loaded: &Loaded) -> Vec<PathBuf> {
    let tls = loaded.configuration.server.tls();
    let tls = tls.into_iter().flat_map(|tls| [tls.certificate, tls.key]);
    let roots = loaded.accounts.iter().filter_map(AccountConfig::ca_file);
    let file = sources.file.iter();
    file.chain(roots).cloned().chain(tls).collect()
}

/// Refuses pipes and devices: a read may never end. Missing files are told by their readers.
fn require_regular<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), Failure> {
    let is_other = |path: &&PathBuf| path.metadata().is_ok_and(|metadata| !metadata.is_file());
    match files.into_iter().find(is_other) {
        None => Ok(()),
        Some(path) => Err(Failure::refused(format!(
            "{} is no regular file, so it cannot be read again",
            path.display()
        ))),
    }
}
