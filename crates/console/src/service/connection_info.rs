//! Connection information for a choice.

use axum::http::StatusCode;

use super::choice::Choice;
use underpass_api_types::connection_info::{
    ConnectionInfo, ConnectionInfoAnswer, DetourKind, DetourView, ToolView,
};
use underpass_model::connection_info::Form;
use underpass_model::credentials::Secret;

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
///
/// # Errors
/// If the API refuses the request for a reason that is not about the choice.
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

/// Presentation of a client tool.
pub(super) trait ToolText {
    /// ID for references within the page.
    fn id(&self) -> String;

    /// Kind of the text.
    fn kind(&self) -> &'static str;

    /// The text; absent if there is a refusal.
    fn content(&self) -> Option<&str>;

    /// Alternative for clients that cannot resolve the private name: an instruction, and its text.
    ///
    /// A command is complete, so that one copy is enough.
    fn past_the_resolver(&self) -> Option<(&'static str, String)>;
}

impl ToolText for ToolView {
    fn id(&self) -> String {
        self.tool.replace(' ', "-")
    }

    fn kind(&self) -> &'static str {
        match self.form {
            Form::Command => "command",
            Form::Address => "address",
            Form::File => "content of a file",
        }
    }

    fn content(&self) -> Option<&str> {
        self.text.as_ref().map(Secret::expose)
    }

    fn past_the_resolver(&self) -> Option<(&'static str, String)> {
        let DetourView { kind, text } = self.without_resolver.as_ref()?;
        let command = self.content().filter(|_| self.form == Form::Command);
        let found = match (kind, command) {
            (DetourKind::Environment, Some(command)) => ("run this", format!("{text} {command}")),
            (DetourKind::Argument, Some(command)) => ("run this", format!("{command} {text}")),
            (DetourKind::Environment, None) => ("set this variable for the client", text.clone()),
            (DetourKind::Argument, None) => ("give the client this argument", text.clone()),
            (DetourKind::Hosts, _) => ("add this line to the client's /etc/hosts", text.clone()),
        };
        Some(found)
    }
}
