//! Bodies and headers between HTTP and a model.

use std::net::IpAddr;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue};
use http::uri::Authority;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::Value;
use tokio::time;

use crate::limits;

/// Why a request's body cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It is larger than [`limits::BODY_BYTES`].
    TooLarge,
    /// It ended before it was complete.
    CutShort,
    /// It took longer than [`limits::BODY_TIMEOUT`].
    TooSlow,
}

/// Reads a body within its limits of size and time.
pub(crate) async fn read(body: Body) -> Result<Bytes, BodyError> {
    let whole = Limited::new(body, limits::BODY_BYTES).collect();
    match time::timeout(limits::BODY_TIMEOUT, whole).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
        Ok(Err(_)) => Err(BodyError::CutShort),
        Err(_) => Err(BodyError::TooSlow),
    }
}

/// A model's reply as HTTP; `None` if HTTP has no such status.
pub(crate) fn encode(
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<&Value>,
) -> Option<Response> {
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).ok()?;
    for (name, value) in headers {
        // What a client sent may come back in a header; what cannot be one is left out.
        match (HeaderName::try_from(&name), HeaderValue::try_from(&value)) {
            (Ok(name), Ok(value)) => {
                response.headers_mut().append(name, value);
            }
            (Err(_), _) | (_, Err(_)) => {
                tracing::warn!(header = %name.escape_debug(), "left out a reply's header");
            }
        }
    }
    Some(response)
}

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(&AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// The host of a request's `Host` header, without port and brackets.
pub(crate) fn host(headers: &HeaderMap) -> Option<String> {
    let authority: Authority = headers.get(HOST)?.to_str().ok()?.parse().ok()?;
    let host = authority.host();
    Some(host.trim_matches(['[', ']']).to_owned())
}

/// Whether a request names this machine, so that no foreign name can be made to lead here.
pub(crate) fn is_for_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = host(headers) else {
        return false;
    };
    let address = host.parse::<IpAddr>();
    address.map_or(host.eq_ignore_ascii_case("localhost"), |address| {
        address.is_loopback()
    })
}
