//! `serve`: control plane, console and name server on real cloud accounts.

mod account;
mod azure_account;
mod changed_files;
mod dns_options;
pub(crate) mod files_beside_store;
mod google_account;
mod reload;
mod replaceable_cloud;
mod server;
mod settings;
mod store;
mod tls_files;
mod transport;

use std::sync::Arc;

use tokio::sync::watch;
use underpass_clouds::google::Credentials as GoogleCredentials;
use underpass_clouds::{CheckAccount, Cloud};

use self::changed_files::ChangedFiles;
use self::reload::Reload;
use self::server::Server;
pub(crate) use self::store::{database, database_roots};
use self::transport::SharedTransport;
use crate::config::{AccountConfig, Configuration, GoogleAccount, Loaded, Sources, load};
use crate::control_plane::signals;
use crate::failure::Failure;
use crate::log::LogFilter;
use crate::printer::Printer;
use crate::ready::Ready;

/// Builds the driver of an account as `serve` does, for its check.
///
/// # Errors
/// If its credentials cannot be read.
pub(crate) fn checked_account(
    account: &AccountConfig,
    configuration: &Configuration,
) -> Result<Arc<dyn CheckAccount>, Failure> {
    let shared = SharedTransport {
        counters: Arc::default(),
        proxy: configuration.proxy.proxy(),
    };
    account::checked(account, &shared)
}

/// Builds the driver of an account as `serve` does.
///
/// # Errors
/// If its credentials cannot be read.
pub(crate) fn account_driver(
    account: &AccountConfig,
    configuration: &Configuration,
) -> Result<Arc<dyn Cloud>, Failure> {
    let shared = SharedTransport {
        counters: Arc::default(),
        proxy: configuration.proxy.proxy(),
    };
    account::driver(account, &shared)
}

/// Returns the way that an account signs in to Google Cloud.
///
/// # Errors
/// If a secret cannot be read.
pub(crate) fn google_credentials(account: &GoogleAccount) -> Result<GoogleCredentials, Failure> {
    google_account::credentials(account)
}

/// Runs until a signal stops it.
///
/// # Errors
/// If the configuration cannot be used, a part does not start, or one ends before the signal.
pub(crate) async fn run(sources: Sources, log: LogFilter, printer: Printer) -> Result<(), Failure> {
    let stop = signals::stop_on_signal()?;
    // Before the start, so that the signal never ends the process.
    let hangup = signals::hangup()?;
    // Before they are read, so that no change is missed.
    let mut files = ChangedFiles::watch(sources.file.iter().cloned().collect());
    let loaded = load(&sources)?;
    loaded.missing().refuse()?;
    files.replace(reload::files(&sources, &loaded));
    log.replace(&loaded.configuration.log.filter)?;
    warn_of(&loaded);
    let server = Server::start(&loaded).await?;
    let reload = Reload::new(sources, loaded, &server, log, files);
    let announced = announce(server.ready(), printer);
    let ended = match announced {
        Ok(()) => run_until(server, reload.run(hangup), stop).await,
        Err(failure) => server.stop().await.and(Err(failure)),
    };
    printer.say("stopped");
    ended
}

async fn run_until(
    server: Server,
    reload: impl Future<Output = ()> + Send + 'static,
    stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let reloading = tokio::spawn(reload);
    let ended = server.run_until(stop).await;
    reloading.abort();
    ended
}

fn warn_of(loaded: &Loaded) {
    for warning in &loaded.warnings.0 {
        tracing::warn!("the configuration can be improved; {warning}");
    }
}

/// Prints the addresses on stderr, and the ready line for programs on stdout.
fn announce(ready: &Ready, printer: Printer) -> Result<(), Failure> {
    let text = format!(
        "\
Underpass is running.

API:      {api} (project {project})
Console:  {api}/console (sign in with the token in {token_file})
DNS:      {dns} (domain {domain})

It reloads changed files (certificates, credentials, limits, log level), and stops on SIGTERM.",
        api = ready.api,
        project = ready.project,
        token_file = ready.token_file.display(),
        dns = ready.dns_listeners.join(", "),
        domain = ready.domain,
    );
    text.lines().for_each(|line| printer.say(line));
    if printer.writes_to_terminal() {
        return Ok(());
    }
    printer.data(&ready.line()?)
}
