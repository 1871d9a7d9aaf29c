//! Conditions of links and connections, after the Kubernetes API conventions.

use serde::{Deserialize, Serialize};
use underpass_model::condition::{Condition, ConditionKind, ConditionStatus, Severity};

use crate::remedy::RemedyView;

/// A condition of a link or of one of its connections. The message may hold the provider's words,
/// which are untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionView {
    /// Type of the condition.
    #[serde(rename = "type")]
    pub kind: ConditionKind,
    /// The status.
    pub status: ConditionStatus,
    /// Severity while the status is not true.
    pub severity: Severity,
    /// ID of the connection it is about; null if it is about the link.
    pub privatelink_connection_id: Option<String>,
    /// A stable word for programs, or the provider's error code.
    pub reason: String,
    /// A sentence.
    pub message: String,
    /// The action that resolves it; null where there is none to take.
    pub remedy: Option<RemedyView>,
    /// The time when it took this status; null if it is not known.
    pub since: Option<String>,
}

/// A condition with the service and link it is about, in lists over a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceCondition {
    /// Name of the service.
    pub service_name: String,
    /// Type of the service.
    pub service_type: String,
    /// Cloud of the link.
    pub provider: String,
    /// State of the connection, or of the link if it is about no connection.
    pub state: String,
    /// The condition.
    #[serde(flatten)]
    pub condition: ConditionView,
}

/// A condition of a project VPC or static IP, in lists over a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkCondition {
    /// ID of the project VPC; null if it is about a static IP.
    pub project_vpc_id: Option<String>,
    /// ID of the static IP; null if it is about a project VPC.
    pub static_ip_address_id: Option<String>,
    /// The condition.
    #[serde(flatten)]
    pub condition: ConditionView,
}

impl NetworkCondition {
    /// The name of its subject in sentences.
    pub fn subject(&self) -> String {
        match (&self.project_vpc_id, &self.static_ip_address_id) {
            (Some(id), _) => format!("Project VPC {id}"),
            (None, Some(id)) => format!("Static IP {id}"),
            (None, None) => String::new(),
        }
    }
}

impl ServiceCondition {
    /// The instruction that resolves it.
    pub fn next_action(&self) -> Option<&str> {
        Some(self.condition.remedy.as_ref()?.text.as_str())
    }
}

impl ConditionView {
    /// A condition as documents hold it; `since` as the API writes times.
    pub fn new(condition: Condition, since: Option<String>) -> Self {
        Self {
            kind: condition.kind,
            status: condition.status,
            severity: condition.severity,
            privatelink_connection_id: condition.connection.map(|id| id.to_string()),
            reason: condition.reason,
            message: condition.message,
            remedy: condition.remedy.map(RemedyView::new),
            since,
        }
    }
}
