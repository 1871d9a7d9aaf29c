//! Private endpoint connections: endpoints as a private link service sees them.

use serde_json::{Value, json};

use super::admission;
use super::body_schema;
use super::call::Call;
use super::connection_state::{self, STATE};
use super::document;
use super::draft::{Draft, Write};
use super::guid::guid;
use super::id::ResourceId;
use super::kind::Kind;
use super::refusal::Refusal;
use super::resource::{ProvisioningState, Relation, Resource};
use super::state::State;

/// `PUT …/privateEndpointConnections/{name}`: approves or rejects immediately; the connection shows
/// `Updating` until its operation ends (recorded).
///
/// Clients send back the whole document they have read; everything but the decision is ignored.
///
/// # Errors
/// `NotFound`, `InvalidPrivateLinkServiceConnectionStatus`, and those of
/// [`body_schema::read`] and [`admission::admit`].
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Write, Refusal> {
    let existing = admission::admit(state, call, id)?.filter(is_visible);
    let Some(existing) = existing else {
        return Err(Refusal::missing(id));
    };
    let body = document::normalized(call.request.body.as_ref())?;
    let body = body_schema::read(id.kind(), body, call.api_version)?;
    let asked = document::text_or_empty(&body, &format!("{STATE}/status"));
    let known = ["Approved", "Rejected"]
        .into_iter()
        .find(|it| it.eq_ignore_ascii_case(asked));
    let Some(status) = known else {
        return Err(Refusal::invalid(
            "InvalidPrivateLinkServiceConnectionStatus",
            format!(
                "Private endpoint connection {id} cannot be given the status '{asked}'. Use \
                 Approved or Rejected, or delete the connection."
            ),
        ));
    };
    let text = |member: &str, default: &str| {
        document::text(&body, &format!("{STATE}/{member}"))
            .unwrap_or(default)
            .to_owned()
    };
    let decision = json!({
        "status": status,
        "description": text("description", ""),
        "actionsRequired": text("actionsRequired", "None"),
    });
    let version = guid(call.rng);
    touch(state, &existing, &version);
    let mut decided = existing.body.clone();
    document::put(&mut decided, STATE, decision);
    let draft = Draft::new(existing.id.clone(), Some(existing), decided);
    Ok(Write::long_running(draft, Vec::new()))
}

/// Gives a connection, its service and its endpoint a new entity tag.
fn touch(state: &mut State, connection: &Resource, version: &str) {
    state.touch(&connection.id, version);
    if let Some(service) = connection.id.parent() {
        state.touch(&service, version);
    }
    if let Some(endpoint) = connection.related(Relation::Endpoint) {
        state.touch(endpoint, version);
    }
}

/// Creates the connection of a new endpoint, named after the endpoint and its lasting GUID
/// (recorded); the service shows it when the endpoint is created.
pub(super) fn create(
    state: &mut State,
    call: &mut Call<'_>,
    service: &ResourceId,
    endpoint: &Draft,
    location: &str,
    decision: &Value,
) -> ResourceId {
    let lasting = endpoint.new_guid.clone();
    let lasting = lasting.unwrap_or_else(|| guid(call.rng));
    let name = format!("{}.{lasting}", endpoint.id.name());
    let id = service.child(Kind::EndpointConnection, &name);
    let body = json!({ "properties": {
        "linkIdentifier": free_link_identifier(state, call).to_string(),
        "privateEndpointLocation": location,
        "privateLinkServiceConnectionState": decision,
    } });
    state.insert(Resource {
        id: id.clone(),
        version: guid(call.rng),
        guid: guid(call.rng),
        provisioning: ProvisioningState::Creating,
        operation: None,
        body,
        ordinal: 0,
        relations: [(Relation::Endpoint, endpoint.id.clone())].into(),
    });
    id
}

/// An unused link identifier: the number that the PROXY protocol header carries.
fn free_link_identifier(state: &State, call: &mut Call<'_>) -> u32 {
    loop {
        let drawn = call.rng.next_u32();
        let text = drawn.to_string();
        let taken = state
            .of_kind(Kind::EndpointConnection)
            .any(|it| document::text(&it.body, "/properties/linkIdentifier") == Some(&text));
        if drawn != 0 && !taken {
            return drawn;
        }
    }
}

/// Updates the service and the endpoint of a removed connection: the endpoint is disconnected
/// permanently.
pub(super) fn after_removal(state: &mut State, connection: &Resource, version: &str) {
    touch(state, connection, version);
    let Some(endpoint) = connection.related(Relation::Endpoint) else {
        return;
    };
    let mut last = connection.body.pointer(STATE).cloned().unwrap_or_default();
    document::put(&mut last, "/status", "Disconnected");
    state.change(endpoint, |endpoint| {
        endpoint.relations.remove(&Relation::Connection);
        connection_state::set_state(&mut endpoint.body, &last);
    });
}

/// Reports whether a connection is approved and exists. A decision that failed cuts nothing.
pub(super) fn is_approved(connection: &Resource) -> bool {
    let approved = document::text_is(&connection.body, &format!("{STATE}/status"), "Approved");
    let is_failed = connection.provisioning == ProvisioningState::Failed;
    approved && (connection.in_service() || is_failed)
}

/// Reports whether the provider sees a connection: not until its endpoint is created.
pub(super) fn is_visible(connection: &Resource) -> bool {
    connection.provisioning != ProvisioningState::Creating
}

/// The connections that a service shows, in order of creation.
pub(super) fn visible<'a>(
    state: &'a State,
    service: &'a ResourceId,
) -> impl Iterator<Item = &'a Resource> {
    state
        .children(service, Kind::EndpointConnection)
        .filter(|it| is_visible(it))
}

/// Adds the entity tag and the endpoint to a connection.
pub(super) fn add_read_only(state: &State, connection: &Resource, shown: &mut Value) {
    document::put(shown, "/etag", connection_state::etag(state, connection));
    if let Some(endpoint) = connection.related(Relation::Endpoint) {
        document::put(
            shown,
            "/properties/privateEndpoint",
            json!({ "id": endpoint.to_string() }),
        );
    }
}
