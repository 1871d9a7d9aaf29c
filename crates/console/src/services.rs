//! The services of a project with their links.

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use underpass_api_types::service::{ServicePage, ServiceSummary};
use underpass_model::service_type::{SERVICE_TYPES, ServiceTypeFacts};
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::paging::{Paging, ROWS};
use underpass_web::url::query;

use crate::api_error::ApiError;
use crate::catalogue::{CloudGroup, clouds};
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::{ROOT, link_href, project_href};
use crate::layout::{PageLayout, Section};
use crate::page::Page;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route(&format!("{ROOT}/project/{{project}}/service"), get(show))
}

#[derive(Template)]
#[template(path = "console/services.html")]
struct ServicesPage {
    layout: PageLayout,
    filter: Filter,
    types: &'static [ServiceTypeFacts],
    clouds: Vec<CloudGroup>,
    services: Vec<ServiceSummary>,
    total: usize,
    paging: Paging,
}

/// Filter of the list.
struct Filter {
    query: String,
    service_type: String,
    cloud: String,
    /// Last name of the previous page.
    after: String,
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

    /// The filters as parameters, without the position in the list.
    fn filters(&self) -> [(&str, &str); 3] {
        [
            ("query", &self.query),
            ("type", &self.service_type),
            ("cloud", &self.cloud),
        ]
    }

    fn is_set(&self) -> bool {
        self.filters().iter().any(|(_, value)| !value.is_empty())
    }
}

async fn show(page: Page) -> Response {
    match load(&page).await {
        Ok(list) => page.render(&list),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page) -> Result<ServicesPage, ApiError> {
    let filter = Filter::of(page);
    let limit = ROWS.to_string();
    let place = [("limit", limit.as_str()), ("after", &filter.after)];
    let asked = query(filter.filters().into_iter().chain(place));
    let route = format!("{}{asked}", page.own_route(["services"]));
    let answer: ServicePage = page.api.get(&route).await?;
    let paging = Paging::new(
        "First page",
        &page.href(["service"]),
        &filter.filters(),
        "after",
        &filter.after,
        answer.next_after.as_deref(),
    );
    Ok(ServicesPage {
        layout: page
            .layout("Services", Section::Services)
            .await
            .with_snippets(vec![snippet(page, &filter, &route)]),
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
        project_href(&self.layout.project, ["service"])
    }

    fn register_href(&self) -> String {
        project_href(&self.layout.project, ["register-service"])
    }

    fn service_href(&self, service: &str) -> String {
        project_href(&self.layout.project, ["service", service])
    }

    fn link_href(&self, service: &str, provider: &str) -> String {
        link_href(&self.layout.project, service, provider)
    }
}
