//! Change events for open pages.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::time::{Instant, timeout_at};
use underpass_model::auth::Access;
use underpass_model::name::ProjectName;
use underpass_model::refusal::Refusal;
use underpass_web::live::{PageEvent, Watch};

use crate::console::Console;
use crate::control_plane::ControlPlane;
use crate::href::{AFTER, ROOT};
use crate::page::Page;
use crate::session::Session;

/// Changes within this time are one event: 200 ms, below what users notice, above the interval at
/// which workers commit.
const GATHER: Duration = Duration::from_millis(200);

/// Longest time between two checks of the session: 4 s. A page whose session ended leaves within
/// this time, also when another control plane on the same store ended it.
const RECHECK: Duration = Duration::from_secs(4);

/// Longest time between two events: 20 s. Another control plane on the same store may have changed
/// something, and ages grow.
const AT_LATEST: Duration = Duration::from_secs(20);

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route(
            &format!("{ROOT}/project/{{project}}/changes"),
            get(of_project),
        )
        .route(&format!("{ROOT}/changes"), get(of_installation))
}

/// Changes for a session that may read their subject.
struct SubjectWatch {
    console: Console,
    session: Session,
    subject: Subject,
    changes: BoxStream<'static, ()>,
    /// Time of the next event if nothing changes.
    refresh_at: Instant,
}

/// Subject of a page.
enum Subject {
    /// A project.
    Project(ProjectName),
    /// The installation; for operators.
    Installation,
}

async fn of_project(page: Page) -> Response {
    match page.project().parse::<ProjectName>() {
        Ok(project) => changes(page, Subject::Project(project)),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn of_installation(page: Page) -> Response {
    changes(page, Subject::Installation)
}

fn changes(page: Page, subject: Subject) -> Response {
    if let Err(refusal) = subject.authorize(&page.session) {
        return (StatusCode::FORBIDDEN, refusal.message).into_response();
    }
    let after = page.query(AFTER).parse().ok();
    let subscriptions = page.console.subscriptions.clone();
    let user = &page.session.principal;
    let shares = page.console.page_shares(user, subject.project());
    let watch = SubjectWatch {
        changes: page.console.control_plane.changes(subject.project(), after),
        refresh_at: Instant::now() + AT_LATEST,
        console: page.console,
        session: page.session,
        subject,
    };
    subscriptions.open(&shares, watch)
}

impl Subject {
    /// Name of the project whose changes the page shows; `None` for those of all.
    fn project(&self) -> Option<&str> {
        match self {
            Self::Project(project) => Some(project.as_str()),
            Self::Installation => None,
        }
    }

    fn authorize(&self, session: &Session) -> Result<(), Refusal> {
        match self {
            Self::Project(project) => {
                let role = session.principal.authorize(project, Access::Read);
                role.map(drop)
            }
            Self::Installation => session.principal.authorize_operator(),
        }
    }
}

impl Watch for SubjectWatch {
    async fn next(&mut self) -> Option<PageEvent> {
        loop {
            let check_at = self.refresh_at.min(Instant::now() + RECHECK);
            let is_due = match timeout_at(check_at, self.changes.next()).await {
                Ok(None) => return None,
                Ok(Some(())) => {
                    tokio::time::sleep(GATHER).await;
                    true
                }
                Err(_elapsed) => Instant::now() >= self.refresh_at,
            };
            let control_plane = &*self.console.control_plane;
            if !may_read(control_plane, &self.session, &self.subject).await {
                return Some(PageEvent::End);
            }
            if is_due {
                self.refresh_at = Instant::now() + AT_LATEST;
                return Some(PageEvent::Change);
            }
        }
    }
}

/// Reports whether the session is still valid, or the store cannot be read.
async fn may_read(control_plane: &dyn ControlPlane, session: &Session, subject: &Subject) -> bool {
    match Session::again(control_plane, session).await {
        Ok(None) => false,
        Ok(Some(session)) => subject.authorize(&session).is_ok(),
        // The event carries no data, and the refresh checks the session again.
        Err(_unreadable) => true,
    }
}
