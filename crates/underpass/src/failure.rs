//! Failures of commands, and the exit codes that they lead to.

use std::fmt;
use std::process::ExitCode;

use error_reporter::Report;
use underpass_console::refusal_page::page;

/// A failure of a command.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    hint: Option<String>,
    /// Code of the refusal by the server.
    code: Option<String>,
    /// HTTP status of the cloud that refused, for pages that forward it.
    answered: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Failed or refused.
    Refused,
    /// Failed because the named object does not exist.
    Missing,
    /// Usage error.
    Usage,
    /// Internal error.
    Ours,
    /// The reader of the output has closed it.
    ReaderGone,
}

impl Failure {
    /// Creates a failure or a refusal: exit code 1.
    pub(crate) fn refused(message: impl fmt::Display) -> Self {
        Self::new(Kind::Refused, &message)
    }

    /// Creates the failure for an object that does not exist: exit code 1.
    pub(crate) fn missing(message: impl fmt::Display) -> Self {
        Self::new(Kind::Missing, &message)
    }

    /// Creates a usage error: exit code 2.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Kind::Usage, &message)
    }

    /// Creates an internal error: exit code 3.
    pub(crate) fn ours(message: impl fmt::Display) -> Self {
        Self::new(Kind::Ours, &message)
    }

    /// Creates the failure for a closed output: nothing is printed, exit code 0.
    pub(crate) fn reader_gone() -> Self {
        Self::new(Kind::ReaderGone, &"the reader has closed the output")
    }

    /// Creates a failure with its chain of causes.
    pub(crate) fn caused(action: &str, error: &dyn std::error::Error) -> Self {
        Self::refused(format!("{action}: {}", Report::new(error)))
    }

    /// Adds the next action of the user.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the code of the refusal by the server.
    #[must_use]
    pub(crate) fn code(mut self, code: Option<&str>) -> Self {
        self.code = code.map(str::to_owned);
        self
    }

    /// Reports whether the server refused with this code.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Adds the HTTP status of the cloud that refused.
    #[must_use]
    pub(crate) fn answered(mut self, status: Option<u16>) -> Self {
        self.answered = status;
        self
    }

    /// Returns the HTTP status of a page that shows the failure.
    ///
    /// A refusal without a status comes from a failed operation, which conflicts with the present
    /// state.
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

    /// Returns the message without its hint.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Returns the next action of the user, if known.
    pub(crate) fn next(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    fn new(kind: Kind, message: &dyn fmt::Display) -> Self {
        Self {
            kind,
            message: message.to_string(),
            hint: None,
            code: None,
            answered: None,
        }
    }

    /// Reports whether the named object does not exist.
    pub(crate) fn is_missing(&self) -> bool {
        self.kind == Kind::Missing
    }

    /// Returns the exit code of the process.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::Refused | Kind::Missing => ExitCode::from(1),
            Kind::Usage => ExitCode::from(2),
            Kind::Ours => ExitCode::from(3),
            // As if the rest had been read: `underpass … | head` is no failure.
            Kind::ReaderGone => ExitCode::SUCCESS,
        }
    }

    /// Returns the lines for stderr; none if the output is closed.
    pub(crate) fn lines(&self) -> Vec<String> {
        if self.kind == Kind::ReaderGone {
            return Vec::new();
        }
        let mut lines = vec![format!("error: {}", self.message)];
        lines.extend(self.hint.iter().map(|hint| format!("hint: {hint}")));
        let explained = self.code.iter().filter(|code| page(code).is_some());
        lines.extend(explained.map(|code| {
            format!("code: {code}. `underpass explain {code}` prints the rule and the next steps")
        }));
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
