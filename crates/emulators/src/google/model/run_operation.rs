//! Starts operations and completes them.

use jiff::{SignedDuration, Timestamp};

use super::call::Call;
use super::evaluate_connections;
use super::id::ResourceId;
use super::instance;
use super::kind::Kind;
use super::number;
use super::operation::{Effect, Operation, Write};
use super::refusal::Refusal;
use super::request::{Caller, Reply};
use super::resource::Resource;
use super::state::State;
use super::timestamp::saturating_add;

/// Starts an operation on a resource and returns its document.
///
/// An operation without delay completes immediately.
pub(super) fn start(
    state: &mut State,
    call: &mut Call<'_>,
    target: &ResourceId,
    write: Write,
) -> Reply {
    let Write {
        effect,
        operation_type,
        pending,
        error,
    } = write;
    let Some(number) = state.resource(target).map(|it| it.number) else {
        return Refusal::not_found(target).into();
    };
    let delay = SignedDuration::try_from(state.configuration().operation_delay);
    let delay = delay
        .unwrap_or(SignedDuration::MAX)
        .saturating_add(call.extra_delay);
    let operation = Operation {
        name: number::operation_name(call.rng, call.now),
        number: number::resource_number(call.rng),
        project: target.project.clone(),
        effect,
        operation_type: operation_type.to_owned(),
        target: target.clone(),
        target_number: number,
        started: call.now,
        due: saturating_add(call.now, delay),
        completed: None,
        error: call.error.take().or(error),
        request_id: call.request.query("requestId").map(str::to_owned),
        user: match &call.request.caller {
            Caller::Principal(principal) => principal.clone(),
            Caller::Provider => format!("provider@{}.iam.gserviceaccount.com", target.project),
            Caller::Anonymous | Caller::Unknown => "anonymous".to_owned(),
        },
        fingerprint: number::fingerprint(call.rng),
    };
    let name = operation.name.clone();
    state.change(target, |resource| {
        resource.operation = Some(name.clone());
        resource.is_deleting = effect == Effect::Delete;
        resource.pending = pending;
    });
    state.put_operation(operation);
    if delay.is_zero() {
        complete(state, &name, call.now);
    }
    let shown = state.operation(&name).map(|it| it.to_document(call.now));
    Reply::ok(shown.unwrap_or_default())
}

/// Completes an operation at `at`: its write takes effect, unless the operation fails.
pub(super) fn complete(state: &mut State, name: &str, at: Timestamp) {
    let Some(mut operation) = state.operation(name).cloned() else {
        return;
    };
    operation.completed = Some(at);
    let target = operation.target.clone();
    match (operation.effect, &operation.error) {
        (Effect::Insert, Some(_)) | (Effect::Delete, None) => {
            if let Some(resource) = state.remove(&target) {
                after_removal(state, &resource, at);
            }
        }
        (Effect::Insert, None) => {
            state.change(&target, |resource| {
                resource.is_created = true;
                resource.operation = None;
                if let Some(connection) = &mut resource.connection {
                    connection.connected_at = Some(at);
                }
            });
            after_change(state, &target, at);
        }
        (Effect::Update, None) => {
            let fingerprint = operation.fingerprint.clone();
            state.change(&target, |resource| {
                resource.operation = None;
                resource.fingerprint = fingerprint;
                if let Some(pending) = resource.pending.take() {
                    resource.content = pending;
                }
            });
            after_change(state, &target, at);
        }
        (Effect::Update | Effect::Delete, Some(_)) => state.change(&target, |resource| {
            resource.operation = None;
            resource.is_deleting = false;
            resource.pending = None;
        }),
    }
    state.put_operation(operation);
}

/// Updates the resources that depend on a new or changed resource.
fn after_change(state: &mut State, id: &ResourceId, at: Timestamp) {
    match id.kind {
        Kind::ServiceAttachment => evaluate_connections::evaluate(state, id, at),
        Kind::ForwardingRule | Kind::RegionalEndpointGroup => {
            let resource = state.resource(id);
            let connection = resource.and_then(|it| it.connection.as_ref());
            if let Some(attachment) = connection.map(|it| it.attachment.clone()) {
                evaluate_connections::evaluate(state, &attachment, at);
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

/// Updates the resources that depend on a deleted resource.
fn after_removal(state: &mut State, resource: &Resource, at: Timestamp) {
    match resource.id.kind {
        Kind::ServiceAttachment => evaluate_connections::evaluate(state, &resource.id, at),
        Kind::ForwardingRule | Kind::RegionalEndpointGroup => {
            if let Some(connection) = &resource.connection {
                evaluate_connections::evaluate(state, &connection.attachment, at);
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
