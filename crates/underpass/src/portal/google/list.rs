//! The list of endpoints.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::portal::BRANDING;
use super::project::{Project, Row};
use super::snippets;
use super::state::AppState;
use crate::failure::Failure;
use crate::portal::context::Visitor;
use crate::portal::layout::PageLayout;

#[derive(Template)]
#[template(path = "portal/google_endpoints.html")]
struct ListPage {
    layout: PageLayout,
    rows: Vec<Row>,
    list: String,
    create: String,
}

pub(super) async fn list(State(state): State<AppState>, visitor: Visitor) -> Response {
    visitor.answer(load(&state, &visitor).await)
}

async fn load(state: &AppState, visitor: &Visitor) -> Result<ListPage, Failure> {
    let project = Project::of(&state.portal, visitor)?;
    let rows = project.endpoints().await?;
    let layout = project.layout(visitor, BRANDING.product);
    Ok(ListPage {
        layout: layout
            .live(project.href(["changes"]))
            .with_snippets(snippets::of_list(&project)),
        rows,
        list: project.href([]),
        create: project.href(["create"]),
    })
}
