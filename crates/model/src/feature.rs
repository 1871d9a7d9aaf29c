//! Features of a project.

use serde::{Deserialize, Serialize};

/// A capability that is on or off for a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Links on Azure.
    PrivatelinkAzure,
    /// Links on Google.
    PrivatelinkGoogle,
    /// PostgreSQL links on Google: off unless an operator switches the feature on, as in the
    /// compatible API.
    PrivatelinkGooglePg,
}

impl Feature {
    /// Every feature.
    pub const ALL: [Self; 3] = [
        Self::PrivatelinkAzure,
        Self::PrivatelinkGoogle,
        Self::PrivatelinkGooglePg,
    ];

    /// The effect, for display.
    pub const fn description(self) -> &'static str {
        match self {
            Self::PrivatelinkAzure => "Publishing with Azure Private Link",
            Self::PrivatelinkGoogle => "Publishing with Google Private Service Connect",
            Self::PrivatelinkGooglePg => {
                "Publishing PostgreSQL with Google Private Service Connect"
            }
        }
    }

    /// The name in commands and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PrivatelinkAzure => "privatelink_azure",
            Self::PrivatelinkGoogle => "privatelink_google",
            Self::PrivatelinkGooglePg => "privatelink_google_pg",
        }
    }
}
