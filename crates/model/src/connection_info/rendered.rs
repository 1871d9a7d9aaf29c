//! What a tool's entry makes of a target.

use super::target::Target;

/// What a person or a program takes over as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The command line, URI or content of a file, without a line break at its end.
    pub text: String,
    /// What must lie beside it.
    pub files: Vec<ClientFile>,
    /// What else a person should know, each a sentence without its full stop.
    pub notes: Vec<String>,
    /// How it works where no resolver knows the private name yet.
    pub detour: Option<Detour>,
}

/// A file that a client reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFile {
    /// Where.
    pub path: String,
    /// In PEM.
    pub content: String,
}

/// How to get to a private name that no resolver knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detour {
    /// With a variable set, `NAME=VALUE`.
    Environment(String),
    /// With this at the end of the command line, where it outdoes what was said before.
    Argument(String),
    /// With this line in the file of hosts.
    Hosts(String),
}

impl Detour {
    /// The variable, argument or line.
    pub fn text(&self) -> &str {
        match self {
            Self::Environment(text) | Self::Argument(text) | Self::Hosts(text) => text,
        }
    }
}

impl Rendered {
    /// A text that needs the CA beside it where TLS is spoken, and the file of hosts to get there.
    pub(super) fn new(target: &Target<'_>, text: String) -> Self {
        let files = if target.needs_ca() {
            vec![ca_file(target)]
        } else {
            Vec::new()
        };
        let hosts = |address| Detour::Hosts(format!("{address} {}", target.host()));
        Self {
            text,
            files,
            notes: Vec::new(),
            detour: target.detour_address().map(hosts),
        }
    }

    /// The same with another way round.
    pub(super) fn detour(mut self, detour: Option<Detour>) -> Self {
        self.detour = detour;
        self
    }

    /// The same with one more thing to know.
    pub(super) fn note(mut self, note: Option<String>) -> Self {
        self.notes.extend(note);
        self
    }
}

/// The CA of the service.
pub(super) fn ca_file(target: &Target<'_>) -> ClientFile {
    ClientFile {
        path: target.files.ca.to_owned(),
        content: target.ca_pem.to_owned(),
    }
}
