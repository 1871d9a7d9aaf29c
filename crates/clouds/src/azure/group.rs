//! The resource group of a network made by Underpass.

use serde_json::{Value, json};
use underpass_model::part::Spec;
use underpass_model::reconcile::{Evidence, Outcome};

use super::action::Action;
use super::classify;
use super::job::{Job, present};
use super::operation::{self, ProvisioningState};
use super::ownership;
use super::resource::Resource;
use crate::document;
use crate::error::{Error, ErrorKind};

/// The maximum of resources that an error about a group names: 5.
const NAMED: usize = 5;

pub(super) async fn read(job: Job<'_>) -> Result<Outcome, Error> {
    let group = job.names.group()?;
    Ok(match job.get_own(&group).await? {
        None => Outcome::Absent(Evidence::Alone),
        Some(document) => {
            operation::observed_outcome(&document, present(&document, &group), job.now)
        }
    })
}

/// Creates the group. An existing group of ours is complete: it has no variable property.
pub(super) async fn put(job: Job<'_>) -> Result<Outcome, Error> {
    let group = job.names.group()?;
    if let Some(document) = job.get_own(&group).await? {
        let confirmed = present(&document, &group);
        return Ok(operation::observed_outcome(&document, confirmed, job.now).found());
    }
    let target = job.target();
    let body = json!({"location": target.region, "tags": ownership::tags(&target.ownership)});
    let confirm = |document: &Value| Ok(present(document, &group));
    let (_, outcome) = job
        .put(&group, &body, None, &Spec::Present, confirm)
        .await?;
    Ok(outcome)
}

/// Lists the contents of the group, which Azure deletes with it. Anything found there keeps it.
pub(super) async fn survey(job: Job<'_>) -> Result<Outcome, Error> {
    let group = job.names.group()?;
    contents(job, &group).await
}

/// Deletes the group, which the loop has seen empty for some time; it is listed once more before.
pub(super) async fn delete(job: Job<'_>) -> Result<Outcome, Error> {
    let group = job.names.group()?;
    match contents(job, &group).await? {
        Outcome::Empty => job.remove(&group).await,
        other => Ok(other),
    }
}

/// Returns [`Outcome::Empty`] for a group of ours without contents.
async fn contents(job: Job<'_>, group: &Resource) -> Result<Outcome, Error> {
    let Some(document) = job.get_own(group).await? else {
        return Ok(Outcome::Absent(Evidence::Alone));
    };
    if ProvisioningState::of(&document) == ProvisioningState::Deleting {
        let found = present(&document, group);
        return Ok(operation::observed_outcome(&document, found, job.now));
    }
    let action = format!("list the contents of {group}");
    let needs = Action::ListGroup;
    let listed = job
        .client
        .list(&group.contents(), &action, needs, job.now)
        .await?;
    match listed {
        None => Ok(Outcome::Absent(Evidence::Alone)),
        Some(listed) if listed.is_empty() => Ok(Outcome::Empty),
        Some(listed) => Err(inhabited(group, &listed)),
    }
}

fn inhabited(group: &Resource, contents: &[Value]) -> Error {
    let named: Vec<_> = contents
        .iter()
        .take(NAMED)
        .map(|it| document::text(it, "/id").or_else(|| document::text(it, "/name")))
        .map(|it| document::bounded(it.unwrap_or("a resource without a name"), 300))
        .collect();
    let more = match contents.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("{group} still contains {}{more}", named.join(", "));
    let kind = ErrorKind::Retry { after: None };
    let mut error = classify::own(kind, &format!("delete {group}"), "GroupNotEmpty", message);
    let remedy = "Delete or move the resources that are not Underpass's. The group is then \
                  deleted automatically";
    error.remedy = Some(remedy.to_owned());
    error
}
