//! What every write goes through: it is checked as a whole, then an operation is opened for it.

use serde_json::Value;

use super::call::Call;
use super::connection::Connection;
use super::document;
use super::draft::Draft;
use super::id::ResourceId;
use super::kind::Kind;
use super::location::Location;
use super::number;
use super::operation::{Verb, Writing};
use super::operation_error::OperationError;
use super::refusal::Refusal;
use super::request::Reply;
use super::resource::{Content, Resource, is_name};
use super::run_operation;
use super::schema;
use super::state::State;
use super::{
    address, backend_service, endpoint_group, firewall, forwarding_rule, health_check, instance,
    instance_group, network, service_attachment, subnetwork,
};

/// Checks and completes a draft by the rules of its kind.
fn settle(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    match draft.id.kind {
        Kind::ServiceAttachment => service_attachment::settle(draft),
        Kind::ForwardingRule => forwarding_rule::settle(draft),
        Kind::Address => address::settle(draft),
        Kind::BackendService => backend_service::settle(draft),
        Kind::HealthCheck => health_check::settle(draft),
        Kind::EndpointGroup => endpoint_group::settle(draft),
        Kind::InstanceGroup => instance_group::settle(draft),
        Kind::Instance => instance::settle(draft),
        Kind::Firewall => firewall::settle(draft),
        Kind::Subnetwork => subnetwork::settle(draft),
        Kind::Network => network::settle(draft),
    }
}

/// What has become of a draft.
struct Settled {
    body: Value,
    failure: Option<OperationError>,
    connection: Option<Connection>,
}

fn settled(
    state: &State,
    call: &mut Call<'_>,
    id: &ResourceId,
    existing: Option<&Resource>,
    mut body: Value,
) -> Result<Settled, Refusal> {
    schema::check(id.kind, &mut body)?;
    let mut draft = Draft {
        state: state,
        rng: call.rng,
        id,
        existing,
        body,
        failure: None,
        connection: None,
    };
    settle(&mut draft)?;
    Ok(Settled {
        body: draft.body,
        failure: draft.failure,
        connection: draft.connection,
    })
}

/// `POST …/{collection}`.
pub(super) fn insert(
    state: &mut State,
    call: &mut Call<'_>,
    project: &str,
    location: Location,
    kind: Kind,
) -> Result<Reply, Refusal> {
    let mut body = document::without_nulls(call.body()?);
    schema::without_ours(kind, &mut body);
    let id = ResourceId {
        kind,
        project: project.to_owned(),
        location,
        name: checked_name(&body)?,
    };
    if state.resource(&id).is_some() {
        return Err(Refusal::already_exists(&id));
    }
    let settled = settled(state, call, &id, None, body)?;
    state.insert(Resource {
        id: id.clone(),
        number: number::resource_number(call.rng),
        created: call.now,
        fingerprint: number::fingerprint(call.rng),
        is_made: false,
        operation: None,
        is_leaving: false,
        content: Content {
            body: settled.body,
            members: Vec::new(),
        },
        coming: None,
        connection: settled.connection,
    });
    let writing = Writing {
        verb: Verb::Insert,
        kind: "insert",
        coming: None,
        failure: settled.failure,
    };
    Ok(run_operation::start(state, call, &id, writing))
}

/// `PATCH …/{name}`: what is there, merged with the body.
pub(super) fn patch(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let existing = writable(state, call, id)?;
    let mut patch = call.body()?.clone();
    schema::without_ours(id.kind, &mut patch);
    let body = document::merged(existing.body(), &patch);
    rewrite(state, call, id, &existing, body, "patch")
}

/// `PUT …/{name}`: the body instead of what is there.
pub(super) fn replace(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let existing = writable(state, call, id)?;
    let mut body = document::without_nulls(call.body()?);
    schema::without_ours(id.kind, &mut body);
    document::default(&mut body, "name", id.name.as_str());
    rewrite(state, call, id, &existing, body, "update")
}

fn rewrite(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
    existing: &Resource,
    body: Value,
    kind: &'static str,
) -> Result<Reply, Refusal> {
    if body.get("name").and_then(Value::as_str) != Some(&id.name) {
        let name = body.get("name").unwrap_or(&Value::Null);
        return Err(Refusal::field(
            "name",
            name,
            "Field 'name' cannot be changed.",
        ));
    }
    let settled = settled(state, call, id, Some(existing), body)?;
    let coming = Content {
        body: settled.body,
        members: existing.content.members.clone(),
    };
    let writing = Writing {
        verb: Verb::Change,
        kind,
        coming: Some(coming),
        failure: settled.failure,
    };
    Ok(run_operation::start(state, call, id, writing))
}

/// `DELETE …/{name}`.
pub(super) fn delete(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let existing = state.at_rest(id)?;
    let of_address = address::holder(state, existing);
    let user = of_address.or_else(|| state.users(id).next());
    if let Some(user) = user {
        return Err(Refusal::in_use(id, &user.id));
    }
    let kind = match existing.connection {
        // Attested: magic-modules#5031.
        Some(_) => "deleteRegionPscForwardingRule",
        None => "delete",
    };
    let writing = Writing {
        verb: Verb::Delete,
        kind,
        coming: None,
        failure: None,
    };
    Ok(run_operation::start(state, call, id, writing))
}

/// A resource at rest whose fingerprint the body names, where it has one.
fn writable(state: &State, call: &Call<'_>, id: &ResourceId) -> Result<Resource, Refusal> {
    let existing = state.at_rest(id)?;
    let named = document::text(call.body()?, "/fingerprint");
    if id.kind.has_fingerprint() && named != Some(&existing.fingerprint) {
        return Err(Refusal::stale());
    }
    Ok(existing.clone())
}

fn checked_name(body: &Value) -> Result<String, Refusal> {
    let Some(name) = body.get("name") else {
        return Err(Refusal::required("name"));
    };
    match name.as_str() {
        Some(text) if is_name(text) => Ok(text.to_owned()),
        Some(_) | None => {
            let why = "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'";
            Err(Refusal::field("name", name, why))
        }
    }
}
