//! The HTTP API of the cloud: decodes requests for the model and encodes its replies.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::Method;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use serde_json::Value;
use underpass_http_server::{BodyError, Refused, read_body};

use super::http_state::HttpState;
use super::model;
use super::{discovery, refusal, token_endpoint};
use crate::clock;
use crate::http_message;
use crate::ids;
use crate::limits;
use crate::urlencoded;
use crate::weather;

/// Header with the client's correlation ID.
const CORRELATION: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");
/// Header with the ID of the request.
const REQUEST: HeaderName = HeaderName::from_static("x-ms-request-id");

/// Content type of every body, as the resource manager writes it.
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Maximum length of an echoed correlation ID, in bytes: several times that of a GUID.
const CORRELATION_BYTES: usize = 128;

/// All routes; everything but sign-in and discovery goes to the model.
pub(super) fn routes(state: HttpState) -> Router {
    Router::new()
        .route("/metadata/endpoints", get(discovery::metadata))
        .route("/common/discovery/instance", get(discovery::instance))
        .route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            get(discovery::openid),
        )
        .route(
            "/{tenant}/.well-known/openid-configuration",
            get(discovery::openid_v1),
        )
        .route("/{tenant}/oauth2/v2.0/token", post(token_endpoint::v2))
        .route("/{tenant}/oauth2/token", post(token_endpoint::v1))
        .fallback(resource_manager)
        .with_state(state)
}

async fn resource_manager(State(state): State<HttpState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (reply, body) = match decode(&state, &parts, body).await {
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
        "answered"
    );
    let reply = add_gateway_headers(reply, &parts);
    match &state.record {
        Some(record) => record.add(&parts, body.as_ref(), reply, clock::now()).await,
        None => reply,
    }
}

/// Replies in the present weather; `None` if the connection is to be cut.
async fn reply_to(state: &HttpState, parts: &Parts, request: &model::Request) -> Option<Response> {
    let network = &state.network;
    let token = http_message::bearer(&parts.headers).filter(|_| request.caller.is_some());
    let token = token.map(http_message::fingerprint);
    let calm = async |request: &model::Request| network.handle(request).await;
    let now = clock::now();
    match weather::answer(network, &state.weather, request, token, now, calm).await {
        Ok(reply) => reply.map(encode),
        Err(error) => Some(refusal::unavailable(&error)),
    }
}

async fn decode(state: &HttpState, parts: &Parts, body: Body) -> Result<model::Request, Response> {
    let Some(path) = urlencoded::path(parts.uri.path()) else {
        return Err(refusal::reply(
            400,
            "InvalidRequestUri",
            "The path is not plain UTF-8 text.",
        ));
    };
    let Some(query) = urlencoded::pairs(parts.uri.query().unwrap_or_default()) else {
        return Err(refusal::reply(
            400,
            "InvalidRequestUri",
            "The query is not UTF-8 text.",
        ));
    };
    let unreadable = |message: String| refusal::reply(400, "InvalidHeaderValue", &message);
    let if_match = condition(parts, &IF_MATCH).map_err(unreadable)?;
    let if_none_match = condition(parts, &IF_NONE_MATCH).map_err(unreadable)?;
    let body = read_body(body, limits::BODY_BYTES)
        .await
        .map_err(body_refusal)?;
    let body = if body.is_empty() {
        None
    } else {
        let value = serde_json::from_slice(&body).map_err(|error| {
            let message =
                format!("The request content was invalid and could not be read: {error}.");
            refusal::reply(400, "InvalidRequestContent", &message)
        })?;
        Some(value)
    };
    Ok(model::Request {
        method: parts.method.as_str().to_owned(),
        path,
        query,
        if_match,
        if_none_match,
        body,
        caller: http_message::bearer(&parts.headers)
            .and_then(|token| state.tokens.caller(token, clock::now())),
    })
}

/// The header of a condition. An unreadable condition must not count as no condition.
fn condition(parts: &Parts, name: &HeaderName) -> Result<Option<String>, String> {
    match parts.headers.get(name).map(HeaderValue::to_str) {
        None => Ok(None),
        Some(Ok(tag)) => Ok(Some(tag.to_owned())),
        Some(Err(_)) => Err(format!("The {name} header is not plain text.")),
    }
}

fn body_refusal(reason: BodyError) -> Response {
    match reason {
        BodyError::TooLarge => refusal::reply(
            413,
            "RequestContentTooLarge",
            "The request content is larger than 4 MiB; send a smaller resource.",
        ),
        BodyError::CutShort => {
            let message = "The request content ended before it was complete; send it again.";
            refusal::reply(400, "InvalidRequestContent", message)
        }
        BodyError::TooSlow => {
            let message = "The request content took too long to arrive; send it again.";
            refusal::reply(408, "RequestTimeout", message)
        }
    }
}

/// Writes the body of a refusal by the HTTP server.
pub(super) fn refusal_body(refused: Refused) -> Value {
    let code = match refused {
        Refused::HeadTimeout => "RequestTimeout",
        Refused::HeadTooLarge => "RequestHeaderFieldsTooLarge",
        Refused::UriTooLong => "RequestUriTooLong",
        Refused::Malformed | Refused::Ambiguous => "BadRequest",
        Refused::Tunnel => "MethodNotAllowed",
        Refused::AddressLimit => "TooManyRequests",
        Refused::AllBusy => "ServerBusy",
    };
    refusal::body(code, &format!("{}.", refused.message()))
}

fn encode(reply: model::Reply) -> Response {
    let encoded = http_message::encode(reply.status, reply.headers, reply.body.as_ref());
    encoded.unwrap_or_else(|| {
        let message = "The emulated cloud has no such status.";
        refusal::reply(500, "InternalServerError", message)
    })
}

/// Adds the headers that the resource manager's gateway adds to every reply.
fn add_gateway_headers(mut reply: Response, request: &Parts) -> Response {
    let id = ids::guid()
        .ok()
        .and_then(|id| HeaderValue::try_from(id.to_string()).ok());
    let correlation = request
        .headers
        .get(&CORRELATION)
        .filter(|value| value.len() <= CORRELATION_BYTES)
        .cloned()
        .or_else(|| id.clone());
    let headers = reply.headers_mut();
    if let Some(id) = id {
        headers.insert(REQUEST, id);
    }
    if let Some(correlation) = correlation {
        headers.insert(CORRELATION, correlation);
    }
    if !model::is_private_dns_path(request.uri.path()) {
        let (left, count) = remaining_calls(&request.method);
        headers.insert(left, HeaderValue::from_static(count));
    }
    headers.insert(CONTENT_TYPE, JSON);
    reply
}

/// The remaining calls, as in a new subscription: recorded are 16499 reads, 11999 writes and deletes.
/// They do not decrease in the emulator.
fn remaining_calls(method: &Method) -> (HeaderName, &'static str) {
    let name = match *method {
        Method::GET | Method::HEAD => "x-ms-ratelimit-remaining-subscription-global-reads",
        Method::DELETE => "x-ms-ratelimit-remaining-subscription-global-deletes",
        _ => "x-ms-ratelimit-remaining-subscription-global-writes",
    };
    let count = if name.ends_with("reads") {
        "16499"
    } else {
        "11999"
    };
    (HeaderName::from_static(name), count)
}
