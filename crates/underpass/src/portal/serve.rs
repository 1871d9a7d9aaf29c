//! Server of a portal.

use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use error_reporter::Report;
use tokio::net::TcpListener;
use tokio::sync::watch;
use underpass_web::security_headers::security_headers;

use super::asset::ASSETS;
use super::context::PortalContext;
use super::origin::check_origin;
use super::pages::Pages;
use crate::failure::Failure;

/// Largest form: 64 KiB, several times the longest legitimate one.
const MAX_FORM: usize = 64 * 1024;

/// Time that pending requests have to end after a stop: 5 s. They wait for emulated operations,
/// which continue without them.
const DRAIN: Duration = Duration::from_secs(5);

/// Answers browsers until `stop` turns true.
///
/// # Errors
/// If the system has no random bytes to give, or the listener fails.
pub(crate) async fn serve(
    listener: TcpListener,
    pages: impl Pages,
    stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let context = PortalContext::new(stop.clone())?;
    let router = pages
        .routes(context)
        .merge(ASSETS.routes())
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(from_fn(check_origin))
        .layer(from_fn(security_headers));
    let mut requested = stop.clone();
    let mut overdue = stop;
    let served = axum::serve(listener, router)
        .with_graceful_shutdown(async move { stopped(&mut requested).await });
    tokio::select! {
        ended = served => ended.map_err(|error| Failure::refused(Report::new(&error))),
        () = async { stopped(&mut overdue).await; tokio::time::sleep(DRAIN).await } => {
            tracing::warn!("a portal's requests failed to end in time; closing their connections");
            Ok(())
        }
    }
}

/// Waits until a stop is requested, or until its sender is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _sender_gone = stop.wait_for(|stop| *stop).await;
}
