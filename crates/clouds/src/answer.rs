//! Answers of a provider, parsed once.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::retry_after::{http_date, retry_after};

/// The longest pause that is accepted from a provider: 1 hour. Throttling ends within minutes, so a
/// longer pause is an error that must not stop reconciliation.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    /// Time of the request.
    now: Timestamp,
    /// The document; null if the body is empty.
    pub(crate) body: Value,
}

/// A successful answer whose body is not JSON.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) status: StatusCode,
}

impl Answer {
    /// Parses an answer. The body of an error can be anything, for instance a gateway's page.
    pub(crate) fn read(response: Response<Bytes>, now: Timestamp) -> Result<Self, Unreadable> {
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
            now,
            body,
        })
    }

    /// The pause that the answer requests.
    pub(crate) fn retry_after(&self) -> Option<SignedDuration> {
        let pause = retry_after(self.header("retry-after")?, self.header("date"), self.now)?;
        Some(pause.min(LONGEST_PAUSE))
    }

    /// The difference between this machine's clock and the provider's: positive if ours is ahead.
    pub(crate) fn clock_skew(&self) -> Option<SignedDuration> {
        let theirs = http_date(self.header("date")?)?;
        Some(self.now.duration_since(theirs))
    }

    /// The text of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
