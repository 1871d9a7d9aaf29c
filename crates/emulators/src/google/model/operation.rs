//! Operations: every write is answered by one, and takes effect when it is done.
//!
//! An operation that failed is asked for with status 200 and is `DONE` with the error inside.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::document;
use super::id::{ResourceId, link, location_member};
use super::location::Location;
use super::operation_error::OperationError;
use super::resource::Content;
use super::timestamp::printed;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Verb {
    Insert,
    Change,
    Delete,
}

/// An accepted write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) number: u64,
    pub(super) project: String,
    pub(super) verb: Verb,
    /// The value of `operationType`.
    pub(super) kind: String,
    pub(super) target: ResourceId,
    pub(super) target_number: u64,
    pub(super) begun: Timestamp,
    pub(super) due: Timestamp,
    pub(super) finished: Option<Timestamp>,
    /// How it is to fail, if it is.
    pub(super) failure: Option<OperationError>,
    /// The client's own id of the request it answers.
    pub(super) request: Option<String>,
    pub(super) user: String,
    /// The fingerprint of the target once it is done.
    pub(super) fingerprint: String,
}

/// How a write changes its target.
pub(super) struct Writing {
    pub(super) verb: Verb,
    /// The value of `operationType`.
    pub(super) kind: &'static str,
    /// What the target's content is to become.
    pub(super) coming: Option<Content>,
    /// Why it will not, found out in passing.
    pub(super) failure: Option<OperationError>,
}

impl Operation {
    /// The operation as clients see it.
    pub(super) fn shown(&self, now: Timestamp) -> Value {
        let status = match self.finished {
            Some(_) => "DONE",
            None if now > self.begun => "RUNNING",
            None => "PENDING",
        };
        let path = self.path();
        let mut shown = json!({
            "kind": "compute#operation",
            "id": self.number.to_string(),
            "name": self.name,
            "operationType": self.kind,
            "targetLink": self.target.link(),
            "targetId": self.target_number.to_string(),
            "status": status,
            "progress": if self.finished.is_some() { 100 } else { 0 },
            "user": self.user,
            "insertTime": printed(self.begun),
            "selfLink": link(&path),
        });
        if status != "PENDING" {
            document::put(&mut shown, "startTime", printed(self.begun));
        }
        if let Some((member, link)) = location_member(&self.project, &self.target.location) {
            document::put(&mut shown, member, link);
        }
        if let Some(request) = &self.request {
            document::put(&mut shown, "clientOperationId", request.as_str());
        }
        let Some(finished) = self.finished else {
            return shown;
        };
        document::put(&mut shown, "endTime", printed(finished));
        if let Some(failure) = &self.failure {
            let (status, message) = failure.http();
            document::put(&mut shown, "error", failure.error());
            document::put(&mut shown, "httpErrorStatusCode", status);
            document::put(&mut shown, "httpErrorMessage", message);
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
