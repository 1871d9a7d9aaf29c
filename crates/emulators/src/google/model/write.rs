//! Inserts, updates and deletions of resources: a write is checked, then its operation is started.

use serde_json::Value;

use super::call::Call;
use super::connection::Connection;
use super::document;
use super::draft::Draft;
use super::id::ResourceId;
use super::kind::Kind;
use super::location::Location;
use super::members;
use super::number;
use super::operation::{Effect, Write};
use super::operation_error::OperationError;
use super::refusal::Refusal;
use super::request::Reply;
use super::resource::{Content, Resource, is_valid_name};
use super::run_operation;
use super::schema;
use super::state::State;
use super::{
    address, backend_service, endpoint_group, firewall, forwarding_rule, health_check, instance,
    instance_group, network, regional_endpoint_group, service_attachment, subnetwork,
};

/// Checks and completes a draft by the rules of its kind.
fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    match draft.id.kind {
        Kind::ServiceAttachment => service_attachment::prepare(draft),
        Kind::ForwardingRule => forwarding_rule::prepare(draft),
        Kind::Address => address::prepare(draft),
        Kind::BackendService => backend_service::prepare(draft),
        Kind::HealthCheck => health_check::prepare(draft),
        Kind::EndpointGroup => endpoint_group::prepare(draft),
        Kind::RegionalEndpointGroup => regional_endpoint_group::prepare(draft),
        Kind::InstanceGroup => instance_group::prepare(draft),
        Kind::Instance => instance::prepare(draft),
        Kind::Firewall => firewall::prepare(draft),
        Kind::Subnetwork => subnetwork::prepare(draft),
        Kind::Network => network::prepare(draft),
    }
}

/// A checked and completed draft.
struct Prepared {
    body: Value,
    error: Option<OperationError>,
    connection: Option<Connection>,
}

fn prepared(
    state: &State,
    call: &mut Call<'_>,
    id: &ResourceId,
    existing: Option<&Resource>,
    mut body: Value,
) -> Result<Prepared, Refusal> {
    schema::check(id.kind, &mut body)?;
    let mut draft = Draft {
        state,
        rng: call.rng,
        id,
        existing,
        body,
        error: None,
        connection: None,
    };
    prepare(&mut draft)?;
    Ok(Prepared {
        body: draft.body,
        error: draft.error,
        connection: draft.connection,
    })
}

/// `POST …/{collection}`.
///
/// # Errors
/// 409 `alreadyExists`, or a refusal of the rules of the kind.
pub(super) fn insert(
    state: &mut State,
    call: &mut Call<'_>,
    project: &str,
    location: Location,
    kind: Kind,
) -> Result<Reply, Refusal> {
    members::check(kind, call.body()?)?;
    let mut body = document::without_nulls(call.body()?);
    schema::strip_output_only(kind, &mut body);
    let id = ResourceId {
        kind,
        project: project.to_owned(),
        location,
        name: checked_name(&body)?,
    };
    if state.resource(&id).is_some() {
        return Err(Refusal::already_exists(&id));
    }
    let prepared = prepared(state, call, &id, None, body)?;
    state.insert(Resource {
        id: id.clone(),
        number: number::resource_number(call.rng),
        created: call.now,
        fingerprint: number::fingerprint(call.rng),
        is_created: false,
        operation: None,
        is_deleting: false,
        content: Content {
            body: prepared.body,
            members: Vec::new(),
        },
        pending: None,
        connection: prepared.connection,
    });
    let write = Write {
        effect: Effect::Insert,
        operation_type: "insert",
        pending: None,
        error: prepared.error,
    };
    Ok(run_operation::start(state, call, &id, write))
}

/// `PATCH …/{name}`: merges the body into the resource (RFC 7396).
///
/// # Errors
/// 404 `notFound`, 400 `resourceNotReady`, 412 `conditionNotMet` for another fingerprint than the
/// current one, or a refusal of the rules of the kind.
pub(super) fn patch(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    members::check(id.kind, call.body()?)?;
    let existing = writable(state, call, id)?;
    let mut patch = call.body()?.clone();
    schema::strip_output_only(id.kind, &mut patch);
    let body = document::merged(existing.body(), &patch);
    update(state, call, id, &existing, body, "patch")
}

/// `PUT …/{name}`: replaces the resource by the body.
///
/// # Errors
/// As for [`patch`].
pub(super) fn replace(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    members::check(id.kind, call.body()?)?;
    let existing = writable(state, call, id)?;
    let mut body = document::without_nulls(call.body()?);
    schema::strip_output_only(id.kind, &mut body);
    document::set_default(&mut body, "name", id.name.as_str());
    update(state, call, id, &existing, body, "update")
}

fn update(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
    existing: &Resource,
    body: Value,
    operation_type: &'static str,
) -> Result<Reply, Refusal> {
    if body.get("name").and_then(Value::as_str) != Some(&id.name) {
        let name = body.get("name").unwrap_or(&Value::Null);
        return Err(Refusal::field(
            "name",
            name,
            "Field 'name' cannot be changed.",
        ));
    }
    let prepared = prepared(state, call, id, Some(existing), body)?;
    let pending = Content {
        body: prepared.body,
        members: existing.content.members.clone(),
    };
    let write = Write {
        effect: Effect::Update,
        operation_type,
        pending: Some(pending),
        error: prepared.error,
    };
    Ok(run_operation::start(state, call, id, write))
}

/// `DELETE …/{name}`.
///
/// # Errors
/// 404 `notFound`, 400 `resourceNotReady`, 400 `resourceInUseByAnotherResource`.
pub(super) fn delete(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let existing = state.require_idle(id)?;
    let address_user = address::user(state, existing);
    let user = address_user.or_else(|| state.users(id).next());
    if let Some(user) = user {
        return Err(Refusal::in_use(id, &user.id));
    }
    let operation_type = match (id.kind, &existing.connection) {
        // Reported: magic-modules#5031.
        (Kind::ForwardingRule, Some(_)) => "deleteRegionPscForwardingRule",
        _ => "delete",
    };
    let write = Write {
        effect: Effect::Delete,
        operation_type,
        pending: None,
        error: None,
    };
    Ok(run_operation::start(state, call, id, write))
}

/// Returns an idle resource, if the body names its current fingerprint or need not name one.
///
/// # Errors
/// As for [`patch`].
fn writable(state: &State, call: &Call<'_>, id: &ResourceId) -> Result<Resource, Refusal> {
    let existing = state.require_idle(id)?;
    let named = document::text(call.body()?, "/fingerprint");
    let is_current = match named {
        Some(named) => named == existing.fingerprint,
        None => !id.kind.requires_fingerprint(),
    };
    if id.kind.has_fingerprint() && !is_current {
        return Err(Refusal::condition_not_met());
    }
    Ok(existing.clone())
}

fn checked_name(body: &Value) -> Result<String, Refusal> {
    let Some(name) = body.get("name") else {
        return Err(Refusal::required("name"));
    };
    match name.as_str() {
        Some(text) if is_valid_name(text) => Ok(text.to_owned()),
        Some(_) | None => {
            let why = "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'";
            Err(Refusal::field("name", name, why))
        }
    }
}
