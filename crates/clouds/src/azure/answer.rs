//! An answer of the resource manager, read once.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use jiff::SignedDuration;
use serde_json::Value;

use super::document;

/// Longest wish for a pause that is followed: 1 hour. Throttling is over within minutes (token
/// buckets refill each second), so anything longer is a mistake that must not stop a wish.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Most characters of a request id that are kept: 64, a GUID with room.
const REQUEST_ID_LENGTH: usize = 64;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    /// The document; null when there is none.
    pub(super) body: Value,
}

/// A successful answer whose body is no JSON.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) status: StatusCode,
}

impl Answer {
    /// Reads an answer. The body of a refusal may be anything, a gateway's page for instance.
    pub(super) fn read(response: Response<Bytes>) -> Result<Self, Unreadable> {
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
    pub(super) fn retry_after(&self) -> Option<SignedDuration> {
        let seconds = self.header("retry-after")?.trim().parse::<u32>().ok()?;
        Some(SignedDuration::from_secs(i64::from(seconds)).min(LONGEST_PAUSE))
    }

    /// Where to ask after the operation that the answer began.
    pub(super) fn operation(&self) -> Option<&str> {
        self.header("azure-asyncoperation")
            .or_else(|| self.header("location"))
    }

    /// What the provider's support asks for.
    pub(super) fn request_id(&self) -> Option<String> {
        let id = self
            .header("x-ms-correlation-request-id")
            .or_else(|| self.header("x-ms-request-id"));
        id.map(|id| document::bounded(id, REQUEST_ID_LENGTH))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
