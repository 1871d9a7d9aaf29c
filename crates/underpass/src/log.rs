//! Log on stderr, whose filter is replaced while the program runs.

use std::io::IsTerminal as _;
use std::sync::Arc;

use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// Filter of commands whose user chose none.
const DEFAULT: &str = "warn";

/// Filter of the log; clones share it.
#[derive(Clone)]
pub(crate) struct LogFilter {
    replace: Arc<dyn Fn(EnvFilter) -> Result<(), String> + Send + Sync>,
}

/// Starts the log with the filter of `--log`, if any.
///
/// # Errors
/// If the filter is invalid.
pub(crate) fn start(filter: Option<&str>) -> Result<LogFilter, Failure> {
    let filter = EnvFilter::try_new(filter.unwrap_or(DEFAULT))
        .map_err(|error| Failure::usage(format!("invalid --log: {error}")))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_filter_reloading();
    let handle = subscriber.reload_handle();
    subscriber.init();
    Ok(LogFilter {
        replace: Arc::new(move |filter| handle.reload(filter).map_err(|error| error.to_string())),
    })
}

impl LogFilter {
    /// Uses another filter from now on.
    ///
    /// # Errors
    /// If it is invalid.
    pub(crate) fn replace(&self, filter: &str) -> Result<(), Failure> {
        let parsed =
            parse(filter).map_err(|message| Failure::refused(format!("log.filter: {message}")))?;
        (self.replace)(parsed)
            .map_err(|error| Failure::ours(format!("replace the log filter: {error}")))
    }
}

/// Parses a level or directives.
///
/// # Errors
/// A sentence about another text.
pub(crate) fn parse(filter: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(filter).map_err(|error| {
        format!(
            "`{filter}` is no filter ({error}). Use error, warn, info, debug or trace, or directives \
             such as \"warn,underpass_server=debug\""
        )
    })
}
