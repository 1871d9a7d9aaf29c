//! The control plane as the console sees it, beside its API.

use std::net::IpAddr;

use async_trait::async_trait;
use axum::response::Response;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use underpass_model::auth::Principal;
use underpass_model::credentials::Secret;
use underpass_web::live::RequestKind;

/// The part of the control plane that is not in the API.
///
/// The rules of sessions stay behind it: the console only shows their outcome.
#[async_trait]
pub trait ControlPlane: Send + Sync {
    /// Current time.
    fn now(&self) -> Timestamp;

    /// Number of changes announced so far, of a project or of all; whatever is read afterwards shows
    /// them all.
    fn change_count(&self, project: Option<&str>) -> u64;

    /// Announces each change, of a project or of all, after the first `after` ones, or each from now
    /// on, and ends when nothing more will be announced. Changes that come while nothing is read are
    /// one.
    fn changes(&self, project: Option<&str>, after: Option<u64>) -> BoxStream<'static, ()>;

    /// Reports whether the store takes writes.
    async fn takes_writes(&self) -> bool;

    /// Exchanges an access token for a session of the client with this address; returns the session's
    /// token.
    ///
    /// # Errors
    /// [`SessionError::Refused`] if the access token is not accepted, [`SessionError::TooMany`] after
    /// many sign-ins, the others if the store fails.
    async fn begin_session(
        &self,
        access_token: &str,
        client: Option<IpAddr>,
    ) -> Result<Secret, SessionError>;

    /// Finds the session of a token, and counts a user's request as its use.
    ///
    /// # Errors
    /// If the store cannot be read.
    async fn find_session(
        &self,
        token: &Secret,
        kind: RequestKind,
    ) -> Result<Option<Principal>, SessionError>;
}

/// Reason why there is no session.
#[derive(Debug)]
pub enum SessionError {
    /// A rule refused it; the text is for the visitor.
    Refused(String),
    /// There were too many sign-ins; the text is for the visitor.
    TooMany {
        /// The text.
        message: String,
        /// Seconds after which a retry may succeed.
        retry_after: i64,
    },
    /// The store takes no writes; the text is for the visitor.
    Unavailable(String),
    /// Anything else, as the API answers it.
    Failed(Box<Response>),
}

impl SessionError {
    /// The answer of a page that could not look the session up.
    pub(crate) fn into_response(self) -> Response {
        use axum::http::StatusCode;
        use axum::http::header::RETRY_AFTER;
        use axum::response::IntoResponse as _;
        match self {
            Self::Refused(message) => (StatusCode::UNAUTHORIZED, message).into_response(),
            Self::TooMany {
                message,
                retry_after,
            } => {
                let headers = [(RETRY_AFTER, retry_after.to_string())];
                (StatusCode::TOO_MANY_REQUESTS, headers, message).into_response()
            }
            Self::Unavailable(message) => {
                (StatusCode::SERVICE_UNAVAILABLE, message).into_response()
            }
            Self::Failed(response) => *response,
        }
    }
}

/// Portals of the emulated clouds that run beside this API: URLs without a trailing slash.
///
/// The console links to them; nothing else depends on them. Below each, `/create?target=…` opens the
/// form for a new endpoint.
#[derive(Debug, Clone, Default)]
pub struct Portals {
    /// Emulated Azure's.
    pub azure: Option<String>,
    /// Emulated Google's.
    pub google: Option<String>,
}

/// A file of the data directory that a backup of the store does not contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileBesideStore {
    /// Name in the data directory.
    pub name: &'static str,
    /// Its content, and the consequence of its loss.
    pub content: &'static str,
}
