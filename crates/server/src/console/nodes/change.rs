//! Replaces the nodes and components of a service.

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};
use underpass_model::service_type::{self, ServiceTypeFacts};

use super::super::Console;
use super::super::call::Refused;
use super::super::page::{Page, Submission, project_href};
use super::super::recipe::Recipe;
use super::super::rows::{Rows, provider_of};
use super::super::service_head::{ServiceHead, ServiceSummary, Tab};
use super::super::shell::{Section, Shell};
use super::Registered;

pub(super) fn routes(root: &str) -> Router<Console> {
    Router::new().route(&format!("{root}/change"), get(show).post(submit))
}

#[derive(Template)]
#[template(path = "console/nodes_change.html")]
struct ChangePage {
    shell: Shell,
    head: ServiceHead,
    facts: Option<&'static ServiceTypeFacts>,
    rows: Rows,
}

async fn show(page: Page) -> Response {
    present(page, None).await
}

async fn submit(Submission { page, fields }: Submission) -> Response {
    let mut rows = Rows::read(&fields);
    let button = fields.text("do");
    if rows.add(button, fields.text("rows_type")) || button != "change" {
        return present(page, Some(rows)).await;
    }
    match send(&page, &rows).await {
        Ok(()) => {
            let name = page.segment("service");
            page.done(
                &page.href(["service", name, "nodes"]),
                format!("Nodes and components of `{name}` were changed"),
            )
        }
        Err(refused) => present(page.with_problem(refused), Some(rows)).await,
    }
}

async fn send(page: &Page, rows: &Rows) -> Result<(), Refused> {
    let service = Registered::load(page).await?;
    let body = body(&service.summary, rows)?;
    let route = page.route(["service", page.segment("service")]);
    page.api.send(Method::PUT, &route, Some(&body)).await?;
    Ok(())
}

fn body(service: &ServiceSummary, rows: &Rows) -> Result<Value, Refused> {
    Ok(json!({"underpass": rows.body(provider_of(&service.cloud_name))?}))
}

/// Shows the form: as filled in, or as the service is.
async fn present(page: Page, rows: Option<Rows>) -> Response {
    match load(&page, rows).await {
        Ok(form) => page.render(&form),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page, rows: Option<Rows>) -> Result<ChangePage, Refused> {
    let service = Registered::load(page).await?;
    let rows = rows.unwrap_or(Rows {
        nodes: service.underpass.nodes,
        components: service.underpass.components,
    });
    let summary = service.summary;
    let title = format!("Change nodes of {}", summary.service_name);
    let recipe = recipe(page, &summary, &rows);
    Ok(ChangePage {
        shell: page
            .shell(&title, Section::Services)
            .await
            .with(vec![recipe]),
        facts: service_type::find(&summary.service_type),
        head: ServiceHead::new(page, summary, Tab::Nodes),
        rows,
    })
}

fn recipe(page: &Page, service: &ServiceSummary, rows: &Rows) -> Recipe {
    let name = service.service_name.as_str();
    let flags = rows.flags(provider_of(&service.cloud_name));
    let command = ["service", "register", name]
        .into_iter()
        .chain(flags.iter().map(String::as_str))
        .chain(["--project", page.project()]);
    // What cannot be sent yet is not shown as if it could.
    let body = body(service, rows).ok();
    Recipe::new(
        "Replace its nodes and components; “Update” brings this in line with what is filled in",
        command,
        &Method::PUT,
        &page.route(["service", name]),
        body.as_ref(),
    )
}

impl ChangePage {
    fn nodes_href(&self) -> String {
        let name = self.head.service.service_name.as_str();
        project_href(&self.shell.project, ["service", name, "nodes"])
    }

    fn change_href(&self) -> String {
        let name = self.head.service.service_name.as_str();
        project_href(&self.shell.project, ["service", name, "nodes", "change"])
    }
}
