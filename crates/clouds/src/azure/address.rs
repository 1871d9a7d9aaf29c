//! Static public addresses, in the account's own resource group.

use jiff::Timestamp;
use serde_json::{Value, json};
use underpass_model::part::{Confirmed, Facts, OperationKind, Spec};
use underpass_model::reconcile::{Evidence, Outcome};

use super::job::{Job, present};
use super::operation;
use super::ownership;
use super::resource::Resource;
use crate::document;
use crate::error::Error;

pub(super) async fn read(job: Job<'_>) -> Result<Outcome, Error> {
    let address = job.names.address();
    Ok(match job.get_own(&address).await? {
        None => Outcome::Absent(Evidence::Alone),
        Some(document) => observed(&document, &address, job.now),
    })
}

/// Returns the outcome of reading an address.
pub(super) fn observed(document: &Value, address: &Resource, now: Timestamp) -> Outcome {
    let seen = operation::observed_outcome(document, confirm(document, address), now);
    await_address(seen, now)
}

/// Creates the address. An existing address of ours is complete: it has no variable property.
pub(super) async fn put(job: Job<'_>) -> Result<Outcome, Error> {
    let address = job.names.address();
    let target = job.target();
    if let Some(document) = job.get_own(&address).await?
        && !is_failed(&document)
    {
        return Ok(observed(&document, &address, job.now).found());
    }
    let body = json!({
        "location": target.region,
        "tags": ownership::tags(&target.ownership),
        "sku": {"name": "Standard", "tier": "Regional"},
        "properties": {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4"},
    });
    let confirm = |document: &Value| Ok(confirm(document, &address));
    let (_, outcome) = job
        .put(&address, &body, None, &Spec::Present, confirm)
        .await?;
    Ok(await_address(outcome, job.now))
}

/// Deletes the address. Azure refuses while an interface uses it; the step is retried.
pub(super) async fn delete(job: Job<'_>) -> Result<Outcome, Error> {
    job.remove_own(&job.names.address()).await
}

fn confirm(document: &Value, address: &Resource) -> Confirmed {
    let mut confirmed = present(document, address);
    let text = document::text(document, "/properties/ipAddress");
    confirmed.facts = Facts {
        address: text.and_then(|it| it.parse().ok()),
        ..confirmed.facts
    };
    confirmed
}

fn is_failed(document: &Value) -> bool {
    operation::ProvisioningState::of(document) == operation::ProvisioningState::Failed
}

/// Treats a resource without an assigned address as not ready, in any provisioning state.
fn await_address(outcome: Outcome, now: Timestamp) -> Outcome {
    match outcome {
        Outcome::Ready(confirmed) if confirmed.facts.address.is_none() => {
            operation::later(OperationKind::Put, now)
        }
        other => other,
    }
}
