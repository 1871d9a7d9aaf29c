//! Long-running operations: the reply to every write, which takes effect when its operation
//! completes.
//!
//! A failed operation is shown with status 200: it is `DONE` and has an `error`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::document;
use super::id::{ResourceId, link, location_member};
use super::location::Location;
use super::operation_error::OperationError;
use super::resource::Content;
use super::timestamp::formatted;

/// The effect of an operation on its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Effect {
    Insert,
    #[serde(rename = "Change")]
    Update,
    Delete,
}

/// An accepted write.
#[expect(
    clippy::struct_field_names,
    reason = "the API's name of the member is `operationType`"
)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Operation {
    pub(super) name: String,
    /// The numeric id.
    pub(super) number: u64,
    pub(super) project: String,
    #[serde(rename = "verb")]
    pub(super) effect: Effect,
    #[serde(rename = "kind")]
    pub(super) operation_type: String,
    pub(super) target: ResourceId,
    pub(super) target_number: u64,
    #[serde(rename = "begun")]
    pub(super) started: Timestamp,
    pub(super) due: Timestamp,
    #[serde(rename = "finished")]
    pub(super) completed: Option<Timestamp>,
    /// The error it fails with; `None` if it succeeds.
    #[serde(rename = "failure")]
    pub(super) error: Option<OperationError>,
    /// The `requestId` of the request, chosen by the client.
    #[serde(rename = "request")]
    pub(super) request_id: Option<String>,
    pub(super) user: String,
    /// The fingerprint of the target after a successful completion.
    pub(super) fingerprint: String,
}

/// A checked write, about to start its operation.
pub(super) struct Write {
    pub(super) effect: Effect,
    pub(super) operation_type: &'static str,
    /// The target's content after a successful completion.
    pub(super) pending: Option<Content>,
    /// The error that the operation fails with, if the check found one.
    pub(super) error: Option<OperationError>,
}

impl Operation {
    /// Returns the document that clients see.
    pub(super) fn to_document(&self, now: Timestamp) -> Value {
        let status = match self.completed {
            Some(_) => "DONE",
            None if now > self.started => "RUNNING",
            None => "PENDING",
        };
        let path = self.path();
        let mut shown = json!({
            "kind": "compute#operation",
            "id": self.number.to_string(),
            "name": self.name,
            "operationType": self.operation_type,
            "targetLink": self.target.link(),
            "targetId": self.target_number.to_string(),
            "status": status,
            "progress": if self.completed.is_some() { 100 } else { 0 },
            "user": self.user,
            "insertTime": formatted(self.started),
            "selfLink": link(&path),
        });
        if status != "PENDING" {
            document::set(&mut shown, "startTime", formatted(self.started));
        }
        if let Some((member, link)) = location_member(&self.project, &self.target.location) {
            document::set(&mut shown, member, link);
        }
        if let Some(request_id) = &self.request_id {
            document::set(&mut shown, "clientOperationId", request_id.as_str());
        }
        let Some(completed) = self.completed else {
            return shown;
        };
        document::set(&mut shown, "endTime", formatted(completed));
        if let Some(error) = &self.error {
            let (status, message) = error.http();
            document::set(&mut shown, "error", error.error());
            document::set(&mut shown, "httpErrorStatusCode", status);
            document::set(&mut shown, "httpErrorMessage", message);
        }
        shown
    }

    pub(super) fn path(&self) -> String {
        format!(
            "projects/{}/{}/operations/{}",
            self.project, self.target.location, self.name
        )
    }

    pub(super) fn is_in(&self, project: &str, location: &Location) -> bool {
        self.project == project && self.target.location == *location
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_of_an_earlier_version_is_read() {
        let stored = json!({
            "name": "operation-1", "number": 7, "project": "guest", "verb": "Change",
            "kind": "patch",
            "target": "projects/guest/regions/europe-west1/serviceAttachments/sa",
            "target_number": 9, "begun": "2026-01-02T03:04:05Z", "due": "2026-01-02T03:04:15Z",
            "finished": "2026-01-02T03:04:15Z",
            "failure": { "code": "QUOTA_EXCEEDED", "message": "m" },
            "request": "a1", "user": "anonymous", "fingerprint": "f",
        });
        let operation: Operation = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(operation.effect, Effect::Update);
        assert_eq!(operation.request_id.as_deref(), Some("a1"));
        assert_eq!(serde_json::to_value(&operation).unwrap(), stored);
    }
}
