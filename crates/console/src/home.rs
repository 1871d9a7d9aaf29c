//! Home: pending connections, problems, counts, recent events.

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use underpass_api_types::event::{EventView, NewestEvents};
use underpass_api_types::overview::Overview;
use underpass_api_types::queue::{ConnectionPage, ProjectConnection};
use underpass_api_types::remedy::RemedyView;
use underpass_web::time::RelativeTime;

use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::ROOT;
use crate::layout::{PageLayout, Section};
use crate::page::Page;
use crate::remedy::{RemedyLink, remedy_link};

/// Pending connections shown: 20, one screen; the list of connections shows all.
const QUEUE: usize = 20;

/// Events shown: 12.
const EVENTS: usize = 12;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route(&format!("{ROOT}/project/{{project}}"), get(show))
}

#[derive(Template)]
#[template(path = "console/home.html")]
struct HomePage {
    layout: PageLayout,
    overview: Overview,
    queue: Vec<PendingRow>,
    queue_total: usize,
    events: Vec<EventRow>,
}

/// A connection that waits for a decision.
struct PendingRow {
    it: ProjectConnection,
    since: RelativeTime,
    href: String,
}

/// An event of the list.
struct EventRow {
    it: EventView,
    when: RelativeTime,
}

async fn show(page: Page) -> Response {
    match load(&page).await {
        Ok(home) => page.render(&home),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page) -> Result<HomePage, ApiError> {
    let overview_route = page.own_route(["overview"]);
    let pending = format!(
        "{}?state=pending-user-approval&limit={QUEUE}",
        page.own_route(["connections"])
    );
    let recent = format!("{}?order=newest&limit={EVENTS}", page.own_route(["events"]));
    // One request for the whole project gives both the counts and the queue.
    let both = format!("{overview_route}?waiting={QUEUE}");
    let mut overview: Overview = page.api.get(&both).await?;
    let waiting = overview.waiting.take();
    let ConnectionPage {
        connections, total, ..
    } = waiting.ok_or_else(|| ApiError::internal("read the queue of the overview"))?;
    let events: NewestEvents = page.api.get(&recent).await?;
    let project = page.project();
    let snippets = vec![
        cli_snippet(
            "List pending connections",
            [
                "project",
                "connections",
                "--state",
                "pending-user-approval",
                "--project",
                project,
            ],
            &Method::GET,
            &pending,
            None,
        ),
        cli_snippet(
            "Show counts and problems",
            ["project", "overview", "--project", project],
            &Method::GET,
            &overview_route,
            None,
        ),
    ];
    let pending_row = |it: ProjectConnection| PendingRow {
        since: RelativeTime::new(&it.connection.first_seen_at, page.now),
        href: page.link_href(&it.service_name, it.provider.as_str()),
        it,
    };
    let event_row = |it: EventView| EventRow {
        when: RelativeTime::new(&it.at, page.now),
        it,
    };
    Ok(HomePage {
        layout: page
            .layout("Home", Section::Home)
            .await
            .with_snippets(snippets),
        overview,
        queue_total: total,
        queue: connections.into_iter().map(pending_row).collect(),
        events: events.events.into_iter().map(event_row).collect(),
    })
}

impl HomePage {
    /// Returns the number of problems that need attention.
    fn attention(&self) -> usize {
        self.overview.conditions_total
            + self.overview.unreadable.len()
            + self.overview.network_conditions.len()
    }

    fn services_href(&self) -> String {
        crate::href::project_href(&self.layout.project, ["service"])
    }

    fn connections_href(&self, state: &str) -> String {
        let list = crate::href::project_href(&self.layout.project, ["connection"]);
        format!("{list}?state={state}")
    }

    fn events_href(&self) -> String {
        crate::href::project_href(&self.layout.project, ["event"])
    }

    fn action(&self, view: &RemedyView) -> Option<RemedyLink> {
        remedy_link(&self.layout.project, self.layout.is_operator, &view.remedy)
    }

    fn networks_href(&self) -> String {
        crate::href::project_href(&self.layout.project, ["network"])
    }

    fn link_href(&self, service: &str, provider: &str) -> String {
        crate::href::link_href(&self.layout.project, service, provider)
    }
}
