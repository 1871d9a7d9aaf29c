//! Whole bodies of requests, within a limit.

use std::error::Error;
use std::io;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

/// A body that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// It is larger than the limit: 413.
    TooLarge,
    /// It ended before it was complete: 400.
    CutShort,
    /// It took too long to arrive: 408.
    TooSlow,
}

/// Reads a body of at most `limit` bytes.
///
/// A body that is declared larger is refused before the client is asked for it, so a client with
/// `Expect: 100-continue` sends none.
///
/// # Errors
/// When the body exceeds a limit or is incomplete.
pub async fn read_body(body: Body, limit: usize) -> Result<Bytes, BodyError> {
    let declared = usize::try_from(body.size_hint().lower());
    if declared.is_ok_and(|length| length <= limit) {
        let read = Limited::new(body, limit).collect().await;
        return read
            .map(http_body_util::Collected::to_bytes)
            .map_err(|error| BodyError::of(&*error));
    }
    Err(BodyError::TooLarge)
}

// === impl BodyError ===

impl BodyError {
    /// The reason why a body failed, read from the chain of an error.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        if error.is::<LengthLimitError>() {
            return Self::TooLarge;
        }
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<io::Error>()
                && error.kind() == io::ErrorKind::TimedOut
            {
                return Self::TooSlow;
            }
            cause = error.source();
        }
        Self::CutShort
    }
}
