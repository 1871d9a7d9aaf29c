//! Why a command did not do what it was asked, and how that ends the process.

use std::fmt;
use std::process::ExitCode;

use error_reporter::Report;

/// A command that did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    hint: Option<String>,
    /// What a cloud answered, for pages that pass it on.
    answered: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It failed or was refused.
    Refused,
    /// The same, because what it names does not exist.
    Missing,
    /// It was called wrongly.
    Usage,
    /// The fault is ours.
    Ours,
    /// Whoever read our output has gone; nobody is left to tell.
    ReaderGone,
}

impl Failure {
    /// It failed, or somebody refused it: exit code 1.
    pub(crate) fn refused(message: impl fmt::Display) -> Self {
        Self::new(Kind::Refused, &message)
    }

    /// What the command names does not exist: exit code 1.
    pub(crate) fn missing(message: impl fmt::Display) -> Self {
        Self::new(Kind::Missing, &message)
    }

    /// It was called wrongly: exit code 2.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Kind::Usage, &message)
    }

    /// The fault is ours: exit code 3.
    pub(crate) fn ours(message: impl fmt::Display) -> Self {
        Self::new(Kind::Ours, &message)
    }

    /// Whoever read our output has gone.
    pub(crate) fn reader_gone() -> Self {
        Self::new(Kind::ReaderGone, &"the reader of the output is gone")
    }

    /// A failure with its whole chain of causes.
    pub(crate) fn caused(doing: &str, error: &dyn std::error::Error) -> Self {
        Self::refused(format!("{doing}: {}", Report::new(error)))
    }

    /// Adds what the person can do next.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps the HTTP status that a cloud refused something with.
    #[must_use]
    pub(crate) fn answered(mut self, status: Option<u16>) -> Self {
        self.answered = status;
        self
    }

    /// The HTTP status of a page that tells this.
    ///
    /// A refusal without an answer came with an operation that ended so: it conflicts with how
    /// things stand.
    pub(crate) fn status(&self) -> u16 {
        match (self.answered, self.kind) {
            (Some(status @ 400..500), _) => status,
            (Some(_), _) => 502,
            (None, Kind::Usage) => 400,
            (None, Kind::Missing) => 404,
            (None, Kind::Refused) => 409,
            (None, Kind::Ours | Kind::ReaderGone) => 500,
        }
    }

    /// What the person can do next, if that is known.
    pub(crate) fn next(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    fn new(kind: Kind, message: &dyn fmt::Display) -> Self {
        Self {
            kind,
            message: message.to_string(),
            hint: None,
            answered: None,
        }
    }

    /// Whether what the command names does not exist.
    pub(crate) fn is_missing(&self) -> bool {
        self.kind == Kind::Missing
    }

    /// What the process ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::Refused | Kind::Missing => ExitCode::from(1),
            Kind::Usage => ExitCode::from(2),
            Kind::Ours => ExitCode::from(3),
            // As if the rest had been read: `underpass … | head` is no failure.
            Kind::ReaderGone => ExitCode::SUCCESS,
        }
    }

    /// What to say on stderr; nothing when nobody listens.
    pub(crate) fn lines(&self) -> Vec<String> {
        if self.kind == Kind::ReaderGone {
            return Vec::new();
        }
        let mut lines = vec![format!("error: {}", self.message)];
        lines.extend(self.hint.iter().map(|hint| format!("hint: {hint}")));
        lines
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<underpass_private_file::Error> for Failure {
    fn from(error: underpass_private_file::Error) -> Self {
        let (path, source) = (error.path.display(), error.source);
        Self::refused(format!("{} {path}: {source}", error.action))
    }
}
