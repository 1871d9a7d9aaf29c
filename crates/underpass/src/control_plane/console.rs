//! Connects the web console to the control plane of this process.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::response::IntoResponse as _;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use jiff::Timestamp;
use underpass_console::{Console, ControlPlane, FileBesideStore, Portals, SessionError};
use underpass_model::auth::Principal;
use underpass_model::credentials::Secret;
use underpass_server::api::{self, Error};
use underpass_server::app::App;
use underpass_server::session;
use underpass_web::live::RequestKind;

/// Implements the console's view of the control plane.
struct Adapter(App);

/// Routes of the console, a client of the API of `app`.
///
/// `files` are those that a backup of the store does not contain; `connections` is the limit of the
/// process.
pub(crate) fn pages(
    app: &App,
    portals: Portals,
    files: impl IntoIterator<Item = FileBesideStore>,
    connections: usize,
) -> Router {
    let control_plane = Arc::new(Adapter(app.clone()));
    let console = Console::new(api::routes(app.clone()), control_plane, portals);
    let console = console.on_connections(connections);
    underpass_console::routes(console.with_files_beside_store(files))
}

#[async_trait]
impl ControlPlane for Adapter {
    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn change_count(&self, project: Option<&str>) -> u64 {
        self.0.changes.count(project)
    }

    fn changes(&self, project: Option<&str>, after: Option<u64>) -> BoxStream<'static, ()> {
        let listener = self.0.changes.listen_to(project, after);
        stream::unfold(listener, |mut listener| async move {
            listener.next().await.then_some(((), listener))
        })
        .boxed()
    }

    async fn takes_writes(&self) -> bool {
        self.0.store.check().await.is_ok()
    }

    async fn begin_session(
        &self,
        access_token: &str,
        client: Option<IpAddr>,
    ) -> Result<Secret, SessionError> {
        let begun = session::begin(&self.0, access_token, client).await;
        begun.map_err(refused)
    }

    async fn find_session(
        &self,
        token: &Secret,
        kind: RequestKind,
    ) -> Result<Option<Principal>, SessionError> {
        session::find(&self.0, token, kind).await.map_err(refused)
    }
}

fn refused(error: Error) -> SessionError {
    match error {
        Error::Refused(refusal) => SessionError::Refused(refusal.message),
        Error::Unavailable(message) => SessionError::Unavailable(message),
        Error::Contended => SessionError::Unavailable(
            "The session is being modified concurrently. Try again".to_owned(),
        ),
        Error::TooManyRequests {
            message,
            retry_after,
        } => SessionError::TooMany {
            message,
            retry_after,
        },
        error @ (Error::Protocol(..) | Error::Internal(_)) => {
            SessionError::Failed(Box::new(error.into_response()))
        }
    }
}
