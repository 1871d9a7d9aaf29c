//! Replacement of the nodes and components of a service, after a question if it changes or removes
//! any.
//!
//! The form contains the nodes that it was made from. If two users change them concurrently, the
//! second one sees the change of the first one before it is overwritten.

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};
use underpass_api_types::compatible_service::CompatibleService;
use underpass_api_types::connection::ConnectionView;
use underpass_model::cloud::Provider;
use underpass_model::service::Node;
use underpass_model::service_type::{self, ServiceTypeFacts};
use underpass_model::static_ip;
use underpass_web::cli_snippet::CliSnippet;

use super::registered::{node_rows, rows};
use super::replacement::Replacement;
use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::project_href;
use crate::layout::{PageLayout, Section};
use crate::load::{self, ServiceLink};
use crate::page::{Page, Submission};
use crate::rows::{NodeRow, Rows, provider_of};
use crate::service_head::{ServiceHead, Tab};
use crate::static_ips::MissingStaticIps;

/// Error code of a list that was made from outdated nodes.
const NODES_CHANGED: &str = "nodes_changed";

/// Field with the replacement that the visitor confirmed.
const AGREED: &str = "agreed";

/// Button that provides the missing static IPs.
const STATIC_IPS: &str = "static-ips";

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
    /// Current nodes, if another user changed them in the meantime.
    meanwhile: Option<Vec<NodeRow>>,
    /// Replacement to confirm.
    question: Option<Replacement>,
    /// Connections whose flows go through the nodes.
    with_flows: Vec<ConnectionView>,
    /// Static IPs without which more nodes are refused.
    missing: Option<MissingStaticIps>,
}

/// Input, and the nodes that the form was made from.
struct Draft {
    rows: Rows,
    /// Nodes of the API as JSON, which the form sends back.
    nodes_were: String,
}

async fn show(page: Page) -> Response {
    present(page, None, Shown::Form).await
}

/// State of the form when it is shown.
enum Shown {
    Form,
    /// With the question whether to replace.
    Question(Replacement),
    /// Another user changed the nodes.
    Conflict,
}

/// Outcome of a form that is valid.
enum Sent {
    Done,
    /// Not sent: the visitor confirms it first.
    Question(Replacement),
}

async fn submit(Submission { page, fields }: Submission) -> Response {
    let mut draft = Draft {
        rows: Rows::read(&fields),
        nodes_were: fields.text("nodes_were").to_owned(),
    };
    let button = fields.text("do");
    if button == STATIC_IPS {
        return match provide_static_ips(&page, &draft).await {
            Ok(notice) => present(page.with_notice(notice), Some(draft), Shown::Form).await,
            Err(refused) => present(page.with_problem(refused), Some(draft), Shown::Form).await,
        };
    }
    let is_row_added = draft.rows.add(button, fields.text("rows_type"));
    if is_row_added || button != "change" {
        return present(page, Some(draft), Shown::Form).await;
    }
    match send(&page, &draft, fields.text(AGREED)).await {
        Ok(Sent::Question(asked)) => present(page, Some(draft), Shown::Question(asked)).await,
        Ok(Sent::Done) => {
            let name = page.segment("service");
            page.done(
                &page.href(["service", name, "nodes"]),
                format!("Changed the nodes and components of `{name}`"),
            )
        }
        Err(refused) => {
            let shown = if refused.is(NODES_CHANGED) {
                Shown::Conflict
            } else {
                Shown::Form
            };
            present(page.with_problem(refused), Some(draft), shown).await
        }
    }
}

/// Sends the form, unless the visitor has to agree to its effects first.
async fn send(page: &Page, draft: &Draft, agreed: &str) -> Result<Sent, ApiError> {
    let service = load::service(page).await?;
    let body = draft.body(&service)?;
    // The API refuses a list that was made from other nodes.
    if draft.nodes_were()? == service.underpass.nodes {
        let links = load::links(page, service.service_name.as_str()).await?;
        // Nor is the visitor asked about what lacks static IPs.
        let missing = missing_static_ips(page, &service, &links, &draft.rows).await?;
        let effects = Replacement::new(&rows(&service), &draft.rows, &with_flows(&links));
        let is_agreed = !effects.needs_consent() || agreed == effects.fingerprint();
        if missing.is_none() && !is_agreed {
            return Ok(Sent::Question(effects));
        }
    }
    let route = page.route(["service", page.segment("service")]);
    page.api.send(Method::PUT, &route, Some(&body)).await?;
    Ok(Sent::Done)
}

/// Returns the connections whose flows go through the nodes.
fn with_flows(links: &[ServiceLink]) -> Vec<ConnectionView> {
    let connections = links.iter().flat_map(ServiceLink::with_flows);
    connections.cloned().collect()
}

/// Creates what the nodes of the form need. The nodes themselves are sent with another button.
async fn provide_static_ips(page: &Page, draft: &Draft) -> Result<String, ApiError> {
    let service = load::service(page).await?;
    let nodes = draft.rows.machines().count();
    let missing = MissingStaticIps::of(page, &service, nodes).await?;
    missing.provide(page, &service).await
}

/// Returns the static IPs that more nodes need, because a link on Azure probes each of them.
async fn missing_static_ips(
    page: &Page,
    service: &CompatibleService,
    links: &[ServiceLink],
    rows: &Rows,
) -> Result<Option<MissingStaticIps>, ApiError> {
    let (before, after) = (service.underpass.nodes.len(), rows.machines().count());
    let is_probed =
        |it: &ServiceLink| it.provider == Provider::Azure.as_str() && !it.link.is_deleting();
    let is_scaled_out = static_ip::required(before.max(1)) < static_ip::required(after.max(1));
    if !is_scaled_out || !links.iter().any(is_probed) {
        return Ok(None);
    }
    let missing = MissingStaticIps::of(page, service, after).await?;
    Ok((!missing.is_complete()).then_some(missing))
}

/// Shows the form with the input, or with the current nodes. After a conflict, the form is based on
/// the current nodes, so that it can be sent again.
async fn present(page: Page, draft: Option<Draft>, shown: Shown) -> Response {
    match load(&page, draft, shown).await {
        Ok(form) => page.render(&form),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page, draft: Option<Draft>, shown: Shown) -> Result<ChangePage, ApiError> {
    let (question, is_conflict) = match shown {
        Shown::Form => (None, false),
        Shown::Question(asked) => (Some(asked), false),
        Shown::Conflict => (None, true),
    };
    let service = load::service(page).await?;
    let now = node_rows(&service);
    let nodes_are = json!(service.underpass.nodes).to_string();
    let mut draft = draft.unwrap_or_else(|| Draft {
        rows: rows(&service),
        nodes_were: nodes_are.clone(),
    });
    if is_conflict {
        draft.nodes_were = nodes_are;
    }
    let links = load::links(page, service.service_name.as_str()).await?;
    let with_flows = with_flows(&links);
    let missing = missing_static_ips(page, &service, &links, &draft.rows).await?;
    let title = format!("Change nodes of {}", service.service_name);
    let snippet = draft.snippet(page, &service);
    let layout = page.layout(&title, Section::Services).await;
    Ok(ChangePage {
        layout: layout.with_snippets(vec![snippet]),
        facts: service_type::find(&service.service_type),
        head: ServiceHead::new(page, &service, Tab::Nodes),
        rows: draft.rows,
        nodes_were: draft.nodes_were,
        meanwhile: is_conflict.then_some(now),
        question,
        with_flows,
        missing,
    })
}

impl Draft {
    /// Body for the API.
    fn body(&self, service: &CompatibleService) -> Result<Value, ApiError> {
        let mut registration = self.rows.body(provider_of(&service.cloud_name))?;
        registration.insert("nodes_were".to_owned(), json!(self.nodes_were()?));
        Ok(json!({ "underpass": registration }))
    }

    /// Nodes that the form was made from; without them a conflict cannot be detected.
    fn nodes_were(&self) -> Result<Vec<Node>, ApiError> {
        serde_json::from_str(&self.nodes_were).map_err(|_| {
            ApiError::invalid(
                "Nothing was changed: the form lacks the nodes that it was made from. Open the form \
                 again and repeat the change"
                    .to_owned(),
            )
        })
    }

    fn snippet(&self, page: &Page, service: &CompatibleService) -> CliSnippet {
        let name = service.service_name.as_str();
        let flags = self.rows.flags(provider_of(&service.cloud_name));
        let command = ["service", "register", name]
            .into_iter()
            .chain(flags.iter().map(String::as_str))
            .chain(["--project", page.project()]);
        // Invalid input has no call.
        let body = self.body(service).ok();
        cli_snippet(
            "Replace the nodes and components",
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
