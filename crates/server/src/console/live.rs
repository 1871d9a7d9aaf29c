//! Tells open pages that something changed.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use underpass_model::auth::Access;
use underpass_model::name::ProjectName;
use underpass_web::live::{PageEvent, Watch};

use super::Console;
use super::page::{Page, ROOT};
use super::session::Session;
use crate::changes::Listener;

/// Changes that come within this time are one: 200 ms, below what users notice, above the pace at
/// which workers commit.
const GATHER: Duration = Duration::from_millis(200);

/// Longest time between two refreshes: 20 s, even if nothing was announced. Another control plane
/// on the same store may have changed something, and ages grow.
const AT_LATEST: Duration = Duration::from_secs(20);

/// Parameter in which a page says how many changes it shows: something may have changed after the
/// page was made and before it began to listen.
pub(super) const AFTER: &str = "after";

/// Most pages that receive events at a time: 512. Each costs a task and a socket.
pub(super) const MOST: usize = 512;

pub(super) fn routes() -> Router<Console> {
    Router::new().route(&format!("{ROOT}/project/{{project}}/changes"), get(changes))
}

/// Changes of a project, as a session that may read it sees them.
struct ProjectWatch {
    console: Console,
    session: Session,
    project: ProjectName,
    listener: Listener,
}

async fn changes(page: Page) -> Response {
    let Ok(project) = page.project().parse::<ProjectName>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if let Err(refusal) = page.session.principal.authorize(&project, Access::Read) {
        return crate::api::Error::from(refusal).into_response();
    }
    let announcer = &page.console.app.changes;
    let listener = match page.query(AFTER).parse() {
        Ok(count) => announcer.listen_after(count),
        Err(_not_said) => announcer.listen(),
    };
    let subscriptions = page.console.subscriptions.clone();
    subscriptions.open(ProjectWatch {
        listener,
        console: page.console,
        session: page.session,
        project,
    })
}

impl Watch for ProjectWatch {
    async fn next(&mut self) -> Option<PageEvent> {
        match tokio::time::timeout(AT_LATEST, self.listener.next()).await {
            Ok(false) => return None,
            Ok(true) => tokio::time::sleep(GATHER).await,
            Err(_elapsed) => {}
        }
        Some(if self.is_welcome().await {
            PageEvent::Change
        } else {
            PageEvent::End
        })
    }
}

impl ProjectWatch {
    /// Reports whether the session is still good; a store that cannot be read says nothing about
    /// it.
    async fn is_welcome(&self) -> bool {
        match Session::again(&self.console.app, &self.session).await {
            Ok(None) => false,
            Ok(Some(session)) => {
                let principal = &session.principal;
                principal.authorize(&self.project, Access::Read).is_ok()
            }
            // The page only learns that it should look, and looking asks again.
            Err(_unreadable) => true,
        }
    }
}
