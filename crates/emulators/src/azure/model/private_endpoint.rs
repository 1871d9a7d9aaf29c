//! Private endpoints: a consumer's address for a provider's private link service.

use serde_json::{Value, json};

use super::address::AddressAllocator;
use super::admission;
use super::call::Call;
use super::connection_state::{self, AUTOMATIC, MANUAL, STATE, set_state, stored_state};
use super::document;
use super::draft::{Draft, Write};
use super::element;
use super::endpoint_connection;
use super::guid::guid;
use super::id::{Key, ResourceId};
use super::kind::Kind;
use super::network_interface;
use super::reference;
use super::refusal::Refusal;
use super::request_body::tracked_body;
use super::resource::{self, ProvisioningState, Relation, Resource};
use super::route;
use super::service_access;
use super::state::State;
use super::subnet;
use super::subscription;

/// Name that the client chose for the interface.
const CUSTOM_NAME: &str = "/properties/customNetworkInterfaceName";

/// Maximum length of a request message, in characters (documented: REST reference of private
/// endpoints, `requestMessage`).
const MESSAGE_LIMIT: usize = 140;

/// Maximum number of private endpoints of a private link service (documented: "Azure subscription
/// and service limits", Private Link).
const PER_SERVICE: usize = 1_000;

/// The permission that approves an automatic request.
const APPROVE: &str =
    "Microsoft.Network/privateLinkServices/privateEndpointConnectionApproval/action";

/// The connection that an endpoint requests.
struct Target {
    /// Alias or resource ID of the service, as sent.
    service: String,
    message: String,
    manual: bool,
}

/// `PUT …/privateEndpoints/{name}`.
///
/// # Errors
/// Those of [`admission::admit`], of the body and of its subnet;
/// `PrivateEndpointMustHaveOneConnection`, `InvalidPrivateLinkServiceId`,
/// `LinkedAuthorizationFailed`, `PrivateEndpointsPerPrivateLinkServiceLimitReached`, and a refusal
/// to change the target or the address of an existing endpoint.
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Write, Refusal> {
    let existing = admission::admit(state, call, id)?;
    let mut body = tracked_body(state, call, id, existing.as_ref())?;
    for read_only in ["networkInterfaces", "customDnsConfigs"] {
        document::discard(&mut body, &format!("/properties/{read_only}"));
    }
    document::default(&mut body, CUSTOM_NAME, "");
    document::default(&mut body, "/properties/isIPv6EnabledPrivateEndpoint", false);
    let target = read_target(id, &mut body)?;
    let region = document::text_or_empty(&body, "/location").to_owned();
    let configuration = allocate_address(state, call, id, existing.as_ref(), &mut body)?;
    match &existing {
        Some(existing) => check_same_target(existing, &target)?,
        None => check_may_connect(state, call, id, &target)?,
    }
    let interface = match existing
        .as_ref()
        .and_then(|it| it.related(Relation::Interface))
    {
        Some(interface) => interface.clone(),
        None => new_interface(state, call, id, &body)?,
    };

    let mut draft = Draft::new(id.clone(), existing, body);
    draft.new_guid = Some(guid(call.rng));
    draft
        .relations
        .insert(Relation::Interface, interface.clone());
    network_interface::create_owned(state, call, interface, id, &region, vec![configuration]);
    let also = prepare_connection(state, call, &mut draft, &target, &region);
    let alone = also.is_empty();
    Ok(Write::long_running(draft, also).if_also(alone))
}

/// The ID of a new endpoint's interface; the client may choose its name.
fn new_interface(
    state: &State,
    call: &mut Call<'_>,
    id: &ResourceId,
    body: &Value,
) -> Result<ResourceId, Refusal> {
    match document::text_or_empty(body, CUSTOM_NAME) {
        "" => {
            let name = format!("{}.nic.{}", id.name(), guid(call.rng));
            Ok(id.sibling(Kind::NetworkInterface, &name))
        }
        custom => custom_interface(state, id, custom),
    }
}

/// The ID of an interface with a name chosen by the client.
fn custom_interface(state: &State, id: &ResourceId, name: &str) -> Result<ResourceId, Refusal> {
    resource::check_name(name)?;
    let interface = id.sibling(Kind::NetworkInterface, name);
    if state.resource(&interface).is_none() {
        return Ok(interface);
    }
    Err(Refusal::invalid(
        "CustomNetworkInterfaceNameInUse",
        format!("Private endpoint {id} cannot create interface {interface}: it exists already."),
    ))
}

/// Creates the connection of a new endpoint, or keeps that of an existing one; returns the
/// resources that change with the endpoint.
fn prepare_connection(
    state: &mut State,
    call: &mut Call<'_>,
    draft: &mut Draft,
    target: &Target,
    region: &str,
) -> Vec<ResourceId> {
    if let Some(existing) = &draft.existing {
        if let Some(last) = stored_state(&existing.body) {
            set_state(&mut draft.body, last);
        }
        let connection = existing
            .related(Relation::Connection)
            .and_then(|it| state.resource(it));
        // A connection whose endpoint failed is retried together with the endpoint.
        let unmade = connection.filter(|it| it.provisioning == ProvisioningState::Creating);
        return unmade.map(|it| it.id.clone()).into_iter().collect();
    }
    let Some(service) = service_access::find_service(state, &target.service) else {
        return Vec::new();
    };
    let approved = is_approved(state, call, service, &draft.id, target);
    let service = service.id.clone();
    let decision = if approved {
        let description = "Auto Approved";
        json!({ "status": "Approved", "description": description, "actionsRequired": "None" })
    } else {
        json!({ "status": "Pending", "description": target.message, "actionsRequired": "" })
    };
    let connection = endpoint_connection::create(state, call, &service, draft, region, &decision);
    draft.relations.insert(Relation::Service, service);
    draft
        .relations
        .insert(Relation::Connection, connection.clone());
    vec![connection]
}

/// Reports whether a request is approved without a decision of the provider.
fn is_approved(
    state: &State,
    call: &Call<'_>,
    service: &Resource,
    endpoint: &ResourceId,
    target: &Target,
) -> bool {
    let by_right =
        !target.manual && subscription::may_act(state, call.caller, service.id.subscription());
    by_right || service_access::auto_approves(service, endpoint.subscription())
}

/// Checks that the caller may request a connection to the service.
fn check_may_connect(
    state: &State,
    call: &Call<'_>,
    id: &ResourceId,
    target: &Target,
) -> Result<(), Refusal> {
    let service = service_access::find_service(state, &target.service);
    // An automatic request by ID needs a permission on the service, or auto-approval. Callers
    // without either do not learn whether the service exists.
    if !target.manual && service_access::is_id(&target.service) {
        let reach = route::resource_id(&target.service)
            .is_some_and(|it| subscription::may_act(state, call.caller, it.subscription()));
        let listed = service.is_some_and(|it| service_access::auto_approves(it, id.subscription()));
        if !reach && !listed {
            return Err(reference::unlinked(call, &target.service, APPROVE));
        }
    }
    let Some(service) =
        service.filter(|it| service_access::can_see(state, call, it, id.subscription()))
    else {
        return Err(Refusal::invalid(
            "InvalidPrivateLinkServiceId",
            format!(
                "Private link service id {} referenced by private endpoint {id} is invalid.",
                target.service
            ),
        ));
    };
    if state
        .children(&service.id, Kind::EndpointConnection)
        .count()
        < PER_SERVICE
    {
        return Ok(());
    }
    Err(Refusal::invalid(
        "PrivateEndpointsPerPrivateLinkServiceLimitReached",
        format!("A private link service can have at most {PER_SERVICE} private endpoints."),
    ))
}

/// Allocates the address of an endpoint; returns the IP configuration of its interface.
fn allocate_address(
    state: &State,
    call: &Call<'_>,
    id: &ResourceId,
    existing: Option<&Resource>,
    body: &mut Value,
) -> Result<Value, Refusal> {
    let region = document::text_or_empty(body, "/location").to_owned();
    let subnet = subnet::refer(state, call, id, &region, body)?;
    let elements = element::take(body, id, "/properties/ipConfigurations")?;
    let requested = elements
        .first()
        .and_then(|it| document::text(it, "/properties/privateIPAddress"));
    let mut configuration = json!({ "name": "privateEndpointIpConfig", "properties": {
        "primary": true,
        "privateIPAllocationMethod": if requested.is_some() { "Static" } else { "Dynamic" },
        "subnet": { "id": document::text_or_empty(body, "/properties/subnet/id") },
    } });
    if let Some(requested) = requested {
        document::put(
            &mut configuration,
            "/properties/privateIPAddress",
            requested,
        );
    }
    let interface = existing
        .and_then(|it| it.related(Relation::Interface))
        .and_then(|interface| state.resource(interface));
    let before = interface.and_then(|it| it.body.pointer("/properties/ipConfigurations/0"));
    if let Some(before) = before {
        check_address_kept(id, before, &configuration)?;
        configuration = before.clone();
    } else {
        AddressAllocator::new(state, id).allocate(&mut configuration, None, subnet)?;
    }
    document::put(body, "/properties/ipConfigurations", elements);
    Ok(configuration)
}

/// Updates the service of an endpoint that has been created: it shows the connection now.
pub(super) fn publish_connection(state: &mut State, endpoint: &ResourceId, version: &str) {
    let service = state
        .resource(endpoint)
        .and_then(|it| it.related(Relation::Service))
        .cloned();
    if let Some(service) = service {
        state.touch(&service, version);
    }
}

/// Removes the interface, the connection and the zone groups of a deleted endpoint.
pub(super) fn after_removal(state: &mut State, endpoint: &Resource, version: &str) {
    let groups: Vec<ResourceId> = state
        .children(&endpoint.id, Kind::PrivateDnsZoneGroup)
        .map(|it| it.id.clone())
        .collect();
    for group in &groups {
        state.remove(group);
    }
    if let Some(interface) = endpoint.related(Relation::Interface) {
        network_interface::remove(state, interface, version);
    }
    if let Some(connection) = endpoint.related(Relation::Connection) {
        state.remove(connection);
    }
    if let Some(service) = endpoint.related(Relation::Service) {
        state.touch(service, version);
    }
}

/// Reads the only connection of a body, from either list.
fn read_target(id: &ResourceId, body: &mut Value) -> Result<Target, Refusal> {
    let mut targets = Vec::new();
    for list in [AUTOMATIC, MANUAL] {
        let pointer = format!("/properties/{list}");
        let mut elements = element::take(body, id, &pointer)?;
        for element in &mut elements {
            document::discard(element, STATE);
            targets.push(Target {
                service: document::text_or_empty(element, "/properties/privateLinkServiceId")
                    .to_owned(),
                message: document::text_or_empty(element, "/properties/requestMessage").to_owned(),
                manual: list == MANUAL,
            });
            check_element(id, element)?;
        }
        document::put(body, &pointer, elements);
    }
    let count = targets.len();
    match (targets.pop(), count) {
        (Some(target), 1) => Ok(target),
        _ => Err(Refusal::invalid(
            "PrivateEndpointMustHaveOneConnection",
            format!(
                "Private endpoint {id} needs exactly one entry in {AUTOMATIC} and {MANUAL} \
                 together, not {count}."
            ),
        )),
    }
}

fn check_element(id: &ResourceId, element: &Value) -> Result<(), Refusal> {
    if !document::list(element, "/properties/groupIds").is_empty() {
        return Err(Refusal::invalid(
            "GroupIdsNotSupportedForPrivateLinkService",
            format!(
                "Private endpoint {id} must not name groupIds: its target is a private link \
                 service."
            ),
        ));
    }
    let message = document::text_or_empty(element, "/properties/requestMessage");
    if message.chars().count() <= MESSAGE_LIMIT {
        return Ok(());
    }
    Err(Refusal::invalid(
        "PrivateEndpointRequestMessageTooLong",
        format!(
            "The request message of private endpoint {id} can have at most {MESSAGE_LIMIT} \
             characters."
        ),
    ))
}

/// Refuses to change the target of an endpoint: its connection is created once.
fn check_same_target(existing: &Resource, target: &Target) -> Result<(), Refusal> {
    let same = [AUTOMATIC, MANUAL].iter().any(|list| {
        document::text(
            &existing.body,
            &format!("/properties/{list}/0/properties/privateLinkServiceId"),
        )
        .is_some_and(|before| Key::of(before) == Key::of(&target.service))
    });
    if same {
        return Ok(());
    }
    Err(Refusal::invalid(
        "PrivateEndpointTargetCannotBeChanged",
        format!(
            "Private endpoint {} cannot be pointed at another private link service. Create a new \
             one.",
            existing.id
        ),
    ))
}

/// Refuses to move an endpoint to another subnet or address.
fn check_address_kept(id: &ResourceId, before: &Value, requested: &Value) -> Result<(), Refusal> {
    let subnet = |it: &Value| document::text(it, "/properties/subnet/id").map(Key::of);
    let address = document::text(requested, "/properties/privateIPAddress");
    let kept = subnet(before) == subnet(requested)
        && address
            .is_none_or(|it| document::text(before, "/properties/privateIPAddress") == Some(it));
    if kept {
        return Ok(());
    }
    Err(Refusal::invalid(
        "PrivateEndpointAddressCannotBeChanged",
        format!(
            "Private endpoint {id} cannot be moved to another subnet or address. Create a new one."
        ),
    ))
}

/// Adds the interface and the state of the connection.
pub(super) fn add_read_only(state: &State, endpoint: &Resource, shown: &mut Value) {
    let connection = endpoint
        .related(Relation::Connection)
        .and_then(|it| state.resource(it));
    if let Some(connection) = connection {
        set_state(shown, &connection_state::state_of(connection));
    }
    // Recorded: the connections are complete while the endpoint is being written.
    element::add_read_only(shown, endpoint, AUTOMATIC, Some("Succeeded"));
    element::add_read_only(shown, endpoint, MANUAL, Some("Succeeded"));
    element::add_read_only(shown, endpoint, "ipConfigurations", None);
    let interfaces: Vec<Value> = endpoint
        .related(Relation::Interface)
        .iter()
        .map(|it| json!({ "id": it.to_string() }))
        .collect();
    document::put(shown, "/properties/networkInterfaces", interfaces);
    document::put(shown, "/properties/customDnsConfigs", json!([]));
}
