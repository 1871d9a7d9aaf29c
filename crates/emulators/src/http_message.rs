//! Bodies and headers of HTTP messages.

use std::net::IpAddr;

use axum::body::Body;
use axum::response::Response;
use http::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue};
use http::uri::Authority;
use http::{HeaderMap, StatusCode};
use ring::digest;
use serde_json::Value;
use underpass_http_server::BodyError;

/// Status and message for a form that cannot be read.
pub(crate) const fn form_refusal(error: BodyError) -> (StatusCode, &'static str) {
    match error {
        BodyError::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "The form is larger than 64 KiB.",
        ),
        BodyError::CutShort => (
            StatusCode::BAD_REQUEST,
            "The form is incomplete. Send the request again.",
        ),
        BodyError::TooSlow => (
            StatusCode::REQUEST_TIMEOUT,
            "The form took too long to arrive. Send the request again.",
        ),
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

/// A number that identifies a token in memory.
pub(crate) fn fingerprint(token: &str) -> u64 {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    let first = digest.as_ref().first_chunk();
    first.map_or(0, |bytes| u64::from_be_bytes(*bytes))
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
