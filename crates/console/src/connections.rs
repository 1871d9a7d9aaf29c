//! The connections of a project.

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use underpass_api_types::connection::ConnectionView;
use underpass_api_types::queue::{ConnectionPage, ProjectConnection};
use underpass_model::cloud::Provider;
use underpass_model::link::ConnectionState;
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::paging::{Paging, ROWS};
use underpass_web::time::RelativeTime;
use underpass_web::url::query;

use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::{ROOT, link_href, project_href};
use crate::layout::{PageLayout, Section};
use crate::page::Page;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route(&format!("{ROOT}/project/{{project}}/connection"), get(show))
}

#[derive(Template)]
#[template(path = "console/connections.html")]
struct ConnectionsPage {
    layout: PageLayout,
    filter: Filter,
    /// All states.
    states: [&'static str; 6],
    /// All providers, with their names.
    providers: [(&'static str, &'static str); 3],
    connections: Vec<Row>,
    total: usize,
    paging: Paging,
}

/// Filter of the list.
struct Filter {
    /// One or several states, joined by commas.
    state: String,
    service: String,
    provider: String,
    query: String,
    /// End of the previous page.
    after: String,
}

/// A connection of the list.
struct Row {
    service_name: String,
    provider: Provider,
    it: ConnectionView,
    since: RelativeTime,
}

impl Row {
    /// Reports whether an approval needs the address of the endpoint.
    fn needs_address(&self) -> bool {
        self.provider != Provider::Azure
    }
}

impl Filter {
    fn of(page: &Page) -> Self {
        Self {
            state: page.query("state"),
            service: page.query("service").trim().to_owned(),
            provider: page.query("provider"),
            query: page.query("query").trim().to_owned(),
            after: page.query("after"),
        }
    }

    /// The filters as parameters, without the position in the list.
    fn filters(&self) -> [(&str, &str); 4] {
        [
            ("state", &self.state),
            ("service", &self.service),
            ("provider", &self.provider),
            ("query", &self.query),
        ]
    }

    fn is_set(&self) -> bool {
        self.filters().iter().any(|(_, value)| !value.is_empty())
    }

    /// Reports whether the form offers the states.
    fn has_one_state(&self) -> bool {
        let mut all = ConnectionState::ALL.iter();
        self.state.is_empty() || all.any(|state| state.as_str() == self.state)
    }
}

async fn show(page: Page) -> Response {
    match load(&page).await {
        Ok(list) => page.render(&list),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page) -> Result<ConnectionsPage, ApiError> {
    let filter = Filter::of(page);
    let limit = ROWS.to_string();
    let place = [("limit", limit.as_str()), ("after", &filter.after)];
    let asked = query(filter.filters().into_iter().chain(place));
    let route = format!("{}{asked}", page.own_route(["connections"]));
    let answer: ConnectionPage = page.api.get(&route).await?;
    let paging = Paging::new(
        "First page",
        &page.href(["connection"]),
        &filter.filters(),
        "after",
        &filter.after,
        answer.next_after.as_deref(),
    );
    let row = |it: ProjectConnection| Row {
        service_name: it.service_name,
        provider: it.provider,
        since: RelativeTime::new(&it.connection.first_seen_at, page.now),
        it: it.connection,
    };
    Ok(ConnectionsPage {
        layout: page
            .layout("Connections", Section::Connections)
            .await
            .with_snippets(vec![snippet(page, &filter, &route)]),
        states: ConnectionState::ALL.map(ConnectionState::as_str),
        providers: [Provider::Azure, Provider::Google, Provider::Aws]
            .map(|provider| (provider.as_str(), provider.description())),
        connections: answer.connections.into_iter().map(row).collect(),
        filter,
        total: answer.total,
        paging,
    })
}

fn snippet(page: &Page, filter: &Filter, route: &str) -> CliSnippet {
    let mut command = vec!["project", "connections"];
    for state in filter.state.split(',').filter(|state| !state.is_empty()) {
        command.extend(["--state", state]);
    }
    // The command line has no flag for the provider; its list names it.
    for (flag, value) in [("--service", &filter.service), ("--query", &filter.query)] {
        if !value.is_empty() {
            command.extend([flag, value]);
        }
    }
    command.extend(["--project", page.project()]);
    cli_snippet("List these connections", command, &Method::GET, route, None)
}

impl ConnectionsPage {
    fn list_href(&self) -> String {
        project_href(&self.layout.project, ["connection"])
    }

    fn row_href(&self, row: &Row) -> String {
        format!(
            "{}#{}",
            self.link_href(row),
            row.it.privatelink_connection_id
        )
    }

    /// Form of the link's page, which decides.
    fn approve_href(&self, row: &Row) -> String {
        let id = &row.it.privatelink_connection_id;
        format!("{}/connection/{id}/approve", self.link_href(row))
    }

    fn link_href(&self, row: &Row) -> String {
        link_href(
            &self.layout.project,
            &row.service_name,
            row.provider.as_str(),
        )
    }
}
