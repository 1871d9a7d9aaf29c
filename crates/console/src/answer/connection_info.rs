//! Connection information, by our own API.

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct ConnectionInfoAnswer {
    pub(crate) connection_info: ConnectionInfo,
}

/// What a client needs. Secrets are in it only if they were asked for.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ConnectionInfo {
    pub(crate) privatelink_connection_id: Option<String>,
    pub(crate) component: String,
    pub(crate) usage: String,
    pub(crate) kafka_authentication_method: Option<String>,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) ssl: bool,
    pub(crate) user_ip_address: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) access_cert: Option<String>,
    pub(crate) access_key: Option<String>,
    pub(crate) dbname: Option<String>,
    pub(crate) sslmode: Option<String>,
    pub(crate) uri: String,
    /// Nothing where clients know the CA anyway.
    pub(crate) ca: Option<String>,
    pub(crate) tools: Vec<ToolText>,
}

/// A tool with what it is to be given, or with the reason why there is nothing to give.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ToolText {
    tool: String,
    pub(crate) title: String,
    form: String,
    pub(crate) text: Option<String>,
    pub(crate) files: Vec<ClientFile>,
    pub(crate) notes: Vec<String>,
    without_resolver: Option<Detour>,
    pub(crate) refusal: Option<ToolRefusal>,
}

/// A file that the client must have beside it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ClientFile {
    pub(crate) path: String,
    pub(crate) content: String,
}

/// How it works where the private name is not known.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Detour {
    kind: String,
    text: String,
}

/// Why there is nothing to give.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ToolRefusal {
    pub(crate) error_code: String,
    pub(crate) message: String,
}

impl ConnectionInfo {
    /// Whether there is anything to hide.
    pub(crate) fn has_secrets(&self) -> bool {
        self.password.is_some() || self.access_key.is_some()
    }
}

impl ToolText {
    /// What it is asked for by, as the command line takes it.
    pub(crate) fn word(&self) -> &str {
        &self.tool
    }

    /// A name for the page's own references.
    pub(crate) fn id(&self) -> String {
        self.tool.replace(' ', "-")
    }

    /// What the text is, for people.
    pub(crate) fn kind(&self) -> &'static str {
        match self.form.as_str() {
            "command" => "command",
            "address" => "address",
            _ => "content of a file",
        }
    }

    /// What to do where the private name is not known: in words, and the text to take along.
    ///
    /// A command comes whole, so that one copy is enough.
    pub(crate) fn past_the_resolver(&self) -> Option<(&'static str, String)> {
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
