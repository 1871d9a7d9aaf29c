//! The services of a project, each with its links on one line.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use underpass_model::service_type::{SERVICE_TYPES, ServiceTypeFacts};
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::paging::{Paging, ROWS};
use underpass_web::url::query;

use crate::call::Refused;
use crate::catalogue::{CloudGroup, clouds};
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::{ROOT, link_href, project_href};
use crate::page::Page;
use crate::shell::{Section, Shell};

pub(crate) fn routes() -> Router<Console> {
    Router::new().route(&format!("{ROOT}/project/{{project}}/service"), get(show))
}

#[derive(Template)]
#[template(path = "console/services.html")]
struct ServicesPage {
    shell: Shell,
    filter: Filter,
    types: &'static [ServiceTypeFacts],
    clouds: Vec<CloudGroup>,
    services: Vec<Service>,
    total: usize,
    paging: Paging,
}

/// Which services are shown.
struct Filter {
    query: String,
    service_type: String,
    cloud: String,
    /// The last name of the page before.
    after: String,
}

/// What `services` answers.
#[derive(Deserialize)]
struct ServicesAnswer {
    services: Vec<Service>,
    total: usize,
    next_after: Option<String>,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the words on the wire")]
struct Service {
    service_name: String,
    service_type: String,
    state: String,
    cloud_name: String,
    node_count: usize,
    links: Vec<Link>,
    attention: usize,
}

#[derive(Deserialize)]
struct Link {
    provider: String,
    state: String,
    connections: BTreeMap<String, usize>,
    next_action: Option<String>,
}

impl Link {
    fn count(&self, state: &str) -> usize {
        self.connections.get(state).copied().unwrap_or_default()
    }

    fn pending(&self) -> usize {
        self.count("pending-user-approval")
    }

    fn active(&self) -> usize {
        self.count("active")
    }
}

impl Filter {
    fn of(page: &Page) -> Self {
        Self {
            query: page.query("query").trim().to_owned(),
            service_type: page.query("type"),
            cloud: page.query("cloud"),
            after: page.query("after"),
        }
    }

    /// What was said, without the place in the list.
    fn kept(&self) -> [(&str, &str); 3] {
        [
            ("query", &self.query),
            ("type", &self.service_type),
            ("cloud", &self.cloud),
        ]
    }

    fn is_set(&self) -> bool {
        self.kept().iter().any(|(_, value)| !value.is_empty())
    }
}

async fn show(page: Page) -> Response {
    match load(&page).await {
        Ok(list) => page.render(&list),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page) -> Result<ServicesPage, Refused> {
    let filter = Filter::of(page);
    let limit = ROWS.to_string();
    let place = [("limit", limit.as_str()), ("after", &filter.after)];
    let asked = query(filter.kept().into_iter().chain(place));
    let route = format!("{}{asked}", page.own_route(["services"]));
    let answer: ServicesAnswer = page.api.get(&route).await?;
    let paging = Paging::new(
        &page.href(["service"]),
        &filter.kept(),
        "after",
        &filter.after,
        answer.next_after.as_deref(),
    );
    Ok(ServicesPage {
        shell: page
            .shell("Services", Section::Services)
            .await
            .with(vec![snippet(page, &filter, &route)]),
        clouds: clouds(page).await?,
        filter,
        types: SERVICE_TYPES,
        services: answer.services,
        total: answer.total,
        paging,
    })
}

fn snippet(page: &Page, filter: &Filter, route: &str) -> CliSnippet {
    let mut command = vec!["service", "list"];
    if !filter.service_type.is_empty() {
        command.extend(["--service-type", &filter.service_type]);
    }
    command.extend(["--project", page.project()]);
    cli_snippet("List services", command, &Method::GET, route, None)
}

impl ServicesPage {
    fn list_href(&self) -> String {
        project_href(&self.shell.project, ["service"])
    }

    fn register_href(&self) -> String {
        project_href(&self.shell.project, ["register-service"])
    }

    fn service_href(&self, service: &str) -> String {
        project_href(&self.shell.project, ["service", service])
    }

    fn link_href(&self, service: &str, provider: &str) -> String {
        link_href(&self.shell.project, service, provider)
    }
}
