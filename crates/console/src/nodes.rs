//! Where a service runs and what answers there.

mod change;

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;
use underpass_model::service::Node;
use underpass_web::cli_snippet::CliSnippet;

use crate::call::Refused;
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::{ROOT, project_href};
use crate::page::Page;
use crate::rows::{ComponentRow, NodeRow, Rows};
use crate::service_head::{ServiceHead, ServiceSummary, Tab};
use crate::shell::{Section, Shell};

pub(crate) fn routes() -> Router<Console> {
    let root = format!("{ROOT}/project/{{project}}/service/{{service}}/nodes");
    Router::new()
        .route(&root, get(show))
        .merge(change::routes(&root))
}

#[derive(Template)]
#[template(path = "console/nodes.html")]
struct NodesPage {
    shell: Shell,
    head: ServiceHead,
    rows: Rows,
    /// Which components are open on the service's links.
    access: BTreeMap<String, bool>,
}

#[derive(Deserialize)]
struct ServiceAnswer {
    service: Registered,
}

/// A service with what was registered of it.
#[derive(Deserialize)]
struct Registered {
    #[serde(flatten)]
    summary: ServiceSummary,
    user_config: BTreeMap<String, Value>,
    underpass: Registration,
}

#[derive(Deserialize)]
struct Registration {
    nodes: Vec<Node>,
    components: Vec<ComponentRow>,
}

impl Registration {
    /// The nodes as rows.
    fn node_rows(&self) -> Vec<NodeRow> {
        self.nodes.iter().cloned().map(NodeRow::from).collect()
    }
}

impl Registered {
    async fn load(page: &Page) -> Result<Self, Refused> {
        let route = page.route(["service", page.segment("service")]);
        let answer: ServiceAnswer = page.api.get(&route).await?;
        Ok(answer.service)
    }

    /// What was said of each component.
    fn access(&self) -> BTreeMap<String, bool> {
        let access = self.user_config.get("privatelink_access");
        let members = access.and_then(Value::as_object).into_iter().flatten();
        let word = |(name, value): (&String, &Value)| (name.clone(), value == &Value::Bool(true));
        members.map(word).collect()
    }
}

async fn show(page: Page) -> Response {
    match load(&page).await {
        Ok(nodes) => page.render(&nodes),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page) -> Result<NodesPage, Refused> {
    let service = Registered::load(page).await?;
    let access = service.access();
    let title = format!("Nodes of {}", service.summary.service_name);
    let snippets = snippets(page, &service.summary);
    Ok(NodesPage {
        shell: page.shell(&title, Section::Services).await.with(snippets),
        head: ServiceHead::new(page, service.summary, Tab::Nodes),
        rows: Rows {
            nodes: service.underpass.node_rows(),
            components: service.underpass.components,
        },
        access,
    })
}

fn snippets(page: &Page, service: &ServiceSummary) -> Vec<CliSnippet> {
    let name = service.service_name.as_str();
    let project = page.project();
    let mut snippets = vec![cli_snippet(
        "Show where it runs",
        ["service", "get", name, "--json", "--project", project],
        &Method::GET,
        &page.route(["service", name]),
        None,
    )];
    if service.service_type == "kafka" {
        let route = page.own_route(["service", name, "kafka-listeners"]);
        snippets.push(cli_snippet(
            "What the brokers must listen on and advertise",
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
        project_href(&self.shell.project, ["service", name, "nodes", "change"])
    }

    fn certificate_href(&self) -> String {
        let name = self.head.service.service_name.as_str();
        project_href(
            &self.shell.project,
            ["service", name, "settings", "certificate"],
        )
    }

    fn is_open(&self, component: &str) -> bool {
        self.access.get(component).copied().unwrap_or_default()
    }
}
