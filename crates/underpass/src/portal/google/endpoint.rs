//! One endpoint: its status, its address, and its deletion.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use underpass_web::page::see_other;

use super::project::{Project, Row};
use super::snippets;
use super::state::AppState;
use crate::failure::Failure;
use crate::google::{Endpoint, is_name, name_of};
use crate::portal::context::{Submission, Visitor, status_of};
use crate::portal::layout::{NavLink, PageLayout};

#[derive(Template)]
#[template(path = "portal/google_endpoint.html")]
struct EndpointPage {
    layout: PageLayout,
    row: Row,
    network: String,
    subnet: String,
    delete: String,
}

pub(super) async fn show(State(state): State<AppState>, visitor: Visitor) -> Response {
    visitor.answer(load(&state, &visitor, None).await)
}

pub(super) async fn delete(State(state): State<AppState>, submission: Submission) -> Response {
    let Submission { visitor, fields } = submission;
    let is_sure = fields.filled("confirm").is_some();
    match remove(&state, &visitor, is_sure).await {
        Ok(list) => see_other(&format!("{list}?done=deleted")),
        Err(failure) => {
            let page = load(&state, &visitor, Some(&failure)).await;
            visitor.answer_with(status_of(&failure), page)
        }
    }
}

async fn remove(state: &AppState, visitor: &Visitor, is_sure: bool) -> Result<String, Failure> {
    let project = Project::of(&state.portal, visitor)?;
    let path = path_of(&project, visitor)?;
    if !is_sure {
        return Err(
            Failure::usage("nothing was deleted: the confirmation is missing")
                .hint("check the box beside the button"),
        );
    }
    // This page does not delete a forwarding rule that is not an endpoint.
    let shown = project.compute.get(&path).await?;
    if shown.is_some_and(|shown| Endpoint::is_one(&shown)) {
        Endpoint::delete(&project.compute, &path).await?;
    }
    Ok(project.href([]))
}

async fn load(
    state: &AppState,
    visitor: &Visitor,
    failure: Option<&Failure>,
) -> Result<EndpointPage, Failure> {
    let project = Project::of(&state.portal, visitor)?;
    let path = path_of(&project, visitor)?;
    let shown = project.compute.get(&path).await?;
    let Some(shown) = shown.filter(Endpoint::is_one) else {
        return Err(Failure::missing(format!("endpoint {path} does not exist"))
            .hint("it may have been deleted; the list shows all endpoints"));
    };
    let row = project.row(Endpoint::read(&project.compute, &shown).await?);
    let layout = project.layout(visitor, &row.name);
    let list = NavLink::new("Connected endpoints", project.href([]));
    Ok(EndpointPage {
        layout: layout
            .live(project.href(["changes"]))
            .below(vec![list])
            .after(failure)
            .with_snippets(snippets::of_endpoint(&project, &row)),
        network: name_of(&row.it.network).to_owned(),
        subnet: name_of(&row.it.subnet).to_owned(),
        delete: format!("{}/delete", project.endpoint_href(&row.region, &row.name)),
        row,
    })
}

/// Path of the endpoint that a page is about.
fn path_of(project: &Project, visitor: &Visitor) -> Result<String, Failure> {
    let (region, name) = (visitor.segment("region"), visitor.segment("name"));
    if is_name(region) && is_name(name) {
        return Ok(project.endpoint_path(region, name));
    }
    Err(Failure::missing(format!(
        "endpoint `{name}` does not exist in region `{region}`"
    )))
}

impl EndpointPage {
    /// Meaning of its status for the consumer.
    fn meaning(&self) -> &'static str {
        match self.row.it.status.as_str() {
            "PENDING" => {
                "It waits for acceptance by the publisher of the service. Until then, its address \
                 does not respond."
            }
            "ACCEPTED" => "It carries connections to the service.",
            "REJECTED" => "The publisher of the service rejected it, and can still accept it.",
            "CLOSED" => {
                "The service attachment was deleted. This status is final: delete the endpoint \
                 and connect a new one."
            }
            "NEEDS_ATTENTION" => {
                "The publisher of the service must extend its NAT ranges or connection limit."
            }
            _ => "The cloud is working on it.",
        }
    }
}
