//! Access log: one line per request.
//!
//! It contains the route template, never the path or the query, because both can contain a token.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use underpass_web::actor::Actor;

use crate::app::App;

/// Routes of probes, logged at DEBUG.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

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
    let actor = actor.email().unwrap_or("(none)");
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
