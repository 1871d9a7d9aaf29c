//! A project's history.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use underpass_model::event::Event;

use crate::api::wire_time::wire_time;
use crate::api::{Error, Member, QueryParams};
use crate::app::App;

/// Events in one answer unless asked otherwise.
const USUAL_LIMIT: usize = 100;

/// Most events in one answer: 1000, some hundred kibibytes.
const LARGEST_LIMIT: usize = 1000;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/underpass/project/{project}/events", get(list))
}

#[derive(Deserialize)]
struct Page {
    after: Option<u64>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct EventsAnswer {
    /// Oldest first.
    events: Vec<EventView>,
    /// Give this as `after` to read on.
    next_after: u64,
}

/// What happened. The message may hold text that a consumer chose, which is hostile.
#[derive(Serialize)]
struct EventView {
    seq: u64,
    at: String,
    subject: String,
    actor: String,
    code: String,
    message: String,
    details: Value,
}

async fn list(
    State(app): State<App>,
    member: Member,
    QueryParams(page): QueryParams<Page>,
) -> Result<Json<EventsAnswer>, Error> {
    let after = page.after.unwrap_or(0);
    let limit = page.limit.unwrap_or(USUAL_LIMIT).clamp(1, LARGEST_LIMIT);
    let events = app.store.events(member.name(), after, limit).await?;
    let next_after = events.last().map_or(after, |(seq, _)| *seq);
    let events = events
        .into_iter()
        .map(|(seq, event)| view(seq, event))
        .collect();
    Ok(Json(EventsAnswer { events, next_after }))
}

fn view(seq: u64, event: Event) -> EventView {
    EventView {
        seq,
        at: wire_time(event.at),
        subject: event.subject,
        actor: event.actor,
        code: event.code,
        message: event.message,
        details: event.details,
    }
}
