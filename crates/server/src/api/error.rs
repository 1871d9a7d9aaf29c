//! Conversion of errors to HTTP answers.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use error_reporter::Report;
use jiff::SignedDuration;
use serde::Serialize;
use underpass_api_types::remedy;
use underpass_http_server::Refused;
use underpass_model::project_limits::RequestRate;
use underpass_model::refusal::{Refusal, RefusalKind};

/// Failure of a request.
#[derive(Debug)]
pub enum Error {
    /// Refusal by a rule; the caller receives its text.
    Refused(Refusal),
    /// Misuse of HTTP, or an exceeded limit of this server; the caller receives the text.
    Protocol(StatusCode, String),
    /// Too many requests within a time; the caller receives the text and when to retry.
    TooManyRequests {
        /// The text.
        message: String,
        /// Seconds after which a retry may succeed.
        retry_after: i64,
    },
    /// Internal failure. The cause is logged; the caller receives only the request ID.
    Internal(Box<dyn std::error::Error + Send + Sync>),
    /// Concurrent changes prevented every attempt; a retry may succeed.
    Contended,
    /// An outage of the store, or a stop of the server; a retry may succeed.
    Unavailable(String),
}

/// Seconds after which a request that met an outage is repeated: as long as a fail-over of a database
/// or a restart takes at least.
pub(crate) const RETRY_SECONDS: &str = "5";

/// Seconds after which a request that met concurrent changes is repeated.
const CONTENDED_SECONDS: &str = "1";

/// The answer to a request whose attempts were all prevented by concurrent changes.
pub(crate) const CONTENDED: &str = "The resource is being modified concurrently. Retry the request";

impl Error {
    /// Returns the error for more requests than a rate.
    pub(crate) fn too_many_requests(
        subject: &str,
        rate: RequestRate,
        wait: SignedDuration,
        next: &str,
    ) -> Self {
        let retry_after = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
        Self::TooManyRequests {
            message: format!(
                "{subject} made more than {} requests per second after {} in a burst. Retry in \
                 {retry_after} s. {next}",
                rate.per_second, rate.burst
            ),
            retry_after,
        }
    }

    /// Returns the error for more requests in progress than a limit.
    pub(crate) fn too_many_in_progress(subject: &str, limit: usize) -> Self {
        Self::TooManyRequests {
            message: format!(
                "{subject} has {limit} requests in progress, as many as it may have. Wait for the \
                 answers to some of them, and retry"
            ),
            retry_after: 1,
        }
    }

    /// Returns the error for more waiting reads of a whole project than a limit.
    pub(crate) fn too_many_waiting(limit: usize) -> Self {
        Self::TooManyRequests {
            message: format!(
                "{limit} requests that read the whole project wait already, as many as may. Wait for \
                 the answers to some of them, and retry"
            ),
            retry_after: 1,
        }
    }

    /// Returns the error for a failed commit.
    ///
    /// An outage of the store is reported as such, because a retry succeeds after its end.
    pub(crate) fn uncommitted(error: underpass_store::Error) -> Self {
        if !error.is_outage() {
            return error.into();
        }
        tracing::error!(error = %Report::new(&error), "failed to commit a change: the store accepts no writes");
        if error.is_uncertain() {
            return Self::Unavailable(
                "The database was lost while the change was stored, so it may have been made. Read the \
                 object when `/readyz` reports that the control plane is ready, and repeat the request if \
                 it was not"
                    .to_owned(),
            );
        }
        Self::Unavailable(
            "The store accepts no writes, so nothing was changed. The log of the control plane \
             contains the reason. Retry when `/readyz` reports that it is ready"
                .to_owned(),
        )
    }

    /// Returns the error for a path segment that the route does not have.
    pub(crate) fn misrouted(segment: &'static str) -> Self {
        Self::Internal(
            format!("failed to read path segment `{segment}`: the route has none").into(),
        )
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<underpass_store::Error> for Error {
    /// The caller receives the kind of an unreadable document only: its key may name another project.
    /// The store has logged both.
    fn from(error: underpass_store::Error) -> Self {
        match error {
            underpass_store::Error::Unreadable { kind, .. }
            | underpass_store::Error::Encryption { kind, .. } => unreadable(kind).into(),
            error if error.is_uncertain() => Self::uncommitted(error),
            error if error.is_outage() => {
                tracing::error!(error = %Report::new(&error), "failed to use the store");
                Self::Unavailable(
                    "The store cannot be used for now. The log of the control plane contains the reason. \
                     Retry when `/readyz` reports that it is ready"
                        .to_owned(),
                )
            }
            underpass_store::Error::BackupElsewhere => backup_elsewhere().into(),
            error => Self::Internal(Box::new(error)),
        }
    }
}

/// Returns the refusal for a backup of a store that other tools back up.
fn backup_elsewhere() -> Refusal {
    let message = "The store is a PostgreSQL database, of which Underpass makes no backup. Back it up with \
                   PostgreSQL's own tools, for instance `pg_dump --format=custom --file=underpass.dump \
                   DATABASE`, and keep the key file elsewhere";
    Refusal::conflict("backup_elsewhere", message)
}

/// Returns the refusal for a request that needs a document that cannot be read.
pub(crate) fn unreadable(kind: &str) -> Refusal {
    let message = format!(
        "A stored document of kind `{kind}` that this request needs cannot be read: it was stored by \
         another version of Underpass, or is damaged. It was left unchanged. Ask the operator to run \
         the newer version or to restore a backup"
    );
    Refusal::conflict("stored_document_unreadable", message)
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

/// Body of a refusal.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorBody {
    /// The failure, the rule that refused it, and the next step.
    message: String,
    /// The refusal, with its code.
    errors: Vec<ErrorItem>,
}

#[derive(Debug, Serialize)]
struct ErrorItem {
    /// The same text.
    message: String,
    /// Path of the page about the code, on this server; empty without a code.
    more_info: String,
    /// HTTP status.
    status: u16,
    /// Code of the rule; omitted where HTTP itself is concerned.
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

/// Writes the body of a refusal by the HTTP server, which has no route.
pub(crate) fn refusal_body(refused: Refused) -> serde_json::Value {
    let body = ErrorBody::new(refused.status(), refused.message().to_owned(), None);
    serde_json::to_value(body).unwrap_or_default()
}

/// Returns the page of a code; a test compares pages and codes.
fn page(code: &str) -> String {
    format!("/docs/errors/{code}")
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
            Self::TooManyRequests {
                message,
                retry_after,
            } => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                let body = Json(ErrorBody::new(status, message, None));
                return (status, [(RETRY_AFTER, retry_after.to_string())], body).into_response();
            }
            Self::Protocol(status, message) => (status, message, None),
            Self::Internal(cause) => {
                tracing::error!(error = %Report::new(&*cause), "request failed with an internal error");
                let message = "Internal error. The request may or may not have taken effect; read the \
                               resource. Report the x-request-id of this answer to the operator";
                (StatusCode::INTERNAL_SERVER_ERROR, message.to_owned(), None)
            }
            Self::Contended => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                let body = Json(ErrorBody::new(status, CONTENDED.to_owned(), None));
                return (status, [(RETRY_AFTER, CONTENDED_SECONDS)], body).into_response();
            }
            Self::Unavailable(message) => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                let body = Json(ErrorBody::new(status, message, None));
                return (status, [(RETRY_AFTER, RETRY_SECONDS)], body).into_response();
            }
        };
        (status, Json(ErrorBody::new(status, message, code))).into_response()
    }
}
