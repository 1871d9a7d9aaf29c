//! What every admitted write goes through: its body is normalised, applied and answered.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::admission;
use super::answer::{Reply, reply};
use super::document;
use super::fault::Failure;
use super::guid::guid;
use super::id::{Kind, ResourceId};
use super::load_balancer;
use super::network_interface;
use super::operation;
use super::operation::Verb;
use super::private_endpoint;
use super::private_link_service;
use super::public_ip;
use super::reading;
use super::refusal::Refusal;
use super::resource::{self, Provisioning, Resource, Tie};
use super::state::State;
use super::subnet;
use super::{Caller, Generator, Request};

/// An authenticated request on its way.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) caller: &'a Caller,
    pub(super) api_version: &'a str,
    pub(super) now: Timestamp,
    pub(super) rng: &'a mut dyn Generator,
    /// How the operation this request opens is to fail, if a planted fault says so.
    pub(super) failure: Option<Failure>,
}

/// A checked write, ready to be applied.
pub(super) struct Draft {
    pub(super) id: ResourceId,
    pub(super) existing: Option<Resource>,
    pub(super) body: Value,
    pub(super) ties: BTreeMap<Tie, ResourceId>,
}

impl Draft {
    /// A draft that keeps the ties the resource has.
    pub(super) fn new(id: ResourceId, existing: Option<Resource>, body: Value) -> Draft {
        let ties = existing
            .as_ref()
            .map(|it| it.ties.clone())
            .unwrap_or_default();
        Draft {
            id,
            existing,
            body,
            ties,
        }
    }
}

// === bodies ===

/// The body of a tracked resource: normalised, with a legal name and its region settled.
pub(super) fn tracked_body(
    call: &Call<'_>,
    id: &ResourceId,
    existing: Option<&Resource>,
) -> Result<Value, Refusal> {
    let mut body = child_body(call, id)?;
    let Some(location) = document::text(&body, "/location").map(resource::region) else {
        return Err(Refusal::gateway(
            400,
            "LocationRequired",
            "The location property is required for this definition.",
        ));
    };
    if let Some(before) = existing
        .map(Resource::location)
        .filter(|before| *before != location)
    {
        return Err(Refusal::gateway(
            409,
            "InvalidResourceLocation",
            format!(
                "The resource '{}' already exists in location '{before}' in resource group \
                 '{}'. A resource with the same name cannot be created in location \
                 '{location}'. Please select a new resource name.",
                id.name(),
                id.group(),
            ),
        ));
    }
    document::put(&mut body, "/location", location);
    Ok(body)
}

/// The body of any network resource, without what only the provider writes.
pub(super) fn child_body(call: &Call<'_>, id: &ResourceId) -> Result<Value, Refusal> {
    resource::check_name(id.name())?;
    let mut body = document::normalized(call.request.body.as_ref())?;
    document::default(&mut body, "/properties", serde_json::json!({}));
    if !body.pointer("/properties").is_some_and(Value::is_object) {
        return Err(Refusal::malformed("properties must be a JSON object"));
    }
    for read_only in [
        "/id",
        "/name",
        "/type",
        "/etag",
        "/properties/provisioningState",
        "/properties/resourceGuid",
    ] {
        document::discard(&mut body, read_only);
    }
    Ok(body)
}

// === acceptance ===

/// Applies a checked write without an operation.
pub(super) fn apply(state: &mut State, call: &mut Call<'_>, draft: Draft) -> (u16, ResourceId) {
    let Draft {
        id,
        existing,
        body,
        ties,
    } = draft;
    let status = if existing.is_some() { 200 } else { 201 };
    let (id, lasting_guid) = match existing {
        Some(existing) => (existing.id, existing.guid),
        None => (id, guid(call.rng)),
    };
    state.insert(Resource {
        id: id.clone(),
        version: guid(call.rng),
        guid: lasting_guid,
        provisioning: Provisioning::Succeeded,
        operation: None,
        body,
        ordinal: 0,
        ties,
    });
    (status, id)
}

/// Applies a checked write whose operation takes time; `also` changes with it.
pub(super) fn accept(
    state: &mut State,
    call: &mut Call<'_>,
    draft: Draft,
    also: Vec<ResourceId>,
) -> Reply {
    let region = region_of(state, &draft);
    let worked = draft.existing.as_ref().is_some_and(Resource::in_service);
    let (status, id) = apply(state, call, draft);
    if !worked {
        state.change(&id, |it| it.provisioning = Provisioning::Creating);
    }
    let targets = [vec![id.clone()], also].concat();
    let operation = operation::open_operation(state, call, Verb::Put, targets, &region);
    let body = state
        .resource(&id)
        .map(|resource| reading::show(state, resource));
    Reply {
        status,
        headers: operation::operation_headers(state, &operation),
        body,
    }
}

/// The region of a draft, or of its parent's.
fn region_of(state: &State, draft: &Draft) -> String {
    let own = document::text_or_empty(&draft.body, "/location");
    let parent = draft.id.parent();
    let parent = parent.as_ref().and_then(|parent| state.resource(parent));
    parent.map_or(own, Resource::location).to_owned()
}

/// What a finished PUT changes in other resources.
pub(super) fn finish_put(state: &mut State, id: &ResourceId, version: &str) {
    if id.kind() == Kind::PrivateEndpoint {
        private_endpoint::publish_connection(state, id, version);
    }
}

/// Carries out a DELETE: 204 for what is not there, 202 and an operation otherwise; 200 if
/// that is over already.
pub(super) fn delete(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let Some(resource) = admission::admit_write(state, call, id)? else {
        return Ok(reply(204, None));
    };
    check_removable(state, &resource)?;
    if id.kind() == Kind::NetworkInterface {
        let version = guid(call.rng);
        operation::remove(state, &resource.id, &version);
        return Ok(reply(200, None));
    }
    let parent = id
        .parent()
        .and_then(|parent| state.resource(&parent).cloned());
    let region = parent.as_ref().unwrap_or(&resource).location().to_owned();
    // The subnets of a network go with it: nothing may move in meanwhile.
    let subnets = state
        .children(&resource.id, Kind::Subnet)
        .map(|it| it.id.clone());
    let targets: Vec<ResourceId> = std::iter::once(resource.id.clone())
        .chain(subnets)
        .collect();
    let operation = operation::open_operation(state, call, Verb::Delete, targets, &region);
    Ok(operation::answer_delete(state, &operation))
}

/// Refuses to delete what others use.
fn check_removable(state: &State, resource: &Resource) -> Result<(), Refusal> {
    match resource.id.kind() {
        Kind::VirtualNetwork => state
            .children(&resource.id, Kind::Subnet)
            .try_for_each(|subnet| subnet::check_subnet_unused(state, &subnet.id)),
        Kind::Subnet => subnet::check_subnet_unused(state, &resource.id),
        Kind::NetworkInterface => network_interface::check_interface_unowned(resource),
        Kind::PublicIp => public_ip::check_public_ip_unused(state, &resource.id),
        Kind::LoadBalancer => load_balancer::check_balancer_unused(state, resource),
        Kind::PrivateLinkService => {
            private_link_service::check_service_unconnected(state, &resource.id)
        }
        Kind::PrivateEndpoint | Kind::EndpointConnection | Kind::ResourceGroup => Ok(()),
    }
}
