//! The end of a service, typed to confirm.

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::post;

use super::settings;
use crate::api_error::ApiError;
use crate::console::Console;
use crate::page::Submission;

pub(super) fn routes(root: &str) -> Router<Console> {
    Router::new().route(&format!("{root}/settings/remove"), post(remove))
}

async fn remove(Submission { page, fields }: Submission) -> Response {
    let name = page.segment("service").to_owned();
    let typed = fields.text("confirm").to_owned();
    if typed != name {
        let refused = ApiError {
            status: StatusCode::BAD_REQUEST,
            message: format!(
                "Nothing was removed: to confirm, type the name of the service, {name}, exactly"
            ),
            code: None,
        };
        return settings::show_refused(page.with_problem(refused), typed).await;
    }
    let route = page.route(["service", &name]);
    match page.api.send(Method::DELETE, &route, None).await {
        Ok(_message) => page.done(
            &page.href(["service"]),
            format!("{name} was removed; what runs on its nodes runs on"),
        ),
        Err(refused) => settings::show_refused(page.with_problem(refused), typed).await,
    }
}
