//! Links.

use serde::Deserialize;

/// A link of either cloud.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    /// State of the link.
    pub(crate) state: String,
    /// Alias of an Azure private link service.
    azure_service_alias: Option<String>,
    /// URI of a Google service attachment.
    google_service_attachment: Option<String>,
}

impl Link {
    /// Returns the name that consumers connect to, once the link has one.
    pub(crate) fn target(&self) -> Option<&str> {
        let target = self.azure_service_alias.as_deref();
        target.or(self.google_service_attachment.as_deref())
    }
}
