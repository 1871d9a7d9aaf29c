//! One step in progress, with the operations shared by all kinds of parts.

use jiff::Timestamp;
use serde_json::{Value, json};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::part::{Confirmed, Facts, OperationKind, Spec};
use underpass_model::reconcile::{Evidence, Outcome};

use super::classify;
use super::client::Client;
use super::names::Names;
use super::operation;
use super::ownership;
use super::resource::Resource;
use crate::document;
use crate::error::Error;

/// A step that a driver performs: the client, the names of the resources, and the time.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) client: &'a Client,
    pub(super) names: Names<'a>,
    pub(super) now: Timestamp,
}

/// A write, as the kind of resource supports it.
pub(super) enum Write {
    Insert(Value),
    Patch(Value),
}

impl<'a> Job<'a> {
    pub(super) const fn target(&self) -> &'a CloudTarget {
        self.names.target
    }

    /// Reads a resource and refuses one that is not ours.
    pub(super) async fn get_own(&self, resource: &Resource) -> Result<Option<Value>, Error> {
        let Some(document) = self.client.get(resource, self.now).await? else {
            return Ok(None);
        };
        let action = format!("read {resource}");
        ownership::require(&document, &self.target().ownership, resource, &action)?;
        Ok(Some(document))
    }

    /// Returns the outcome of reading a resource of ours.
    pub(super) async fn read(
        &self,
        resource: &Resource,
        confirm: impl Fn(&Value) -> Confirmed,
    ) -> Result<Outcome, Error> {
        let found = self.get_own(resource).await?;
        Ok(match found {
            Some(document) => Outcome::Ready(confirm(&document)),
            None => Outcome::Absent(Evidence::Alone),
        })
    }

    /// Creates a resource that never changes, unless it exists.
    pub(super) async fn put_once(
        &self,
        resource: &Resource,
        members: Value,
        confirm: impl Fn(&Value) -> Confirmed,
    ) -> Result<Outcome, Error> {
        if let Some(document) = self.get_own(resource).await? {
            return Ok(Outcome::Found(confirm(&document)));
        }
        let body = self.body(resource, members);
        self.write(resource, Write::Insert(body), &Spec::Present, confirm)
            .await
    }

    /// Writes a resource and returns the outcome.
    ///
    /// An answer that shows another spec is an error, not an outcome: the loop would write again
    /// immediately, and the pauses between attempts must grow.
    pub(super) async fn write(
        &self,
        resource: &Resource,
        write: Write,
        desired: &Spec,
        confirm: impl Fn(&Value) -> Confirmed,
    ) -> Result<Outcome, Error> {
        match self.send(resource, write).await? {
            Sent::InProgress(outcome) => Ok(outcome),
            Sent::Done(document) => {
                let confirmed = confirm(&document);
                if confirmed.spec != *desired {
                    let action = format!("write {resource}");
                    return Err(classify::not_kept(&action, resource));
                }
                Ok(Outcome::Ready(confirmed))
            }
        }
    }

    /// Sends a write and, if it completes immediately, reads the result. A resource that exists
    /// already is read as well, and adopted if it is ours.
    pub(super) async fn send(&self, resource: &Resource, write: Write) -> Result<Sent, Error> {
        let operation = match write {
            Write::Insert(body) => self.client.insert(resource, &body, self.now).await,
            Write::Patch(body) => self.client.patch(resource, &body, self.now).await,
        };
        let operation = match operation {
            Ok(operation) => operation,
            Err(error) if classify::says_present(&error) => {
                // The resource is being created or deleted; the next read shows the result.
                return self.get_own(resource).await?.map(Sent::Done).ok_or(error);
            }
            Err(error) => return Err(error),
        };
        if let Some(making) = operation::begun(&operation, resource, OperationKind::Put, self.now)?
        {
            return Ok(Sent::InProgress(making));
        }
        match self.get_own(resource).await? {
            Some(document) => Ok(Sent::Done(document)),
            None => Err(classify::stale(
                &format!("write {resource}"),
                resource,
                "was written, but does not exist",
            )),
        }
    }

    /// Deletes a resource of ours.
    pub(super) async fn remove(&self, resource: &Resource) -> Result<Outcome, Error> {
        if self.get_own(resource).await?.is_none() {
            return Ok(Outcome::Absent(Evidence::Alone));
        }
        let Some(operation) = self.client.delete(resource, self.now).await? else {
            return Ok(Outcome::Absent(Evidence::Alone));
        };
        let making = operation::begun(&operation, resource, OperationKind::Delete, self.now)?;
        Ok(making.unwrap_or(Outcome::Gone))
    }

    /// Returns a body with the members that every resource of ours has.
    pub(super) fn body(&self, resource: &Resource, members: Value) -> Value {
        let mut body = json!({
            "name": resource.name(),
            "description": ownership::description(&self.target().ownership),
        });
        if let (Value::Object(all), Value::Object(members)) = (&mut body, members) {
            all.extend(members);
        }
        body
    }
}

/// The result of a write.
pub(super) enum Sent {
    /// The operation is in progress.
    InProgress(Outcome),
    /// The operation is complete; the resource as read afterwards.
    Done(Value),
}

/// Returns the confirmed state of a part.
pub(super) fn confirmed(spec: Spec, document: &Value, resource: &Resource) -> Confirmed {
    Confirmed {
        spec,
        tag: document::text(document, "/fingerprint").map(str::to_owned),
        facts: Facts {
            id: Some(resource.path()),
            instance: document::text(document, "/id").map(str::to_owned),
            ..Facts::default()
        },
    }
}

/// Checks that the version is the one that a change was decided on.
pub(super) fn check_tag(
    document: &Value,
    tag: Option<&str>,
    resource: &Resource,
) -> Result<(), Error> {
    let found = document::text(document, "/fingerprint");
    if tag.is_some() && found == tag {
        return Ok(());
    }
    let message = match tag {
        Some(_) => "has changed since it was read",
        None => "already exists with other properties",
    };
    let action = format!("write {resource}");
    Err(classify::stale(&action, resource, message))
}
