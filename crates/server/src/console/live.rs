//! Tells open pages that something changed, by server-sent events.
//!
//! An event carries nothing: the page fetches itself anew, with the visitor's own rights.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;
use underpass_model::auth::Access;
use underpass_model::name::ProjectName;

use super::Console;
use super::page::{Page, ROOT};
use super::session::Session;
use crate::changes::Listener;

/// Changes that come within this time are one: 200 ms, below what people notice, above the pace
/// at which workers commit.
const GATHER: Duration = Duration::from_millis(200);

/// Pages look again after this time even if nothing was announced: 20 s. Another control plane on
/// the same store may have changed something, and ages grow.
const AT_LATEST: Duration = Duration::from_secs(20);

/// The parameter by which a page says how many changes it shows: something may have changed after
/// the page was made and before it began to listen.
pub(super) const AFTER: &str = "after";

/// Most pages that are told at a time: 512. Each costs a task and a socket; those beyond still
/// work, and show what is new when they are reloaded.
pub(super) const MOST: usize = 512;

pub(super) fn routes() -> Router<Console> {
    Router::new().route(&format!("{ROOT}/project/{{project}}/changes"), get(changes))
}

/// A page that listens.
struct Watch {
    console: Console,
    session: Session,
    project: ProjectName,
    listener: Listener,
    is_over: bool,
    _place: OwnedSemaphorePermit,
}

async fn changes(page: Page) -> Response {
    let Ok(project) = page.project().parse::<ProjectName>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if let Err(refusal) = page.session.principal.authorize(&project, Access::Read) {
        return crate::api::Error::from(refusal).into_response();
    }
    let Ok(place) = std::sync::Arc::clone(&page.console.places).try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let announcer = &page.console.app.changes;
    let listener = match page.query(AFTER).parse() {
        Ok(count) => announcer.listen_after(count),
        Err(_not_said) => announcer.listen(),
    };
    let watch = Watch {
        listener,
        console: page.console,
        session: page.session,
        project,
        is_over: false,
        _place: place,
    };
    let events = stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        Some((Ok::<_, Infallible>(event), watch))
    });
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}

/// Browsers drop an event that has no data at all (HTML, "interpreting an event stream").
fn told(what: &str) -> Event {
    Event::default().event(what).data(what)
}

impl Watch {
    /// The next thing to tell; nothing once there is nothing more to come.
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        match tokio::time::timeout(AT_LATEST, self.listener.next()).await {
            Ok(false) => return None,
            Ok(true) => tokio::time::sleep(GATHER).await,
            Err(_elapsed) => {}
        }
        if self.is_welcome().await {
            return Some(told("change"));
        }
        self.is_over = true;
        Some(told("end"))
    }

    /// Whether the session is still good; a store that cannot be read says nothing about it.
    async fn is_welcome(&self) -> bool {
        match Session::again(&self.console.app, &self.session).await {
            Ok(None) => false,
            Ok(Some(session)) => {
                let principal = &session.principal;
                principal.authorize(&self.project, Access::Read).is_ok()
            }
            // Nothing is told but to look, and looking asks again.
            Err(_unreadable) => true,
        }
    }
}
