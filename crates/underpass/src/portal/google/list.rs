//! The endpoints that are there.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::project::{Project, Row};
use super::{LOOK, Office, recipes};
use crate::failure::Failure;
use crate::portal::desk::Visitor;
use crate::portal::frame::Frame;

#[derive(Template)]
#[template(path = "portal/google_endpoints.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    list: String,
    create: String,
}

pub(super) async fn list(State(office): State<Office>, visitor: Visitor) -> Response {
    visitor.answer(load(&office, &visitor).await)
}

async fn load(office: &Office, visitor: &Visitor) -> Result<ListPage, Failure> {
    let project = Project::of(&office.portal, visitor)?;
    let rows = project.endpoints().await?;
    let frame = project.frame(visitor, LOOK.product);
    Ok(ListPage {
        frame: frame
            .live(project.href(["changes"]))
            .with(recipes::of_list(&project)),
        rows,
        list: project.href([]),
        create: project.href(["create"]),
    })
}
