//! Access log: one line per request.
//!
//! It holds the route template, never the path or the query: both can hold a token.

use std::sync::{Arc, OnceLock};

use axum::extract::{MatchedPath, Request, State};
use axum::http::Extensions;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;

/// Routes that a probe calls every few seconds; they are logged at DEBUG.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The authenticated user of a request, for its line in the log; set by the extractor.
#[derive(Debug, Clone, Default)]
pub(crate) struct Actor(Arc<OnceLock<String>>);

impl Actor {
    /// Notes the user of a request. A request without an access log has no place for it.
    pub(crate) fn note(extensions: &Extensions, email: &str) {
        if let Some(Self(slot)) = extensions.get() {
            // A request has one user; a second look at its token finds the same.
            let _already_noted = slot.set(email.to_owned());
        }
    }
}

/// Logs method, route template, status, duration in milliseconds and actor, in the span of the
/// request's ID.
pub(super) async fn log_request(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let actor = Actor::default();
    request.extensions_mut().insert(actor.clone());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let began = app.clock.now();
    let response = next.run(request).await;
    let route = matched.as_ref().map_or("(none)", MatchedPath::as_str);
    let status = response.status().as_u16();
    let took = app.clock.now().duration_since(began).as_millis();
    let duration_ms = i64::try_from(took).unwrap_or(i64::MAX);
    let actor = actor.0.get().map_or("(none)", String::as_str);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                http.method = %method,
                http.route = route,
                http.status = status,
                duration_ms,
                actor,
                "{method} {route} -> {status}"
            )
        };
    }
    if PROBES.contains(&route) {
        line!(debug);
    } else {
        line!(info);
    }
    response
}
