//! Refusals of requests that no router receives, because their head is not complete or not valid.

use axum::body::Body;
use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

/// The reason why a request does not reach the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The head took too long.
    HeadTimeout,
    /// The head is larger than [`HEAD_BYTES`](crate::HEAD_BYTES).
    HeadTooLarge,
    /// The request line alone is as large as a head may be.
    UriTooLong,
    /// The head is not valid HTTP/1.1.
    Malformed,
    /// The head can be read in two ways.
    Ambiguous,
    /// The request asks for a tunnel (`CONNECT`).
    Tunnel,
    /// The client, behind a trusted proxy, has as many requests in progress as the limit per address.
    AddressLimit,
    /// All connections are being answered; this one is kept for probes.
    AllBusy,
}

/// Writes the body of a refusal in the form of a listener.
pub type RenderRefusal = fn(Refused) -> Value;

// === impl Refused ===

impl Refused {
    /// The status of the answer.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::HeadTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::Malformed | Self::Ambiguous => StatusCode::BAD_REQUEST,
            Self::Tunnel => StatusCode::METHOD_NOT_ALLOWED,
            Self::AddressLimit => StatusCode::TOO_MANY_REQUESTS,
            Self::AllBusy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The message for the caller, as sentences without a final stop.
    pub const fn message(self) -> &'static str {
        match self {
            Self::HeadTimeout => {
                "The head of the request took too long to arrive. Send the request again"
            }
            Self::HeadTooLarge => {
                "The head of the request exceeds the limit of 32 KiB or of 100 header fields. Send \
                 a shorter one"
            }
            Self::UriTooLong => {
                "The request line exceeds the limit of 32 KiB. Send a shorter request target"
            }
            Self::Malformed => "The head of the request is not valid HTTP/1.1 (RFC 9112)",
            Self::Ambiguous => {
                "The request has several `authorization` or `host` headers, or user information in \
                 its target. Send one header of each name, and credentials in `authorization` only"
            }
            Self::Tunnel => {
                "This listener is no proxy and opens no tunnels. Send requests to it directly"
            }
            Self::AddressLimit => {
                "Too many requests of this address are being answered. Wait for some of them, and send \
                 the request again"
            }
            Self::AllBusy => {
                "All connections of the server are being answered. Send the request again in a second"
            }
        }
    }

    /// The refusal that the HTTP library is about to write: its answers to invalid heads have no body.
    pub(crate) fn read(answer: &[u8]) -> Option<Self> {
        if !answer.ends_with(b"\r\n\r\n") {
            return None;
        }
        match answer.strip_prefix(b"HTTP/1.")?.get(1..5)? {
            b" 400" => Some(Self::Malformed),
            b" 414" => Some(Self::UriTooLong),
            b" 431" => Some(Self::HeadTooLarge),
            _ => None,
        }
    }

    /// The answer in place of that of a router. It ends the connection: what follows such a head need
    /// not be a request.
    pub(crate) fn response(self, render: RenderRefusal) -> Response<Body> {
        let mut response = Response::new(Body::from(render(self).to_string()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        if matches!(self, Self::AddressLimit | Self::AllBusy) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self == Self::Tunnel {
            // RFC 9110 §15.5.6: a target of a tunnel has no allowed method.
            headers.insert(ALLOW, HeaderValue::from_static(""));
        }
        response
    }

    /// The whole answer, which ends the connection.
    pub(crate) fn answer(self, render: RenderRefusal) -> Bytes {
        let status = self.status();
        let (code, reason) = (
            status.as_u16(),
            status.canonical_reason().unwrap_or_default(),
        );
        let body = render(self).to_string();
        format!(
            "HTTP/1.1 {code} {reason}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            body.len()
        )
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_refusals_of_the_library_are_read() {
        let read = |text: &str| Refused::read(text.as_bytes());
        let bare = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(read(bare), Some(Refused::Malformed));
        assert_eq!(
            read("HTTP/1.0 431 Request Header Fields Too Large\r\n\r\n"),
            Some(Refused::HeadTooLarge)
        );
        for other in ["", "HTTP/1.1 400", "HTTP/1.1 200 OK\r\n\r\n", "{}\r\n\r\n"] {
            assert_eq!(read(other), None, "{other}");
        }
        assert_eq!(read("HTTP/1.1 400 Bad Request\r\n\r\n{}"), None);
    }

    #[test]
    fn an_answer_has_the_length_of_its_body() {
        let answer = Refused::HeadTimeout.answer(|refused| refused.message().into());
        let text = String::from_utf8(answer.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 408 Request Timeout\r\n"),
            "{head}"
        );
        assert!(
            head.contains(&format!("content-length: {}\r\n", body.len())),
            "{head}"
        );
    }
}
