//! Origin check of the API, which prevents pages of other sites from using it through a browser.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use underpass_web::origin::{self, OriginError};

use crate::api::error::Error;
use crate::app::App;

/// Routes of probes, which use any host name; their answers contain nothing private.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Refuses requests with an unknown host name and those from pages of another origin.
pub(super) async fn check_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    if !PROBES.contains(&request.uri().path())
        && let Err(error) = origin::check(request.headers(), &app.settings.api_hosts)
    {
        return Error::from(error).into_response();
    }
    next.run(request).await
}

impl From<OriginError> for Error {
    fn from(error: OriginError) -> Self {
        let message = match &error {
            OriginError::HostCount => {
                "A request needs exactly one `host` header (RFC 9112, section 3.2)".to_owned()
            }
            OriginError::UnknownHost(host) => format!(
                "`{host}` is not a host name of this API. Use a loopback address, or start the \
                 server with `--api-host`, which adds a name"
            ),
            OriginError::ForeignOrigin(origin) => format!(
                "Pages of `{origin}` may not use this API from a browser. Only its own pages may"
            ),
        };
        Self::Protocol(error.status(), message)
    }
}
