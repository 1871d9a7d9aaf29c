//! What happened, for the people who ask later.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::name::ProjectName;

/// One line of a project's history; written in the same transaction as what it tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Whose history it belongs to.
    pub project: ProjectName,
    /// What it is about, for instance `service/pg-1/privatelink/azure`.
    pub subject: String,
    /// Who caused it: a token's description, or `underpass` for the control plane itself.
    pub actor: String,
    /// A stable word for programs, for instance `connection.approved`.
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// Particulars; never a secret.
    #[serde(default)]
    pub details: Value,
}

/// The actor of what the control plane does by itself.
pub const SYSTEM_ACTOR: &str = "underpass";
