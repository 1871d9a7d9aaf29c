//! Admin routes for tests and for the node provisioner, on a listener and with a secret of their own.
//!
//! Most routes are the same for every cloud. Host mappings, faults and credentials differ: the module
//! of each cloud describes them.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::HttpBody as _;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use error_reporter::Report;
use http::StatusCode;
use http::header::{AUTHORIZATION, ORIGIN};
use serde_json::{Value, json};
use underpass_http_server::{BodyError, Refused};

use crate::cloud_model::CloudModel;
use crate::emulated_network::{EmulatedNetwork, Error};
use crate::http_message;
use crate::limits;
use crate::secret::Secret;

/// State of the admin routes.
struct Admin<C> {
    network: Arc<EmulatedNetwork<C>>,
    secret: Arc<Secret>,
}

impl<C> Clone for Admin<C> {
    fn clone(&self) -> Self {
        Self {
            network: Arc::clone(&self.network),
            secret: Arc::clone(&self.secret),
        }
    }
}

/// All admin routes, those of one cloud included, behind `secret`.
pub(crate) fn routes<C: CloudModel>(
    network: Arc<EmulatedNetwork<C>>,
    secret: Secret,
    of_cloud: Router,
) -> Router {
    let admin = Admin {
        network,
        secret: Arc::new(secret),
    };
    Router::new()
        .route("/hosts", put(map_host::<C>).get(hosts::<C>))
        .route("/endpoints", get(endpoints::<C>))
        .route("/faults", post(inject_fault::<C>))
        .route("/resources", get(resources::<C>))
        .with_state(admin.clone())
        .merge(of_cloud)
        .layer(DefaultBodyLimit::max(limits::FORM_BYTES))
        .layer(middleware::from_fn_with_state(admin, guard::<C>))
}

async fn guard<C: CloudModel>(
    State(admin): State<Admin<C>>,
    request: Request,
    next: Next,
) -> Response {
    if request.headers().contains_key(ORIGIN) {
        let message = "Web pages may not use the admin routes.";
        return refusal(403, "ForeignOrigin", message);
    }
    if !http_message::is_for_this_machine(request.headers()) {
        let message = "Use the admin routes by a loopback address or by the name localhost.";
        return refusal(421, "ForeignHost", message);
    }
    let secret = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    if !secret.is_some_and(|secret| admin.secret.matches(secret)) {
        let message = "Send 'Authorization: Bearer' with the content of the admin secret file.";
        return refusal(401, "Unauthorized", message);
    }
    // Refused before the client is asked for it (`Expect: 100-continue`).
    let declared = usize::try_from(request.body().size_hint().lower());
    if !declared.is_ok_and(|length| length <= limits::FORM_BYTES) {
        let message = "The request body is larger than 64 KiB.";
        return refusal(413, "InvalidRequestContent", message);
    }
    next.run(request).await
}

async fn map_host<C: CloudModel>(
    State(admin): State<Admin<C>>,
    mapping: Result<Json<C::HostMapping>, JsonRejection>,
) -> Response {
    let mapping = match mapping {
        Ok(Json(mapping)) => mapping,
        Err(rejection) => return malformed(&rejection),
    };
    if let Some(reason) = host_refusal(C::host(&mapping)) {
        return refusal(400, "InvalidHost", reason);
    }
    done(admin.network.map_host(mapping).await)
}

async fn hosts<C: CloudModel>(State(admin): State<Admin<C>>) -> Response {
    listed(admin.network.host_mappings().await)
}

async fn endpoints<C: CloudModel>(State(admin): State<Admin<C>>) -> Response {
    listed(admin.network.endpoint_statuses().await)
}

async fn resources<C: CloudModel>(State(admin): State<Admin<C>>) -> Response {
    listed(admin.network.resource_ids().await)
}

async fn inject_fault<C: CloudModel>(
    State(admin): State<Admin<C>>,
    fault: Result<Json<C::Fault>, JsonRejection>,
) -> Response {
    match fault {
        Ok(Json(fault)) => done(admin.network.inject_fault(fault).await),
        Err(rejection) => malformed(&rejection),
    }
}

/// The reason why a host cannot stand for a machine of the cloud.
fn host_refusal(host: IpAddr) -> Option<&'static str> {
    let link_local = match host {
        IpAddr::V4(host) => host.is_link_local() || host.is_broadcast(),
        IpAddr::V6(host) => host.is_unicast_link_local(),
    };
    (host.is_unspecified() || host.is_multicast() || link_local).then_some(
        "A mapping names one host. Use the host's own address, not an unspecified, multicast, \
         broadcast or link-local one.",
    )
}

/// A refusal of the emulator itself, in one format for all clouds.
fn refusal(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({ "error": { "code": code, "message": message } });
    (status, Json(body)).into_response()
}

/// Writes the body of a refusal by the HTTP server.
pub(crate) fn refusal_body(refused: Refused) -> Value {
    json!({ "error": { "code": "InvalidRequest", "message": refused.message() } })
}

/// The refusal when the emulated network gives no answer. Only the log contains the reason.
fn unavailable(error: &Error) -> Response {
    tracing::error!(error = %Report::new(error), "failed to answer an admin request");
    let message = "The emulator is stopping or cannot store changes. Its log contains the reason.";
    refusal(503, "ServiceUnavailable", message)
}

/// The answer to a body that cannot be read.
pub(crate) fn malformed(rejection: &JsonRejection) -> Response {
    if BodyError::of(rejection) == BodyError::TooSlow {
        let message = "The request body took too long to arrive. Send the request again.";
        return refusal(408, "RequestTimeout", message);
    }
    refusal(
        rejection.status().as_u16(),
        "InvalidRequestContent",
        &rejection.body_text(),
    )
}

/// The answer to a body whose content cannot be used.
pub(crate) fn refused_content(reason: &str) -> Response {
    refusal(400, "InvalidRequestContent", reason)
}

/// The answer to a replacement that is refused for a reason, or done.
pub(crate) fn replaced(outcome: Result<(), &'static str>) -> Response {
    match outcome {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(reason) => refused_content(reason),
    }
}

/// The answer to a change that was applied or failed.
pub(crate) fn done(outcome: Result<(), Error>) -> Response {
    match outcome {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => unavailable(&error),
    }
}

fn listed<T: serde::Serialize>(outcome: Result<Vec<T>, Error>) -> Response {
    match outcome {
        Ok(value) => Json(json!({ "value": value })).into_response(),
        Err(error) => unavailable(&error),
    }
}
