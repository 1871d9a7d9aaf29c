//! Client, project and printer of a command.

use crate::client::Client;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;

/// Client, project and printer, which most commands need.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) project: String,
    pub(crate) printer: Printer,
}

impl Session {
    /// Resolves server, token and project.
    ///
    /// # Errors
    /// A missing or unreadable token, no running server, or no project.
    pub(super) fn open(settings: &Settings, printer: Printer) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(settings.target()?)?,
            project: settings.project()?,
            printer,
        })
    }
}
