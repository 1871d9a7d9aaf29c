//! Events of a project.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use underpass_api_types::event::{EventPage, EventView, NewestEvents, OldestEvents};
use underpass_model::auth::Principal;
use underpass_model::event::Event;
use underpass_model::id::ProjectIncarnation;
use underpass_model::project::Project;
use underpass_store::{HistoryOrder, HistoryPage};

use super::listing::non_blank;
use crate::api::error::Error;
use crate::api::history::Subject;
use crate::api::project::DELETED;
use crate::api::query::QueryParams;
use crate::api::whole_project::{WholeProject, on_own_threads};
use crate::api::wire_time::wire_time;
use crate::app::App;

/// Default number of events in one answer.
const DEFAULT_LIMIT: usize = 100;

/// Most events in one answer: 1000, some hundred kibibytes.
const MAX_LIMIT: usize = 1000;

pub(super) fn routes() -> Router<App> {
    Router::new().route(
        "/v1/underpass/project/{project}/events",
        on_own_threads(get(list)),
    )
}

#[derive(Deserialize)]
struct Asked {
    order: Option<Order>,
    after: Option<u64>,
    before: Option<u64>,
    /// Subject of the events, or a prefix of it.
    subject: Option<String>,
    limit: Option<usize>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    Oldest,
    Newest,
}

async fn list(
    State(app): State<App>,
    WholeProject(member): WholeProject,
    QueryParams(asked): QueryParams<Asked>,
) -> Result<Json<EventPage>, Error> {
    // Events of an earlier project of this name belong to its tenant.
    let begins_after = history_after(&app, &member.project.value).await?;
    let after = asked.after.unwrap_or(0).max(begins_after);
    let limit = asked.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let subject = non_blank(asked.subject.as_ref()).map(|it| it.trim_end_matches('/'));
    let page = HistoryPage {
        after,
        before: asked.before,
        subject: subject.map(str::to_owned),
        order: HistoryOrder::Oldest,
        limit,
    };
    Ok(Json(match asked.order {
        None | Some(Order::Oldest) => {
            let found = app.store.history(member.name(), &page).await?;
            EventPage::Oldest(OldestEvents {
                next_after: found.last().map_or(after, |(seq, _)| *seq),
                events: views(found, &member.principal),
            })
        }
        Some(Order::Newest) => {
            // One more than requested shows whether there are more.
            let page = HistoryPage {
                order: HistoryOrder::Newest,
                limit: limit + 1,
                ..page
            };
            let mut found = app.store.history(member.name(), &page).await?;
            let has_more = found.len() > limit;
            found.truncate(limit);
            EventPage::Newest(NewestEvents {
                next_before: found.last().filter(|_| has_more).map(|(seq, _)| *seq),
                events: views(found, &member.principal),
            })
        }
    }))
}

/// Returns the position after which the history of a project begins.
async fn history_after(app: &App, project: &Project) -> Result<u64, Error> {
    if project.incarnation != ProjectIncarnation::default() {
        return Ok(project.history_after);
    }
    // An earlier build created the project and did not store where its history begins.
    let newest = HistoryPage {
        subject: Some(Subject::Project.to_string()),
        order: HistoryOrder::Newest,
        ..HistoryPage::after(0, MAX_LIMIT)
    };
    let found = app.store.history(&project.name, &newest).await?;
    let deletion = found.iter().find(|(_, event)| event.code == DELETED);
    Ok(deletion.map_or(0, |(position, _)| *position))
}

fn views(found: Vec<(u64, Event)>, caller: &Principal) -> Vec<EventView> {
    found
        .into_iter()
        .map(|(seq, event)| view(seq, event, caller))
        .collect()
}

fn view(seq: u64, event: Event, caller: &Principal) -> EventView {
    EventView {
        seq,
        at: wire_time(event.at),
        subject: event.subject,
        actor: caller.shown_actor(&event.actor).to_owned(),
        code: event.code,
        message: event.message,
        details: event.details,
    }
}
