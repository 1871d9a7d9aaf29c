//! Replaces the nodes and components of a service.
//!
//! The form carries the nodes that it was made from. So of two people who change them at once, the
//! second is shown what the first did, and undoes nothing unseen.

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};
use underpass_model::service::Node;
use underpass_model::service_type::{self, ServiceTypeFacts};
use underpass_web::cli_snippet::CliSnippet;

use super::registered::Registered;
use crate::answer::service::ServiceSummary;
use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::project_href;
use crate::layout::{PageLayout, Section};
use crate::page::{Page, Submission};
use crate::rows::{NodeRow, Rows, provider_of};
use crate::service_head::{ServiceHead, Tab};

/// The rule that refuses a list made from nodes that are no longer so.
const NODES_CHANGED: &str = "nodes_changed";

pub(super) fn routes(root: &str) -> Router<Console> {
    Router::new().route(&format!("{root}/change"), get(show).post(submit))
}

#[derive(Template)]
#[template(path = "console/nodes_change.html")]
struct ChangePage {
    layout: PageLayout,
    head: ServiceHead,
    facts: Option<&'static ServiceTypeFacts>,
    rows: Rows,
    /// See [`Draft::nodes_were`].
    nodes_were: String,
    /// The nodes as they are now, if somebody else changed them while the form was filled in.
    meanwhile: Option<Vec<NodeRow>>,
}

/// What is filled in, and what it was made from.
struct Draft {
    rows: Rows,
    /// The nodes as the API told them; a word that the form gives back.
    nodes_were: String,
}

async fn show(page: Page) -> Response {
    present(page, None, false).await
}

async fn submit(Submission { page, fields }: Submission) -> Response {
    let mut draft = Draft {
        rows: Rows::read(&fields),
        nodes_were: fields.text("nodes_were").to_owned(),
    };
    let button = fields.text("do");
    let is_grown = draft.rows.add(button, fields.text("rows_type"));
    if is_grown || button != "change" {
        return present(page, Some(draft), false).await;
    }
    match send(&page, &draft).await {
        Ok(()) => {
            let name = page.segment("service");
            page.done(
                &page.href(["service", name, "nodes"]),
                format!("Nodes and components of `{name}` were changed"),
            )
        }
        Err(refused) => {
            let is_overtaken = refused.is(NODES_CHANGED);
            present(page.with_problem(refused), Some(draft), is_overtaken).await
        }
    }
}

async fn send(page: &Page, draft: &Draft) -> Result<(), ApiError> {
    let service = Registered::load(page).await?;
    let body = draft.body(&service.summary)?;
    let route = page.route(["service", page.segment("service")]);
    page.api.send(Method::PUT, &route, Some(&body)).await?;
    Ok(())
}

/// Shows the form: as filled in, or as the service is. Once somebody was shown that they were
/// overtaken, the form is about the nodes that there are now, so that it can be sent again.
async fn present(page: Page, draft: Option<Draft>, is_overtaken: bool) -> Response {
    match load(&page, draft, is_overtaken).await {
        Ok(form) => page.render(&form),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(
    page: &Page,
    draft: Option<Draft>,
    is_overtaken: bool,
) -> Result<ChangePage, ApiError> {
    let service = Registered::load(page).await?;
    let now = service.underpass.node_rows();
    let nodes_are = json!(service.underpass.nodes).to_string();
    let mut draft = draft.unwrap_or_else(|| Draft {
        rows: Rows {
            nodes: now.clone(),
            components: service.underpass.components,
        },
        nodes_were: nodes_are.clone(),
    });
    if is_overtaken {
        draft.nodes_were = nodes_are;
    }
    let summary = service.summary;
    let title = format!("Change nodes of {}", summary.service_name);
    let snippet = draft.snippet(page, &summary);
    let layout = page.layout(&title, Section::Services).await;
    Ok(ChangePage {
        layout: layout.with(vec![snippet]),
        facts: service_type::find(&summary.service_type),
        head: ServiceHead::new(page, summary, Tab::Nodes),
        rows: draft.rows,
        nodes_were: draft.nodes_were,
        meanwhile: is_overtaken.then_some(now),
    })
}

impl Draft {
    /// As the API takes it.
    fn body(&self, service: &ServiceSummary) -> Result<Value, ApiError> {
        let mut registration = self.rows.body(provider_of(&service.cloud_name))?;
        registration.insert("nodes_were".to_owned(), json!(self.nodes_were()?));
        Ok(json!({ "underpass": registration }))
    }

    /// Without it, nobody could tell whether the list undoes something.
    fn nodes_were(&self) -> Result<Vec<Node>, ApiError> {
        serde_json::from_str(&self.nodes_were).map_err(|_| {
            ApiError::invalid(
                "Nothing was changed: the form does not say which nodes it was made from. Open it \
                 again, make the change and send it"
                    .to_owned(),
            )
        })
    }

    fn snippet(&self, page: &Page, service: &ServiceSummary) -> CliSnippet {
        let name = service.service_name.as_str();
        let flags = self.rows.flags(provider_of(&service.cloud_name));
        let command = ["service", "register", name]
            .into_iter()
            .chain(flags.iter().map(String::as_str))
            .chain(["--project", page.project()]);
        // What cannot be sent yet is not shown as if it could.
        let body = self.body(service).ok();
        cli_snippet(
            "Replace its nodes and components; “Update” brings this in line with what is filled in",
            command,
            &Method::PUT,
            &page.route(["service", name]),
            body.as_ref(),
        )
    }
}

impl ChangePage {
    fn nodes_href(&self) -> String {
        let name = self.head.service.service_name.as_str();
        project_href(&self.layout.project, ["service", name, "nodes"])
    }

    fn change_href(&self) -> String {
        let name = self.head.service.service_name.as_str();
        project_href(&self.layout.project, ["service", name, "nodes", "change"])
    }
}
