//! Removal of a service, after its name was entered.

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
            message: format!("The service was not removed. To confirm, enter its name: {name}"),
            code: None,
        };
        return settings::show_refused(page.with_problem(refused), typed).await;
    }
    let route = page.route(["service", &name]);
    match page.api.send(Method::DELETE, &route, None).await {
        Ok(_message) => page.done(
            &page.href(["service"]),
            format!("Removed {name}; the servers on its nodes keep running"),
        ),
        Err(refused) => settings::show_refused(page.with_problem(refused), typed).await,
    }
}
