//! Fields of a form that was sent.

use std::error::Error;
use std::io;

use axum::body::{Bytes, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Largest form in bytes: 1 MiB, as the largest body of the API.
pub const MAX_FORM: usize = 1024 * 1024;

/// A form that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormError {
    /// Status of the answer.
    pub status: StatusCode,
    /// Message for the visitor, as sentences without a final stop.
    pub message: &'static str,
}

/// The fields of a form, in the order of the page. Names may repeat.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = FormError;

    async fn from_request(request: Request, state: &S) -> Result<Self, FormError> {
        // Refused before the browser is asked for it (`Expect: 100-continue`).
        let declared = usize::try_from(request.body().size_hint().lower());
        if declared.is_ok_and(|length| length <= MAX_FORM) {
            let read = Bytes::from_request(request, state).await;
            return match read {
                Ok(bytes) => Ok(Self::parse(&bytes)),
                Err(rejection) if is_late(&rejection) => Err(FormError::LATE),
                Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                    Err(FormError::LARGE)
                }
                Err(_) => Err(FormError::INCOMPLETE),
            };
        }
        Err(FormError::LARGE)
    }
}

impl FormError {
    const LARGE: Self = Self {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        message: "The form is larger than 1 MiB, so nothing was changed",
    };
    const LATE: Self = Self {
        status: StatusCode::REQUEST_TIMEOUT,
        message: "The form took too long to arrive, so nothing was changed. Send it again",
    };
    const INCOMPLETE: Self = Self {
        status: StatusCode::BAD_REQUEST,
        message: "The form did not arrive completely, so nothing was changed. Send it again",
    };
}

impl IntoResponse for FormError {
    fn into_response(self) -> Response {
        (self.status, self.message).into_response()
    }
}

/// Returns whether a time limit of the server ended the body.
fn is_late(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return true;
        }
        cause = error.source();
    }
    false
}

impl Fields {
    /// Reads the body of a form; the query of an address has the same format.
    pub fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first field of that name, without surrounding space; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// The first field of that name with surrounding space, which belongs to a password; without the
    /// end of a pasted line.
    pub fn raw(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value.trim_end_matches(['\r', '\n']))
    }

    /// The first field of that name; `None` if it was left empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Every field of that name that was filled in.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(found, value)| found == name && !value.trim().is_empty())
            .map(|(_, value)| value.trim())
    }

    /// Every field whose name begins so, by the rest of its name.
    pub fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.trim())))
    }
}

/// Entries of a list, separated by space, commas or semicolons.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',' || c == ';')
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_lose_their_margins() {
        let fields = Fields::parse(b"id=+a+&id=&id=b%26c&access.pg=on&note=");
        assert_eq!(fields.text("id"), "a");
        assert_eq!(fields.all("id").collect::<Vec<_>>(), ["a", "b&c"]);
        assert_eq!(fields.raw("id"), " a ");
        assert_eq!(fields.filled("note"), None);
        assert_eq!(fields.below("access.").collect::<Vec<_>>(), [("pg", "on")]);
    }
}
