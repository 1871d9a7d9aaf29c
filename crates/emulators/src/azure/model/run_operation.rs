//! Start and completion of long-running operations.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::call::Call;
use super::guid::guid;
use super::id::ResourceId;
use super::kind::Kind;
use super::operation::{Operation, Verb};
use super::private_endpoint;
use super::removal;
use super::resource::{ProvisioningState, Resource};
use super::resource_group;
use super::state::State;

/// Starts an operation on its targets; one that takes no time is finished on return.
pub(super) fn start(
    state: &mut State,
    call: &mut Call<'_>,
    verb: Verb,
    targets: Vec<ResourceId>,
    region: &str,
    duration: Duration,
) -> Operation {
    let duration = duration.saturating_add(std::mem::take(&mut call.extra_delay));
    let first = targets.first();
    let mut id = guid(call.rng);
    if let Some(target) = first.filter(|it| it.kind().is_private_dns()) {
        id = private_dns_id(verb, target, &id);
    }
    let location = first.map(|it| location_of(it, region)).unwrap_or_default();
    let operation = Operation {
        id,
        verb,
        targets,
        due: later(call.now, duration),
        finished: None,
        held: false,
        removes_part: false,
        location,
        query: signed_query(call),
        closing_version: guid(call.rng),
        failure: call.failure.take(),
    };
    for target in &operation.targets {
        state.change(target, |resource| {
            resource.operation = Some(operation.id.clone());
            resource.provisioning = match (verb, resource.provisioning) {
                (Verb::Delete, _) => ProvisioningState::Deleting,
                (Verb::Put, ProvisioningState::Succeeded) => ProvisioningState::Updating,
                (Verb::Put, other) => other,
            };
        });
    }
    state.put_operation(operation.clone());
    if duration.is_zero() {
        complete(state, &operation.id, call.now);
    }
    state.operation(&operation.id).cloned().unwrap_or(operation)
}

/// The path of an operation's URLs, without the last segments.
fn location_of(target: &ResourceId, region: &str) -> String {
    let provider = "providers/Microsoft.Network";
    let subscription = format!("/subscriptions/{}", target.subscription());
    match target.kind() {
        Kind::ResourceGroup => subscription,
        kind if kind.is_private_dns() => {
            format!(
                "{subscription}/resourceGroups/{}/{provider}",
                target.group()
            )
        }
        _ => format!("{subscription}/{provider}/locations/{region}"),
    }
}

/// The ID of an operation of private DNS, which is recorded to be text in base64.
fn private_dns_id(verb: Verb, target: &ResourceId, guid: &str) -> String {
    let verb = match verb {
        Verb::Put => "Upsert",
        Verb::Delete => "Delete",
    };
    let subject = target.kind().operation_subject();
    let subscription = target.subscription();
    STANDARD.encode(format!(
        "FrontEndAsyncOperation;{verb}{subject};{guid}_{subscription}"
    ))
}

/// `now` plus a delay, or the latest timestamp.
fn later(now: Timestamp, delay: Duration) -> Timestamp {
    now.checked_add(delay).unwrap_or(Timestamp::MAX)
}

/// The api-version of the request and a random signature.
fn signed_query(call: &mut Call<'_>) -> Vec<(String, String)> {
    let mut query = vec![("api-version".to_owned(), call.api_version.to_owned())];
    for name in ["t", "c", "s", "h"] {
        query.push((name.to_owned(), guid(call.rng).replace('-', "")));
    }
    query
}

/// Completes an operation. The deletion of a group is held back while a resource outside uses it.
pub(super) fn complete(state: &mut State, id: &str, now: Timestamp) {
    let Some(mut operation) = state.operation(id).cloned() else {
        return;
    };
    let Some(target) = operation.targets.first().cloned() else {
        return;
    };
    let removes = operation.verb == Verb::Delete && operation.failure.is_none();
    if removes && operation.is_of_group() && resource_group::is_used_from_outside(state, &target) {
        if !operation.held {
            operation.held = true;
            state.put_operation(operation);
        }
        return;
    }
    let version = operation.closing_version.clone();
    // A target may have been deleted and created again in the meantime.
    let own = |it: &Resource| it.operation.as_deref() == Some(id);
    if removes && state.resource(&target).is_some_and(own) {
        removal::remove(state, &target, &version);
    }
    for it in &operation.targets {
        let end = operation.final_state(it);
        if state.resource(it).is_some_and(own) {
            state.change(it, |resource| {
                resource.operation = None;
                resource.provisioning = end;
                resource.version.clone_from(&version);
            });
        }
    }
    if operation.verb == Verb::Put && target.kind() == Kind::PrivateEndpoint {
        private_endpoint::publish_connection(state, &target, &version);
    }
    operation.finished = Some(now);
    state.put_operation(operation);
}

/// Completes the deletions of groups that no resource outside uses any more.
///
/// The completion of one may release another.
pub(super) fn release_groups(state: &mut State, now: Timestamp) {
    loop {
        let before = state.held_operations();
        for operation in &before {
            complete(state, operation, now);
        }
        if state.held_operations().len() == before.len() {
            return;
        }
    }
}
