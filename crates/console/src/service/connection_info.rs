//! Everything a client needs for one way, as our own API tells it.

use axum::http::StatusCode;
use serde::Deserialize;

use super::choice::Choice;
use crate::call::Refused;
use crate::page::Page;

#[derive(Deserialize)]
struct ConnectionInfoAnswer {
    connection_info: ConnectionInfo,
}

/// What a client needs. Secrets are in it only if they were asked for.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ConnectionInfo {
    pub(super) privatelink_connection_id: Option<String>,
    pub(super) component: String,
    pub(super) usage: String,
    pub(super) kafka_authentication_method: Option<String>,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) ssl: bool,
    pub(super) user_ip_address: Option<String>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) access_cert: Option<String>,
    pub(super) access_key: Option<String>,
    pub(super) dbname: Option<String>,
    pub(super) sslmode: Option<String>,
    pub(super) uri: String,
    /// Nothing where clients know the CA anyway.
    pub(super) ca: Option<String>,
    pub(super) tools: Vec<ToolText>,
}

/// A tool with what it is to be given, or with the reason why there is nothing to give.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ToolText {
    tool: String,
    pub(super) title: String,
    form: String,
    pub(super) text: Option<String>,
    pub(super) files: Vec<ClientFile>,
    pub(super) notes: Vec<String>,
    without_resolver: Option<Detour>,
    pub(super) refusal: Option<ToolRefusal>,
}

/// A file that the client must have beside it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ClientFile {
    pub(super) path: String,
    pub(super) content: String,
}

/// How it works where the private name is not known.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Detour {
    kind: String,
    text: String,
}

/// Why there is nothing to give.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ToolRefusal {
    pub(super) error_code: String,
    pub(super) message: String,
}

/// What the API says about a choice.
pub(super) enum Found {
    /// What a client needs.
    Info(Box<ConnectionInfo>),
    /// There is nothing to connect to in this way, for a reason.
    Nothing(Refused),
}

impl ConnectionInfo {
    /// The route of the API that answers a choice.
    pub(super) fn route(page: &Page, service: &str, choice: &Choice) -> String {
        let route = page.own_route(["service", service, "connection-info"]);
        format!("{route}?{}", choice.api_query())
    }

    /// What the API says about a choice. That there is nothing is an answer, too.
    pub(super) async fn find(
        page: &Page,
        service: &str,
        choice: &Choice,
    ) -> Result<Found, Refused> {
        let answer = page.api.get(&Self::route(page, service, choice)).await;
        match answer {
            Ok(ConnectionInfoAnswer { connection_info }) => {
                Ok(Found::Info(Box::new(connection_info)))
            }
            Err(refused) if is_about_choice(refused.status) => Ok(Found::Nothing(refused)),
            Err(refused) => Err(refused),
        }
    }

    /// Whether there is anything to hide.
    pub(super) fn has_secrets(&self) -> bool {
        self.password.is_some() || self.access_key.is_some()
    }
}

fn is_about_choice(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::CONFLICT
    )
}

impl ToolText {
    /// What it is asked for by, as the command line takes it.
    pub(super) fn word(&self) -> &str {
        &self.tool
    }

    /// A name for the page's own references.
    pub(super) fn id(&self) -> String {
        self.tool.replace(' ', "-")
    }

    /// What the text is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self.form.as_str() {
            "command" => "command",
            "address" => "address",
            _ => "content of a file",
        }
    }

    /// What to do where the private name is not known: in words, and the text to take along.
    ///
    /// A command comes whole, so that one copy is enough.
    pub(super) fn past_the_resolver(&self) -> Option<(&'static str, String)> {
        let detour = self.without_resolver.as_ref()?;
        let command = self.text.as_deref().filter(|_| self.form == "command");
        let found = match (detour.kind.as_str(), command) {
            ("environment", Some(command)) => ("run this", format!("{} {command}", detour.text)),
            ("argument", Some(command)) => ("run this", format!("{command} {}", detour.text)),
            ("environment", None) => ("set this variable for the client", detour.text.clone()),
            ("argument", None) => ("give the client this argument", detour.text.clone()),
            _ => (
                "add this line to the client's /etc/hosts",
                detour.text.clone(),
            ),
        };
        Some(found)
    }
}
