//! Starts operations and completes them: a write takes effect when its operation is done.

use jiff::{SignedDuration, Timestamp};

use super::call::Call;
use super::connected_endpoint;
use super::id::ResourceId;
use super::instance;
use super::kind::Kind;
use super::number;
use super::operation::{Operation, Verb, Writing};
use super::refusal::Refusal;
use super::request::{Caller, Reply};
use super::resource::Resource;
use super::state::State;
use super::timestamp::later;

/// Opens an operation on a resource; one that takes no time is done in the answer.
pub(super) fn start(
    state: &mut State,
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
    let Some(number) = state.resource(target).map(|it| it.number) else {
        return Refusal::not_found(target).into();
    };
    let usual = SignedDuration::try_from(state.configuration().operation_delay);
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
    state.change(target, |resource| {
        resource.operation = Some(name.clone());
        resource.is_leaving = verb == Verb::Delete;
        resource.coming = coming;
    });
    state.keep_operation(operation);
    if delay.is_zero() {
        complete(state, &name, call.now);
    }
    let shown = state.operation(&name).map(|it| it.shown(call.now));
    Reply::ok(shown.unwrap_or_default())
}

/// Ends an operation at `at`; what it was for takes effect now.
pub(super) fn complete(state: &mut State, name: &str, at: Timestamp) {
    let Some(mut operation) = state.operation(name).cloned() else {
        return;
    };
    operation.finished = Some(at);
    let target = operation.target.clone();
    match (operation.verb, &operation.failure) {
        (Verb::Insert, Some(_)) | (Verb::Delete, None) => {
            if let Some(resource) = state.remove(&target) {
                after_removal(state, &resource, at);
            }
        }
        (Verb::Insert, None) => {
            state.change(&target, |resource| {
                resource.is_made = true;
                resource.operation = None;
                if let Some(connection) = &mut resource.connection {
                    connection.joined = Some(at);
                }
            });
            after_change(state, &target, at);
        }
        (Verb::Change, None) => {
            let fingerprint = operation.fingerprint.clone();
            state.change(&target, |resource| {
                resource.operation = None;
                resource.fingerprint = fingerprint;
                if let Some(coming) = resource.coming.take() {
                    resource.content = coming;
                }
            });
            after_change(state, &target, at);
        }
        (Verb::Change | Verb::Delete, Some(_)) => state.change(&target, |resource| {
            resource.operation = None;
            resource.is_leaving = false;
            resource.coming = None;
        }),
    }
    state.keep_operation(operation);
}

/// Lets others feel that a resource is new or different.
fn after_change(state: &mut State, id: &ResourceId, at: Timestamp) {
    match id.kind {
        Kind::ServiceAttachment => connected_endpoint::settle_connections(state, id, at),
        Kind::ForwardingRule => {
            let resource = state.resource(id);
            let connection = resource.and_then(|it| it.connection.as_ref());
            if let Some(attachment) = connection.map(|it| it.attachment.clone()) {
                connected_endpoint::settle_connections(state, &attachment, at);
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
fn after_removal(state: &mut State, resource: &Resource, at: Timestamp) {
    match resource.id.kind {
        Kind::ServiceAttachment => connected_endpoint::close_connections(state, resource, at),
        Kind::ForwardingRule => {
            if let Some(connection) = &resource.connection {
                connected_endpoint::settle_connections(state, &connection.attachment, at);
            }
        }
        Kind::Instance => instance::leave_groups(state, &resource.id),
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
