//! Events: the history of a project.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::name::ProjectName;

/// One event, written in the same transaction as the change that it reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The time.
    pub at: Timestamp,
    /// The project.
    pub project: ProjectName,
    /// The object, for instance `service/pg-1/privatelink/azure`.
    pub subject: String,
    /// The actor: a token's description, or `underpass` for the control plane itself.
    pub actor: String,
    /// A stable word for programs, for instance `connection.approved`.
    pub code: String,
    /// One sentence for display.
    pub message: String,
    /// Details; never a secret.
    #[serde(default)]
    pub details: Value,
}

/// The actor of the control plane's own changes.
pub const SYSTEM_ACTOR: &str = "underpass";
