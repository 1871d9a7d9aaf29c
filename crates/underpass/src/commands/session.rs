//! Client, project and printer of a command.

use crate::client::Client;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;

/// A client, the project to work in, and where to print: what most commands need.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) project: String,
    pub(crate) printer: Printer,
}

impl Session {
    pub(super) fn open(settings: &Settings, printer: Printer) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(settings.target()?)?,
            project: settings.project()?,
            printer,
        })
    }
}
