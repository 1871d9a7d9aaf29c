//! Removal of a link, after showing the connections that it cuts.

use askama::Template;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use underpass_api_types::connection::ConnectionView;

use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::layout::{PageLayout, Section};
use crate::load;
use crate::page::{Page, Submission};
use crate::service_head::{ServiceHead, Tab};

#[derive(Template)]
#[template(path = "console/link_remove.html")]
struct RemovePage {
    layout: PageLayout,
    head: ServiceHead,
    provider: String,
    cut: Vec<ConnectionView>,
    others: usize,
    link_href: String,
}

/// Shows the connections that would be cut, and asks for the name of the service.
pub(super) async fn ask(page: Page) -> Response {
    match load(&page).await {
        Ok(Some(content)) => page.render(&content),
        Ok(None) => page.done(&page.own_link_href(), "The link does not exist any more"),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page) -> Result<Option<RemovePage>, ApiError> {
    if page.link().await?.is_none() {
        return Ok(None);
    }
    let service = load::service(page).await?;
    let connections = page.connections().await?;
    let (cut, others): (Vec<_>, Vec<_>) = connections
        .into_iter()
        .partition(ConnectionView::can_carry_flows);
    let snippet = cli_snippet(
        "Remove the link",
        [
            "service",
            "privatelink",
            page.provider(),
            "delete",
            page.service(),
            "--project",
            page.project(),
        ],
        &Method::DELETE,
        &page.link_route([]),
        None,
    );
    Ok(Some(RemovePage {
        layout: page
            .layout("Remove link", Section::Services)
            .await
            .with_snippets(vec![snippet]),
        head: ServiceHead::new(page, &service, Tab::PrivateLink),
        provider: page.provider().to_owned(),
        others: others.len(),
        cut,
        link_href: page.own_link_href(),
    }))
}

/// Removes the link if the form contains the name of the service.
pub(super) async fn remove(Submission { page, fields }: Submission) -> Response {
    if fields.text("typed") != page.service() {
        let refused = ApiError {
            status: StatusCode::BAD_REQUEST,
            message: format!(
                "The link was not removed. To confirm, enter the name of the service: `{}`",
                page.service()
            ),
            code: None,
        };
        return ask(page.with_problem(refused)).await;
    }
    let removed = page
        .api
        .send(Method::DELETE, &page.link_route([]), None)
        .await;
    match removed {
        Ok(_) => page.done(
            &page.own_link_href(),
            "The link is being deleted; its DNS names are removed",
        ),
        Err(refused) => ask(page.with_problem(refused)).await,
    }
}
