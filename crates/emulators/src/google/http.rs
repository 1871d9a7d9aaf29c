//! Routes of the compute API: HTTP requests become the model's, its replies become HTTP.

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::Response;
use axum::routing::post;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Method};

use super::http_state::HttpState;
use super::model;
use super::{grant, refusal};
use crate::http_message::{self, BodyError};
use crate::{clock, limits, urlencoded};

/// The content type of every body, as Google's APIs write it.
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

/// Consumers' projects need no token, so any page a person opens could change them.
const FOREIGN_ORIGIN: &str =
    "Web pages may not use the emulated cloud: send the request from a program, without Origin.";

/// Clients send what would be a long `GET` as a form in a `POST`, with this header.
const OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// All routes; what is not about tokens goes to the model.
pub(super) fn routes(state: HttpState) -> Router {
    Router::new()
        .route("/token", post(grant::token))
        .layer(DefaultBodyLimit::max(limits::FORM_BYTES))
        .fallback(compute)
        .with_state(state)
}

async fn compute(State(state): State<HttpState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut reply = match decode(&state, &parts, body).await {
        Ok(request) => answer(&state, &request).await,
        Err(refused) => refused,
    };
    tracing::debug!(
        http.method = %parts.method,
        http.path = %parts.uri.path(),
        http.status = reply.status().as_u16(),
        "answered"
    );
    reply.headers_mut().insert(CONTENT_TYPE, JSON);
    reply
}

async fn answer(state: &HttpState, request: &model::Request) -> Response {
    let reply = if waits(request) {
        let patience = limits::OPERATION_WAIT;
        state.network.handle_until(request, patience, is_over).await
    } else {
        state.network.handle(request).await
    };
    match reply {
        Ok(reply) => http_message::encode(reply.status, reply.headers, reply.body.as_ref())
            .unwrap_or_else(|| {
                let text = "The emulated cloud has no such status.";
                refusal::reply(500, "internalError", text)
            }),
        Err(error) => refusal::unavailable(&error),
    }
}

/// Whether a request wants its answer when an operation is done.
fn waits(request: &model::Request) -> bool {
    request.method == "POST"
        && request.path.contains("/operations/")
        && request.path.ends_with("/wait")
}

/// Whether there is nothing (more) to wait for: the operation is done, or there is none.
fn is_over(reply: &model::Reply) -> bool {
    let status = reply.body.as_ref().and_then(|body| body.get("status"));
    reply.status != 200 || status.is_none_or(|status| status == "DONE")
}

async fn decode(state: &HttpState, parts: &Parts, body: Body) -> Result<model::Request, Response> {
    if parts.headers.contains_key(ORIGIN) {
        return Err(refusal::reply(403, "forbidden", FOREIGN_ORIGIN));
    }
    let bad = |text: &str| refusal::reply(400, "badRequest", text);
    let path = urlencoded::path(parts.uri.path());
    let path = path.ok_or_else(|| bad("The path is not plain UTF-8 text."))?;
    let query = urlencoded::pairs(parts.uri.query().unwrap_or_default());
    let mut query = query.ok_or_else(|| bad("The query is not UTF-8 text."))?;
    let body = http_message::read(body).await.map_err(unread)?;

    let overridden =
        parts.method == Method::POST && parts.headers.get(&OVERRIDE).is_some_and(|it| it == "GET");
    let (method, body) = if overridden {
        let more = std::str::from_utf8(&body).ok().and_then(urlencoded::pairs);
        query.extend(more.ok_or_else(|| bad("The overridden request is not a form."))?);
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
        caller: caller(state, &parts.headers),
    })
}

fn caller(state: &HttpState, headers: &HeaderMap) -> model::Caller {
    state.tokens.caller(headers, clock::now())
}

fn unread(reason: BodyError) -> Response {
    match reason {
        BodyError::TooLarge => {
            let limit = limits::BODY_BYTES;
            let text = format!("Request payload size exceeds the limit: {limit} bytes.");
            refusal::reply(413, "uploadTooLarge", &text)
        }
        BodyError::CutShort => {
            let text = "The request ended before it was complete; send it again.";
            refusal::reply(400, "badRequest", text)
        }
        BodyError::TooSlow => {
            let text = "The request took too long to arrive; send it again.";
            refusal::reply(408, "requestTimeout", text)
        }
    }
}
