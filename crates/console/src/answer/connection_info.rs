//! Connection information, by our own API.

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct ConnectionInfoAnswer {
    pub(crate) connection_info: ConnectionInfo,
}

/// Data that a client needs. It contains secrets only at request.
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
    /// CA certificate; absent if a public CA signed.
    pub(crate) ca: Option<String>,
    pub(crate) tools: Vec<ToolText>,
}

/// A client tool with its text, or with the reason why there is none.
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

/// A file that the client needs.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ClientFile {
    pub(crate) path: String,
    pub(crate) content: String,
}

/// Alternative for clients that cannot resolve the private name.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Detour {
    kind: String,
    text: String,
}

/// Reason why there is no text.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ToolRefusal {
    pub(crate) error_code: String,
    pub(crate) message: String,
}

impl ConnectionInfo {
    /// Reports whether it has secrets.
    pub(crate) fn has_secrets(&self) -> bool {
        self.password.is_some() || self.access_key.is_some()
    }
}

impl ToolText {
    /// Name of the tool in the command line.
    pub(crate) fn word(&self) -> &str {
        &self.tool
    }

    /// ID for references within the page.
    pub(crate) fn id(&self) -> String {
        self.tool.replace(' ', "-")
    }

    /// Kind of the text.
    pub(crate) fn kind(&self) -> &'static str {
        match self.form.as_str() {
            "command" => "command",
            "address" => "address",
            _ => "content of a file",
        }
    }

    /// Alternative for clients that cannot resolve the private name: an instruction, and its text.
    ///
    /// A command is complete, so that one copy is enough.
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
