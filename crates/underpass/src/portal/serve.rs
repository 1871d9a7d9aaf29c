//! Server of a portal.

use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use underpass_http_server::{Connections, Refused, Server};
use underpass_web::form::MAX_FORM;
use underpass_web::security_headers::security_headers;

use super::asset::ASSETS;
use super::context::PortalContext;
use super::origin::check_origin;
use super::pages::Pages;
use crate::failure::Failure;

/// Time that pending requests have to end after a stop: 5 s. They wait for emulated operations,
/// which continue without them.
const DRAIN: Duration = Duration::from_secs(5);

/// Answers browsers until `stop` turns true. Their connections count among `connections`.
///
/// # Errors
/// If the system has no random bytes to give.
pub(crate) async fn serve(
    listener: TcpListener,
    pages: impl Pages,
    connections: Connections,
    stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let context = PortalContext::new(stop.clone())?;
    let router = pages
        .routes(context)
        .merge(ASSETS.routes())
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(from_fn(check_origin))
        .layer(from_fn(security_headers));
    let server = Server::new(connections, refusal_body, DRAIN);
    let cut = server.serve(listener, router, stop).await;
    if cut > 0 {
        tracing::warn!(
            count = cut,
            "a portal's requests failed to end in time; closing their connections"
        );
    }
    Ok(())
}

/// Writes the body of a refusal by the HTTP server. A browser never receives it.
fn refusal_body(refused: Refused) -> Value {
    json!({ "message": refused.message() })
}
