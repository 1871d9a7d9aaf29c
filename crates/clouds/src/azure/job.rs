//! One step in progress, with the operations shared by all kinds of parts.

use jiff::Timestamp;
use serde_json::Value;
use underpass_model::cloud_target::CloudTarget;
use underpass_model::part::{Confirmed, Facts, Spec};
use underpass_model::reconcile::{Evidence, Outcome};

use super::classify;
use super::client::Client;
use super::names::Names;
use super::operation::{self, ProvisioningState};
use super::ownership;
use super::resource::Resource;
use crate::document;
use crate::error::{Error, ErrorKind};

/// A step that a driver performs: the client, the names of the resources, and the time.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) client: &'a Client,
    pub(super) names: Names<'a>,
    pub(super) now: Timestamp,
}

/// The action of a conditional put, which depends on the state of the resource (`etag`).
pub(super) enum PutAction {
    /// The resource does not exist.
    Create,
    /// The resource needs no write, or cannot be written now.
    Keep { document: Value, outcome: Outcome },
    /// The resource is in exactly the state that the step was decided on, and differs from the
    /// desired one.
    Update { document: Value, tag: String },
}

impl<'a> Job<'a> {
    pub(super) const fn target(&self) -> &'a CloudTarget {
        self.names.target
    }

    /// Reads a resource of any owner.
    pub(super) async fn get(&self, resource: &Resource) -> Result<Option<Value>, Error> {
        Ok(self
            .client
            .get(resource, self.now)
            .await?
            .map(|answer| answer.body))
    }

    /// Reads a resource and refuses one that is not ours.
    pub(super) async fn get_own(&self, resource: &Resource) -> Result<Option<Value>, Error> {
        let Some(document) = self.get(resource).await? else {
            return Ok(None);
        };
        ownership::require(
            &document,
            &self.target().ownership,
            resource,
            &format!("read {resource}"),
        )?;
        Ok(Some(document))
    }

    /// Writes a resource: over exactly the tagged state, or, without a tag, one that a read of the same
    /// step did not find.
    pub(super) async fn put(
        &self,
        resource: &Resource,
        body: &Value,
        tag: Option<&str>,
        desired: &Spec,
        confirm: impl Fn(&Value) -> Result<Confirmed, Error>,
    ) -> Result<(Value, Outcome), Error> {
        let answer = self.client.put(resource, body, tag, self.now).await?;
        let confirmed = confirm(&answer.body)?;
        let outcome =
            operation::written(self.client, resource, &answer, confirmed, desired, self.now)?;
        Ok((answer.body, outcome))
    }

    /// Deletes a resource of ours.
    pub(super) async fn remove_own(&self, resource: &Resource) -> Result<Outcome, Error> {
        match self.get_own(resource).await? {
            None => Ok(Outcome::Absent(Evidence::Alone)),
            Some(document) if ProvisioningState::of(&document) == ProvisioningState::Deleting => {
                Ok(operation::observed_outcome(
                    &document,
                    present(&document, resource),
                    self.now,
                ))
            }
            Some(_) => self.remove(resource).await,
        }
    }

    /// Deletes a resource that is known to be ours.
    pub(super) async fn remove(&self, resource: &Resource) -> Result<Outcome, Error> {
        let answer = self.client.delete(resource, self.now).await?;
        Ok(operation::removed(self.client, answer.as_ref(), self.now))
    }

    /// Returns the action of a conditional put (`etag`): it writes only over the state that it was
    /// decided on, and adopts the result of an interrupted attempt.
    pub(super) async fn put_action(
        &self,
        resource: &Resource,
        desired: &Spec,
        tag: Option<&str>,
        confirm: impl Fn(&Value) -> Result<Confirmed, Error>,
    ) -> Result<PutAction, Error> {
        let action = format!("write {resource}");
        let Some(document) = self.get_own(resource).await? else {
            return match tag {
                None => Ok(PutAction::Create),
                Some(_) => Err(classify::stale(&action, resource, "no longer exists")),
            };
        };
        let state = ProvisioningState::of(&document);
        let confirmed = confirm(&document)?;
        if matches!(
            state,
            ProvisioningState::Updating | ProvisioningState::Deleting
        ) {
            let outcome = operation::observed_outcome(&document, confirmed, self.now);
            return Ok(PutAction::Keep { document, outcome });
        }
        if tag.is_some() && confirmed.tag.as_deref() != tag {
            return Err(classify::stale(
                &action,
                resource,
                "has changed since it was read",
            ));
        }
        if state == ProvisioningState::Succeeded && confirmed.spec == *desired {
            return Ok(PutAction::Keep {
                document,
                outcome: Outcome::Found(confirmed),
            });
        }
        match tag {
            Some(tag) => Ok(PutAction::Update {
                document,
                tag: tag.to_owned(),
            }),
            None => Err(classify::stale(
                &action,
                resource,
                "already exists with other properties",
            )),
        }
    }
}

/// Returns the confirmed state of a part without variable properties.
pub(super) fn present(document: &Value, resource: &Resource) -> Confirmed {
    confirmed(Spec::Present, document, resource)
}

/// Returns the confirmed state of a part.
pub(super) fn confirmed(spec: Spec, document: &Value, resource: &Resource) -> Confirmed {
    let id = document::text(document, "/id").map_or_else(|| resource.id(), str::to_owned);
    let facts = Facts {
        id: Some(id),
        ..Facts::default()
    };
    Confirmed {
        spec,
        tag: document::text(document, "/etag").map(str::to_owned),
        facts,
    }
}

/// Returns the version tag of a resource, for a conditional write.
pub(super) fn require_tag(document: &Value, resource: &Resource) -> Result<String, Error> {
    document::text(document, "/etag")
        .map(str::to_owned)
        .ok_or_else(|| {
            let kind = ErrorKind::Retry { after: None };
            let message =
                "the answer has no etag, so a conditional write is not possible".to_owned();
            classify::own(
                kind,
                &format!("read {resource}"),
                "UnreadableAnswer",
                message,
            )
        })
}
