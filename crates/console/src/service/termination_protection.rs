//! Switch for the termination protection of a service.

use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::post;
use serde_json::json;

use super::network_option::ON;
use super::settings;
use crate::console::Console;
use crate::page::Submission;

pub(super) fn routes(root: &str) -> Router<Console> {
    let switch = format!("{root}/settings/termination-protection");
    Router::new().route(&switch, post(save))
}

async fn save(Submission { page, fields }: Submission) -> Response {
    let name = page.segment("service").to_owned();
    let is_on = fields.text("termination_protection") == ON;
    let route = page.route(["service", &name]);
    let body = json!({"termination_protection": is_on});
    match page.api.send(Method::PUT, &route, Some(&body)).await {
        Ok(_service) => {
            let notice = if is_on {
                format!("Termination protection is on: {name} cannot be removed")
            } else {
                format!("Termination protection is off: {name} can be removed")
            };
            page.done(&page.href(["service", &name, "settings"]), notice)
        }
        Err(refused) => settings::show_refused(page.with_problem(refused), String::new()).await,
    }
}
