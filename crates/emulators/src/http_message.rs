//! Bodies and headers of HTTP messages.

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

/// A request body that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It is larger than [`limits::BODY_BYTES`].
    TooLarge,
    /// It ended before it was complete.
    CutShort,
    /// It took longer than [`limits::BODY_TIMEOUT`] to arrive.
    TooSlow,
}

/// Reads a body within the limits of size and time.
///
/// # Errors
/// When the body exceeds a limit or is incomplete.
pub(crate) async fn read(body: Body) -> Result<Bytes, BodyError> {
    let whole = Limited::new(body, limits::BODY_BYTES).collect();
    match time::timeout(limits::BODY_TIMEOUT, whole).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
        Ok(Err(_)) => Err(BodyError::CutShort),
        Err(_) => Err(BodyError::TooSlow),
    }
}

/// Encodes a model's reply; `None` if the status is not valid in HTTP.
pub(crate) fn encode(
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<&Value>,
) -> Option<Response> {
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).ok()?;
    for (name, value) in headers {
        // A header may echo text of a client; text that is not a valid header is omitted.
        match (HeaderName::try_from(&name), HeaderValue::try_from(&value)) {
            (Ok(name), Ok(value)) => {
                response.headers_mut().append(name, value);
            }
            (Err(_), _) | (_, Err(_)) => {
                tracing::warn!(header = %name.escape_debug(), "failed to send an invalid header; omitting it");
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

/// The host in the `Host` header, without port and brackets.
pub(crate) fn host(headers: &HeaderMap) -> Option<String> {
    let authority: Authority = headers.get(HOST)?.to_str().ok()?.parse().ok()?;
    let host = authority.host();
    Some(host.trim_matches(['[', ']']).to_owned())
}

/// Reports whether the `Host` header names this machine; this prevents DNS rebinding.
pub(crate) fn is_for_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = host(headers) else {
        return false;
    };
    let address = host.parse::<IpAddr>();
    address.map_or(host.eq_ignore_ascii_case("localhost"), |address| {
        address.is_loopback()
    })
}
