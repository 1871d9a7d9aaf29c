//! Operations: every write is answered by one, and takes effect when it is done.
//!
//! An operation that failed is asked for with status 200 and is `DONE` with the error inside.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Google;
use super::call::Call;
use super::document;
use super::id::{ResourceId, link, place_member};
use super::kind::Kind;
use super::number;
use super::operation_error::OperationError;
use super::place::Place;
use super::refusal::Refusal;
use super::request::{Caller, Reply, Request};
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
    number: u64,
    pub(super) project: String,
    verb: Verb,
    /// The value of `operationType`.
    kind: String,
    target: ResourceId,
    target_number: u64,
    begun: Timestamp,
    pub(super) due: Timestamp,
    pub(super) finished: Option<Timestamp>,
    /// How it is to fail, if it is.
    failure: Option<OperationError>,
    /// The client's own id of the request it answers.
    pub(super) request: Option<String>,
    user: String,
    /// The fingerprint of the target once it is done.
    fingerprint: String,
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
        if let Some((member, link)) = place_member(&self.project, &self.target.place) {
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

    fn path(&self) -> String {
        format!(
            "projects/{}/{}/operations/{}",
            self.project, self.target.place, self.name
        )
    }

    pub(super) fn is_in(&self, project: &str, place: &Place) -> bool {
        self.project == project && self.target.place == *place
    }
}

// === opening and closing ===

impl Google {
    /// Opens an operation on a resource; one that takes no time is done in the answer.
    pub(super) fn open_operation(
        &mut self,
        call: &mut Call<'_>,
        target: &ResourceId,
        writing: Writing,
    ) -> Reply {
        let Writing {
            verb,
            kind,
            coming,
            failure,
        } = writing;
        let Some(number) = self.state.resource(target).map(|it| it.number) else {
            return Refusal::not_found(target).into();
        };
        let usual = SignedDuration::try_from(self.configuration.operation_delay);
        let delay = usual
            .unwrap_or(SignedDuration::MAX)
            .saturating_add(call.hold);
        let operation = Operation {
            name: number::operation_name(call.rng, call.now),
            number: number::resource_number(call.rng),
            project: target.project.clone(),
            verb,
            kind: kind.to_owned(),
            target: target.clone(),
            target_number: number,
            begun: call.now,
            due: later(call.now, delay),
            finished: None,
            failure: call.failure.take().or(failure),
            request: call.request.query("requestId").map(str::to_owned),
            user: match call.request.caller {
                Caller::Provider => format!("provider@{}.iam.gserviceaccount.com", target.project),
                Caller::Anonymous | Caller::Unknown => "anonymous".to_owned(),
            },
            fingerprint: number::fingerprint(call.rng),
        };
        let name = operation.name.clone();
        self.state.change(target, |resource| {
            resource.operation = Some(name.clone());
            resource.is_leaving = verb == Verb::Delete;
            resource.coming = coming;
        });
        self.state.keep_operation(operation);
        if delay.is_zero() {
            self.close_operation(&name, call.now);
        }
        let shown = self.state.operation(&name).map(|it| it.shown(call.now));
        Reply::ok(shown.unwrap_or_default())
    }

    /// Ends an operation at `at`; what it was for takes effect now.
    pub(super) fn close_operation(&mut self, name: &str, at: Timestamp) {
        let Some(mut operation) = self.state.operation(name).cloned() else {
            return;
        };
        operation.finished = Some(at);
        let target = operation.target.clone();
        match (operation.verb, &operation.failure) {
            (Verb::Insert, Some(_)) | (Verb::Delete, None) => {
                if let Some(resource) = self.state.remove(&target) {
                    self.after_removal(&resource, at);
                }
            }
            (Verb::Insert, None) => {
                self.state.change(&target, |resource| {
                    resource.is_made = true;
                    resource.operation = None;
                    if let Some(connection) = &mut resource.connection {
                        connection.joined = Some(at);
                    }
                });
                self.after_change(&target, at);
            }
            (Verb::Change, None) => {
                let fingerprint = operation.fingerprint.clone();
                self.state.change(&target, |resource| {
                    resource.operation = None;
                    resource.fingerprint = fingerprint;
                    if let Some(coming) = resource.coming.take() {
                        resource.content = coming;
                    }
                });
                self.after_change(&target, at);
            }
            (Verb::Change | Verb::Delete, Some(_)) => self.state.change(&target, |resource| {
                resource.operation = None;
                resource.is_leaving = false;
                resource.coming = None;
            }),
        }
        self.state.keep_operation(operation);
    }

    /// Lets others feel that a resource is new or different.
    fn after_change(&mut self, id: &ResourceId, at: Timestamp) {
        match id.kind {
            Kind::ServiceAttachment => self.settle_connections(id, at),
            Kind::ForwardingRule => {
                let resource = self.state.resource(id);
                let connection = resource.and_then(|it| it.connection.as_ref());
                if let Some(attachment) = connection.map(|it| it.attachment.clone()) {
                    self.settle_connections(&attachment, at);
                }
            }
            Kind::Address
            | Kind::BackendService
            | Kind::HealthCheck
            | Kind::EndpointGroup
            | Kind::InstanceGroup
            | Kind::Instance
            | Kind::Firewall
            | Kind::Subnetwork
            | Kind::Network => {}
        }
    }

    /// Lets others feel that a resource is gone.
    fn after_removal(&mut self, resource: &super::resource::Resource, at: Timestamp) {
        match resource.id.kind {
            Kind::ServiceAttachment => self.close_connections(resource, at),
            Kind::ForwardingRule => {
                if let Some(connection) = &resource.connection {
                    self.settle_connections(&connection.attachment, at);
                }
            }
            Kind::Instance => self.leave_groups(&resource.id),
            Kind::Address
            | Kind::BackendService
            | Kind::HealthCheck
            | Kind::EndpointGroup
            | Kind::InstanceGroup
            | Kind::Firewall
            | Kind::Subnetwork
            | Kind::Network => {}
        }
    }
}

/// `now` and a delay; the end of time if that is beyond it.
pub(super) fn later(now: Timestamp, delay: SignedDuration) -> Timestamp {
    now.checked_add(delay).unwrap_or(Timestamp::MAX)
}

// === asking ===

impl Google {
    /// `GET …/operations/{name}` and `POST …/operations/{name}/wait`: how far it is now.
    ///
    /// Who waits is the shell's business: the model answers at once, which the API may do too.
    pub(super) fn get_operation(
        &self,
        project: &str,
        place: &Place,
        name: &str,
        now: Timestamp,
    ) -> Result<Reply, Refusal> {
        let operation = self.asked_operation(project, place, name)?;
        Ok(Reply::ok(operation.shown(now)))
    }

    /// `DELETE …/operations/{name}`: forgets one that is done.
    pub(super) fn delete_operation(
        &mut self,
        project: &str,
        place: &Place,
        name: &str,
    ) -> Result<Reply, Refusal> {
        let operation = self.asked_operation(project, place, name)?;
        if operation.finished.is_none() {
            let path = operation.path();
            let message = format!("The resource '{path}' is not ready");
            return Err(Refusal::new(400, "resourceNotReady", message));
        }
        self.state.drop_operation(name);
        Ok(Reply {
            status: 204,
            headers: Vec::new(),
            body: None,
        })
    }

    fn asked_operation(
        &self,
        project: &str,
        place: &Place,
        name: &str,
    ) -> Result<&Operation, Refusal> {
        self.state
            .operation(name)
            .filter(|it| it.is_in(project, place))
            .ok_or_else(|| {
                Refusal::not_found(&format!("projects/{project}/{place}/operations/{name}"))
            })
    }

    /// The answer to a request that was answered before under the same id.
    ///
    /// # Errors
    /// Refuses an id that is not a UUID, or the zero one.
    pub(super) fn replayed(
        &self,
        request: &Request,
        project: &str,
        now: Timestamp,
    ) -> Result<Option<Reply>, Refusal> {
        let Some(id) = request.query("requestId") else {
            return Ok(None);
        };
        if !uuid::Uuid::try_parse(id).is_ok_and(|it| !it.is_nil()) {
            let why = "It must be a UUID other than 00000000-0000-0000-0000-000000000000.";
            return Err(Refusal::parameter("requestId", id, why));
        }
        let before = self.state.answered(project, id);
        Ok(before.map(|it| Reply::ok(it.shown(now))))
    }
}
