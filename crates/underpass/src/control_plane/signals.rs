//! Stop on SIGTERM and SIGINT, and reload on SIGHUP.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::failure::Failure;

/// Turns true on SIGTERM or SIGINT.
///
/// # Errors
/// If the signals cannot be handled.
pub(crate) fn stop_on_signal() -> Result<watch::Receiver<bool>, Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::caused("handle signals", &error));
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping after a signal");
        // Fails only without receivers, when nothing is left to stop.
        let _ = stop.send(true);
    });
    Ok(stopped)
}

/// Receives SIGHUP, which no longer ends the process.
///
/// # Errors
/// If the signal cannot be handled.
pub(crate) fn hangup() -> Result<Signal, Failure> {
    signal(SignalKind::hangup()).map_err(|error| Failure::caused("handle SIGHUP", &error))
}
