//! The signal that ends an emulator.

use tokio::sync::watch;

/// Returns when shutdown is requested, or when the sender of the signal is dropped.
pub(crate) async fn shutdown_requested(shutdown: &mut watch::Receiver<bool>) {
    // The error says that the sender is dropped.
    let _ = shutdown.wait_for(|stop| *stop).await;
}
