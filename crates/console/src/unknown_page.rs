//! Addresses of the console that are no page.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::api_error::ApiError;
use crate::console::Console;
use crate::href::ROOT;
use crate::page::Page;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route(&format!("{ROOT}/{{*path}}"), get(show))
}

async fn show(page: Page) -> Response {
    page.refuse(ApiError {
        status: StatusCode::NOT_FOUND,
        message: "The console has no page with this address.".to_owned(),
        code: None,
    })
}
