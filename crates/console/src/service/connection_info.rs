//! Connection information for a choice.

use axum::http::StatusCode;

use super::choice::Choice;
use crate::answer::connection_info::{ConnectionInfo, ConnectionInfoAnswer};
use crate::api_error::ApiError;
use crate::page::Page;

/// Answer of the API for a choice.
pub(super) enum Found {
    /// Everything that a client needs.
    Info(Box<ConnectionInfo>),
    /// Nothing to connect to, for a reason.
    Nothing(ApiError),
}

/// Path of the API that answers a choice.
pub(super) fn connection_info_path(page: &Page, service: &str, choice: &Choice) -> String {
    let path = page.own_route(["service", service, "connection-info"]);
    format!("{path}?{}", choice.api_query())
}

/// Asks the API for a choice. That there is nothing to connect to is an answer as well.
pub(super) async fn find(page: &Page, service: &str, choice: &Choice) -> Result<Found, ApiError> {
    let answer = page
        .api
        .get(&connection_info_path(page, service, choice))
        .await;
    match answer {
        Ok(ConnectionInfoAnswer { connection_info }) => Ok(Found::Info(Box::new(connection_info))),
        Err(refused) if is_about_choice(refused.status) => Ok(Found::Nothing(refused)),
        Err(refused) => Err(refused),
    }
}

fn is_about_choice(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::CONFLICT
    )
}
