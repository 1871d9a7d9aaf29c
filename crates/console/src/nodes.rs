//! Nodes and components of a service.

mod change;
mod registered;
mod replacement;

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use underpass_api_types::compatible_service::CompatibleService;
use underpass_web::cli_snippet::CliSnippet;

use self::registered::{access, rows};
use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::{ROOT, project_href};
use crate::layout::{PageLayout, Section};
use crate::load;
use crate::page::Page;
use crate::rows::Rows;
use crate::service_head::{ServiceHead, Tab};

pub(crate) fn routes() -> Router<Console> {
    let root = format!("{ROOT}/project/{{project}}/service/{{service}}/nodes");
    Router::new()
        .route(&root, get(show))
        .merge(change::routes(&root))
}

#[derive(Template)]
#[template(path = "console/nodes.html")]
struct NodesPage {
    layout: PageLayout,
    head: ServiceHead,
    rows: Rows,
    /// Components that are open on links.
    access: BTreeMap<String, bool>,
}

async fn show(page: Page) -> Response {
    match load(&page).await {
        Ok(nodes) => page.render(&nodes),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page) -> Result<NodesPage, ApiError> {
    let service = load::service(page).await?;
    let title = format!("Nodes of {}", service.service_name);
    let snippets = snippets(page, &service);
    Ok(NodesPage {
        layout: page
            .layout(&title, Section::Services)
            .await
            .with_snippets(snippets),
        head: ServiceHead::new(page, &service, Tab::Nodes),
        rows: rows(&service),
        access: access(&service),
    })
}

fn snippets(page: &Page, service: &CompatibleService) -> Vec<CliSnippet> {
    let name = service.service_name.as_str();
    let project = page.project();
    let mut snippets = vec![cli_snippet(
        "Show the nodes and components",
        ["service", "get", name, "--json", "--project", project],
        &Method::GET,
        &page.route(["service", name]),
        None,
    )];
    if service.service_type == "kafka" {
        let route = page.own_route(["service", name, "kafka-listeners"]);
        snippets.push(cli_snippet(
            "Show the listeners that the brokers need",
            ["service", "kafka-listeners", name, "--project", project],
            &Method::GET,
            &route,
            None,
        ));
    }
    snippets
}

impl NodesPage {
    fn change_href(&self) -> String {
        let name = self.head.service.service_name.as_str();
        project_href(&self.layout.project, ["service", name, "nodes", "change"])
    }

    fn certificate_href(&self) -> String {
        let name = self.head.service.service_name.as_str();
        project_href(
            &self.layout.project,
            ["service", name, "settings", "certificate"],
        )
    }

    fn is_open(&self, component: &str) -> bool {
        self.access.get(component).copied().unwrap_or_default()
    }
}
