//! Routes of the compute API: HTTP requests become the model's, its replies become HTTP.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, ORIGIN};
use http::request::Parts;
use serde_json::Value;
use underpass_http_server::{BodyError, Refused, read_body};

use super::http_state::HttpState;
use super::model;
use super::{iam_credentials, refusal, security_token_service, token_endpoint};
use crate::emulated_network::Error;
use crate::http_message;
use crate::{clock, limits, urlencoded, weather};

/// Content type of every reply of Google's APIs.
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

/// Message for web pages: consumers' projects need no token, so any page could change them.
const ORIGIN_REFUSED: &str =
    "Web pages may not use the emulated cloud. Send the request from a program, without Origin.";

/// Header of a `POST` with a form that stands for a `GET` with a long query.
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// Returns all routes; the model handles every path except those of tokens.
pub(super) fn routes(state: HttpState) -> Router {
    Router::new()
        .route("/token", post(token_endpoint::token))
        .route("/v1/token", post(security_token_service::exchange))
        .route(
            "/v1/projects/-/serviceAccounts/{resource}",
            post(iam_credentials::call),
        )
        .fallback(compute)
        .with_state(state)
}

async fn compute(State(state): State<HttpState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (mut reply, body) = match decode(&state, &parts, body).await {
        Ok(request) => match reply_to(&state, &parts, &request).await {
            Some(reply) => (reply, request.body),
            None => return weather::cut(),
        },
        Err(refused) => (refused, None),
    };
    tracing::debug!(
        http.method = %parts.method,
        http.path = %parts.uri.path(),
        http.status = reply.status().as_u16(),
        "request answered"
    );
    reply.headers_mut().insert(CONTENT_TYPE, JSON);
    match &state.record {
        Some(record) => record.add(&parts, body.as_ref(), reply, clock::now()).await,
        None => reply,
    }
}

/// Replies in the present weather; `None` if the connection is to be cut.
async fn reply_to(state: &HttpState, parts: &Parts, request: &model::Request) -> Option<Response> {
    let token = state.tokens.expiring(&parts.headers, clock::now());
    let token = token.map(http_message::fingerprint);
    let calm = async |request: &model::Request| calm_reply(state, request).await;
    let (network, weather) = (&state.network, &state.weather);
    match weather::answer(network, weather, request, token, clock::now(), calm).await {
        Ok(reply) => reply.map(encode),
        Err(error) => Some(refusal::unavailable(&error)),
    }
}

fn encode(reply: model::Reply) -> Response {
    let encoded = http_message::encode(reply.status, reply.headers, reply.body.as_ref());
    encoded.unwrap_or_else(|| {
        let text = "The emulated cloud replied with an invalid HTTP status.";
        refusal::reply(500, "internalError", text)
    })
}

async fn calm_reply(state: &HttpState, request: &model::Request) -> Result<model::Reply, Error> {
    if is_wait(request) {
        let patience = limits::OPERATION_WAIT;
        let reply = state.network.handle_until(request, patience, is_settled);
        return reply.await;
    }
    if is_health(request) {
        return reply_with_health(state, request).await;
    }
    state.network.handle(request).await
}

/// Reports whether a request asks for the health of backends.
fn is_health(request: &model::Request) -> bool {
    request.method == "POST" && request.path.ends_with("/getHealth")
}

/// Replies after the first probe of each backend: the first request starts the probes of a backend
/// service without accepted endpoints, which the real cloud carries out at all times.
async fn reply_with_health(
    state: &HttpState,
    request: &model::Request,
) -> Result<model::Reply, Error> {
    let first = state.network.handle(request).await?;
    if first.status != 200 {
        return Ok(first);
    }
    state.network.first_probes().await?;
    state.network.handle(request).await
}

/// Reports whether a request waits for an operation.
fn is_wait(request: &model::Request) -> bool {
    request.method == "POST"
        && request.path.contains("/operations/")
        && request.path.ends_with("/wait")
}

/// Reports whether the wait is over: the operation is done or does not exist.
fn is_settled(reply: &model::Reply) -> bool {
    let status = reply.body.as_ref().and_then(|body| body.get("status"));
    reply.status != 200 || status.is_none_or(|status| status == "DONE")
}

async fn decode(state: &HttpState, parts: &Parts, body: Body) -> Result<model::Request, Response> {
    if parts.headers.contains_key(ORIGIN) {
        return Err(refusal::reply(403, "forbidden", ORIGIN_REFUSED));
    }
    let invalid = |text: &str| refusal::reply(400, "badRequest", text);
    let path = urlencoded::path(parts.uri.path());
    let path =
        path.ok_or_else(|| invalid("The path is not valid UTF-8 or contains control characters."))?;
    let query = urlencoded::pairs(parts.uri.query().unwrap_or_default());
    let mut query = query.ok_or_else(|| invalid("The query is not valid UTF-8."))?;
    let body = read_body(body, limits::BODY_BYTES)
        .await
        .map_err(unreadable)?;

    let overridden = parts.method == Method::POST
        && parts
            .headers
            .get(&METHOD_OVERRIDE)
            .is_some_and(|it| it == "GET");
    let (method, body) = if overridden {
        let more = std::str::from_utf8(&body).ok().and_then(urlencoded::pairs);
        query.extend(more.ok_or_else(|| {
            invalid("The body of a request with X-HTTP-Method-Override must be a form.")
        })?);
        (Method::GET, None)
    } else {
        let value = (!body.is_empty()).then(|| serde_json::from_slice(&body));
        let value = value.transpose().map_err(|error| {
            let text = format!("Invalid JSON payload received. {error}");
            refusal::reply(400, "parseError", &text)
        })?;
        (parts.method.clone(), value)
    };
    Ok(model::Request {
        method: method.as_str().to_owned(),
        path,
        query,
        body,
        caller: caller(state, parts),
    })
}

fn caller(state: &HttpState, parts: &Parts) -> model::Caller {
    let (path, headers) = (parts.uri.path(), &parts.headers);
    if path.ends_with(":testIamPermissions") || path.contains("/services/") {
        return state.tokens.reader(headers, clock::now());
    }
    state.tokens.caller(headers, clock::now())
}

/// Writes the body of a refusal by the HTTP server.
pub(super) fn refusal_body(refused: Refused) -> Value {
    let reason = match refused {
        Refused::HeadTimeout => "requestTimeout",
        Refused::HeadTooLarge => "requestHeaderFieldsTooLarge",
        Refused::UriTooLong => "uriTooLong",
        Refused::Malformed | Refused::Ambiguous => "badRequest",
        Refused::Tunnel => "httpMethodNotAllowed",
        Refused::AddressLimit => "rateLimitExceeded",
        Refused::AllBusy => "backendError",
    };
    let message = format!("{}.", refused.message());
    refusal::body(refused.status().as_u16(), reason, &message)
}

fn unreadable(reason: BodyError) -> Response {
    match reason {
        BodyError::TooLarge => {
            let limit = limits::BODY_BYTES;
            let text = format!("Request payload size exceeds the limit: {limit} bytes.");
            refusal::reply(413, "uploadTooLarge", &text)
        }
        BodyError::CutShort => {
            let text = "The request body is incomplete. Retry the request.";
            refusal::reply(400, "badRequest", text)
        }
        BodyError::TooSlow => {
            let text = "The request took too long to arrive. Retry the request.";
            refusal::reply(408, "requestTimeout", text)
        }
    }
}
