//! The rendered output of a tool.

use super::target::Target;

/// A text to copy unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The command line, URI or content of a file, without a line break at its end.
    pub text: String,
    /// The files that it refers to.
    pub files: Vec<ClientFile>,
    /// Notes for the user, each a sentence without its full stop.
    pub notes: Vec<String>,
    /// The way to connect before the resolver knows the private name.
    pub detour: Option<Detour>,
}

/// A file that a client reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFile {
    /// The path.
    pub path: String,
    /// The content, in PEM.
    pub content: String,
}

/// A way to connect to a private name that the resolver does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detour {
    /// A variable to set, `NAME=VALUE`.
    Environment(String),
    /// An argument at the end of the command line, which overrides earlier ones.
    Argument(String),
    /// A line for the hosts file.
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
    /// A text that refers to the CA if TLS is used, with a hosts line as the detour.
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

    /// The same with another detour.
    pub(super) fn detour(mut self, detour: Option<Detour>) -> Self {
        self.detour = detour;
        self
    }

    /// The same with one more note.
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
