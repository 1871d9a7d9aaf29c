//! One endpoint: its status, its address, and its end.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use underpass_web::page::see_other;

use super::project::{Project, Row};
use super::{AppState, snippets};
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
        return Err(Failure::usage("nothing was deleted: it was not confirmed")
            .hint("check the box beside the button"));
    }
    // A forwarding rule that is no endpoint is not for this page to remove.
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
        return Err(Failure::missing(format!("there is no endpoint {path}"))
            .hint("it may have been deleted; the list shows what there is"));
    };
    let row = project.row(Endpoint::read(&project.compute, &shown).await?);
    let layout = project.layout(visitor, &row.name);
    let list = NavLink::new("Connected endpoints", project.href([]));
    Ok(EndpointPage {
        layout: layout
            .live(project.href(["changes"]))
            .below(vec![list])
            .after(failure)
            .with(snippets::of_endpoint(&project, &row)),
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
        "there is no endpoint `{name}` in region `{region}`"
    )))
}

impl EndpointPage {
    /// What its status means for whoever made it.
    fn meaning(&self) -> &'static str {
        match self.row.it.status.as_str() {
            "PENDING" => {
                "The publisher of the service has to accept it. Until then nothing answers at its \
                 address."
            }
            "ACCEPTED" => "It carries connections to the service.",
            "REJECTED" => {
                "The publisher of the service rejected it. Ask why; the publisher may still accept \
                 it."
            }
            "CLOSED" => {
                "The service attachment is gone. It does not come back: delete the endpoint, and \
                 connect a new one if need be."
            }
            "NEEDS_ATTENTION" => "The publisher of the service has to make room for it.",
            _ => "The cloud is working on it.",
        }
    }
}
