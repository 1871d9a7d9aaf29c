//! What tests and the machine room do to the emulator: on its own listener, with its own secret.
//!
//! The routes are described in [`crate::azure`].

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::model::{Fault, HostMapping};
use super::refusal;
use super::world::{Error, World};
use crate::limits;
use crate::secret::Secret;

/// What the admin routes need.
#[derive(Clone)]
struct Admin {
    world: Arc<World>,
    secret: Arc<Secret>,
}

/// All admin routes, behind `secret`.
pub(super) fn routes(world: Arc<World>, secret: Secret) -> Router {
    let admin = Admin {
        world,
        secret: Arc::new(secret),
    };
    Router::new()
        .route("/hosts", put(map_host).get(hosts))
        .route("/endpoints", get(endpoints))
        .route("/faults", post(plant_fault))
        .route("/resources", get(resources))
        .layer(DefaultBodyLimit::max(limits::FORM_BYTES))
        .layer(middleware::from_fn_with_state(admin.clone(), guard))
        .with_state(admin)
}

async fn guard(State(admin): State<Admin>, request: Request, next: Next) -> Response {
    if request.headers().contains_key(ORIGIN) {
        let message = "Web pages may not use the admin routes.";
        return refusal::reply(403, "ForeignOrigin", message);
    }
    if !request.headers().get(HOST).is_some_and(is_here) {
        let message = "Use the admin routes by a loopback address or by the name localhost.";
        return refusal::reply(421, "ForeignHost", message);
    }
    let secret = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    if !secret.is_some_and(|secret| admin.secret.matches(secret)) {
        let message = "Send 'Authorization: Bearer' with the content of the admin secret file.";
        return refusal::reply(401, "Unauthorized", message);
    }
    next.run(request).await
}

async fn map_host(
    State(admin): State<Admin>,
    mapping: Result<Json<HostMapping>, JsonRejection>,
) -> Response {
    let mapping = match mapping {
        Ok(Json(mapping)) => mapping,
        Err(rejection) => return malformed(&rejection),
    };
    if let Some(reason) = unfit(mapping.host) {
        return refusal::reply(400, "InvalidHost", reason);
    }
    done(admin.world.map_host(mapping).await)
}

async fn hosts(State(admin): State<Admin>) -> Response {
    listed(admin.world.host_mappings().await)
}

async fn endpoints(State(admin): State<Admin>) -> Response {
    listed(admin.world.endpoint_statuses().await)
}

async fn resources(State(admin): State<Admin>) -> Response {
    listed(admin.world.resource_ids().await)
}

async fn plant_fault(
    State(admin): State<Admin>,
    fault: Result<Json<Fault>, JsonRejection>,
) -> Response {
    match fault {
        Ok(Json(fault)) => done(admin.world.plant_fault(fault).await),
        Err(rejection) => malformed(&rejection),
    }
}

/// Whether a `Host` header names this machine, so that no foreign name can be made to lead here.
fn is_here(host: &HeaderValue) -> bool {
    let Some(authority) = host
        .to_str()
        .ok()
        .and_then(|host| host.parse::<Authority>().ok())
    else {
        return false;
    };
    let name = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    let address = name.parse::<IpAddr>();
    address.map_or(name.eq_ignore_ascii_case("localhost"), |address| {
        address.is_loopback()
    })
}

/// Why a host cannot stand for a NIC.
fn unfit(host: IpAddr) -> Option<&'static str> {
    let link_local = match host {
        IpAddr::V4(host) => host.is_link_local() || host.is_broadcast(),
        IpAddr::V6(host) => host.is_unicast_link_local(),
    };
    (host.is_unspecified() || host.is_multicast() || link_local).then_some(
        "A NIC stands for one host: give its own address, not an unspecified, multicast, broadcast \
         or link-local one.",
    )
}

fn malformed(rejection: &JsonRejection) -> Response {
    refusal::reply(
        rejection.status().as_u16(),
        "InvalidRequestContent",
        &rejection.body_text(),
    )
}

fn done(outcome: Result<(), Error>) -> Response {
    match outcome {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refusal::unavailable(&error),
    }
}

fn listed<T: serde::Serialize>(outcome: Result<Vec<T>, Error>) -> Response {
    match outcome {
        Ok(value) => Json(json!({ "value": value })).into_response(),
        Err(error) => refusal::unavailable(&error),
    }
}
