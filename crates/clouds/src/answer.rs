//! An answer of a provider, read once.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use jiff::SignedDuration;
use serde_json::Value;

/// Longest wish for a pause that is followed: 1 hour. Throttling is over within minutes, so anything
/// longer is a mistake that must not stop a wish.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    /// The document; null when there is none.
    pub(crate) body: Value,
}

/// A successful answer whose body is no JSON.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) status: StatusCode,
}

impl Answer {
    /// Reads an answer. The body of a refusal may be anything, a gateway's page for instance.
    pub(crate) fn read(response: Response<Bytes>) -> Result<Self, Unreadable> {
        let (parts, bytes) = response.into_parts();
        let status = parts.status;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            match serde_json::from_slice(&bytes) {
                Ok(body) => body,
                Err(_not_json) if status.is_success() => return Err(Unreadable { status }),
                Err(_not_json) => Value::Null,
            }
        };
        Ok(Self {
            status,
            headers: parts.headers,
            body,
        })
    }

    /// How long to wait, if the answer says so.
    pub(crate) fn retry_after(&self) -> Option<SignedDuration> {
        let seconds = self.header("retry-after")?.trim().parse::<u32>().ok()?;
        Some(SignedDuration::from_secs(i64::from(seconds)).min(LONGEST_PAUSE))
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
