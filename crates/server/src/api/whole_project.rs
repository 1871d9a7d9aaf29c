//! Routes that read a whole project.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;
use tracing::Instrument as _;

use super::error::Error;
use super::extract::Member;
use crate::admission::Admission;
use crate::app::App;
use crate::whole_reads::WAITING;

/// Member of the project in the path, for routes that read the whole project: the request has one of the
/// slots of such reads. Their routes are [on threads of their own](on_own_threads).
pub(crate) struct WholeProject(pub(crate) Member);

impl FromRequestParts<App> for WholeProject {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let member = Member::from_request_parts(parts, app).await?;
        let admission = Admission::of(&parts.extensions);
        if app.whole_reads.enter(&admission).await {
            Ok(Self(member))
        } else {
            Err(Error::too_many_waiting(WAITING))
        }
    }
}

/// The routes so far, on the threads of reads of whole projects.
pub(crate) fn on_own_threads(routes: MethodRouter<App>) -> MethodRouter<App> {
    routes.layer(from_fn(move_to_threads))
}

async fn move_to_threads(request: Request, next: Next) -> Response {
    let threads = Admission::of(request.extensions()).reads().cloned();
    let answer = next.run(request).in_current_span();
    let Some(threads) = threads else {
        return answer.await;
    };
    match threads.spawn(answer).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            // An outer layer answers it.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_ended) => {
                let message = "The server is stopping. Try again".to_owned();
                Error::Unavailable(message).into_response()
            }
        },
    }
}
