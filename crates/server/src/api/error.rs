//! The one place where errors become HTTP.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use error_reporter::Report;
use serde::Serialize;
use underpass_api_types::remedy;
use underpass_model::refusal::{Refusal, RefusalKind};

/// Why a request was not answered as asked.
#[derive(Debug)]
pub enum Error {
    /// A rule refused it; the text is for the caller.
    Refused(Refusal),
    /// HTTP itself was misused, or a limit of this server was met; the text is for the caller.
    Protocol(StatusCode, String),
    /// Something of ours failed; the cause is logged, the caller learns only the request id.
    Internal(Box<dyn std::error::Error + Send + Sync>),
    /// The row would not hold still, or the store cannot be reached: worth another try.
    Unavailable(String),
}

impl Error {
    /// Too many others changed the same thing at once.
    pub fn contended() -> Self {
        Self::Unavailable(
            "Too many changes at once to what this request names; try again".to_owned(),
        )
    }

    /// The store did not take a change.
    ///
    /// That it passes once somebody has seen to the store is worth more to the caller than that
    /// something of ours failed.
    pub(crate) fn uncommitted(error: underpass_store::Error) -> Self {
        if !error.is_outage() {
            return error.into();
        }
        tracing::error!(error = %Report::new(&error), "commit a change: the store takes no writes");
        Self::Unavailable(
            "The store takes no writes just now, so nothing was changed; the log of the control \
             plane says why. Once `/readyz` says that it is ready, try again"
                .to_owned(),
        )
    }

    /// A handler asked for a path segment that its route does not have.
    pub(crate) fn misrouted(segment: &'static str) -> Self {
        Self::Internal(format!("read path segment `{segment}`: the route has none").into())
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<underpass_store::Error> for Error {
    fn from(error: underpass_store::Error) -> Self {
        Self::Internal(Box::new(error))
    }
}

macro_rules! refused {
    ($($error:ty),*) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self { Self::Refused(error.into()) }
        }
    )*};
}
refused!(
    underpass_model::cloud::UnknownCloud,
    underpass_model::id::MalformedId,
    underpass_model::name::MalformedName
);

/// The compatible error body.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorBody {
    message: String,
    errors: Vec<ErrorItem>,
}

#[derive(Debug, Serialize)]
struct ErrorItem {
    message: String,
    /// Where the code is explained, in this repository; empty without a code.
    more_info: String,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
}

impl ErrorBody {
    pub(crate) fn new(status: StatusCode, message: String, code: Option<&'static str>) -> Self {
        let item = ErrorItem {
            message: message.clone(),
            more_info: code.map(page).unwrap_or_default(),
            status: status.as_u16(),
            error_code: code,
        };
        Self {
            message,
            errors: vec![item],
        }
    }
}

/// The page of a code; a test holds pages and codes together.
fn page(code: &str) -> String {
    format!("docs/errors/{code}.md")
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, message, code) = match self {
            Self::Refused(refusal) => {
                let status = match refusal.kind {
                    RefusalKind::Invalid => StatusCode::BAD_REQUEST,
                    RefusalKind::Unauthenticated => StatusCode::UNAUTHORIZED,
                    RefusalKind::Forbidden => StatusCode::FORBIDDEN,
                    RefusalKind::NotFound => StatusCode::NOT_FOUND,
                    RefusalKind::Conflict => StatusCode::CONFLICT,
                };
                (status, remedy::message(&refusal), Some(refusal.code))
            }
            Self::Protocol(status, message) => (status, message, None),
            Self::Internal(cause) => {
                tracing::error!(error = %Report::new(&*cause), "answer a request with an internal error");
                let message = "Internal error: nothing was changed by this request unless its \
                               effect shows; give the x-request-id of this answer to the operator";
                (StatusCode::INTERNAL_SERVER_ERROR, message.to_owned(), None)
            }
            Self::Unavailable(message) => (StatusCode::SERVICE_UNAVAILABLE, message, None),
        };
        (status, Json(ErrorBody::new(status, message, code))).into_response()
    }
}
