//! Private link services: a load balancer's frontend offered to other networks.

use serde_json::{Value, json};

use super::address::AddressAllocator;
use super::admission;
use super::balancing_rule;
use super::call::Call;
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
use super::resource::{Relation, Resource};
use super::route;
use super::service_access;
use super::service_frontend::{self, attached_services, frontend_of};
use super::state::State;
use super::subnet;

/// Maximum number of NAT IP configurations of a service (documented: "Azure subscription and service
/// limits", Private Link).
const NAT_LIMIT: usize = 8;

/// Maximum number of services of a load balancer (same source).
const PER_BALANCER: usize = 8;

/// Maximum number of services of a subscription in a region (same source).
const PER_REGION: usize = 800;

/// Alias of a private link service.
const ALIAS: &str = "/properties/alias";
/// NAT IP configurations of a private link service.
const CONFIGURATIONS: &str = "/properties/ipConfigurations";

/// `PUT …/privateLinkServices/{name}`.
///
/// # Errors
/// Those of [`admission::admit`], of the body, of [`service_access::check`], of the frontend and of
/// the NAT subnets, and refusals of the limits of a service.
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Write, Refusal> {
    let existing = admission::admit(state, call, id)?;
    let mut body = tracked_body(state, call, id, existing.as_ref())?;
    for read_only in ["alias", "networkInterfaces", "privateEndpointConnections"] {
        document::discard(&mut body, &format!("/properties/{read_only}"));
    }
    document::default(&mut body, "/properties/fqdns", json!([]));
    document::default(&mut body, "/properties/enableProxyProtocol", false);
    if body.pointer("/properties/accessMode").is_some() {
        document::choice(
            &mut body,
            "/properties/accessMode",
            &["Default", "Restricted"],
        )?;
    }
    service_access::check(id, &body)?;
    let region = document::text_or_empty(&body, "/location").to_owned();
    check_count(state, id, existing.as_ref(), &region)?;
    let balancer = check_frontend(state, call, id, existing.as_ref(), &body)?;
    let configurations = prepare_nat(state, call, id, existing.as_ref(), &balancer, &mut body)?;

    let alias = existing
        .as_ref()
        .and_then(|it| document::text(&it.body, ALIAS));
    let alias = alias.map_or_else(|| new_alias(call, id, &region), str::to_owned);
    document::put(&mut body, ALIAS, alias);
    let interface = existing
        .as_ref()
        .and_then(|it| it.related(Relation::Interface))
        .cloned();
    let interface = interface.unwrap_or_else(|| {
        let name = format!("{}.nic.{}", id.name(), guid(call.rng));
        id.sibling(Kind::NetworkInterface, &name)
    });
    if existing.is_none() {
        let version = guid(call.rng);
        state.touch(&balancer, &version);
    }
    let mut draft = Draft::new(id.clone(), existing, body);
    draft
        .relations
        .insert(Relation::Interface, interface.clone());
    network_interface::create_owned(state, call, interface, id, &region, configurations);
    Ok(Write::long_running(draft, Vec::new()))
}

fn check_count(
    state: &State,
    id: &ResourceId,
    existing: Option<&Resource>,
    region: &str,
) -> Result<(), Refusal> {
    let count = state
        .of_kind(Kind::PrivateLinkService)
        .filter(|it| it.id.subscription().eq_ignore_ascii_case(id.subscription()))
        .filter(|it| it.location() == region)
        .count();
    if existing.is_some() || count < PER_REGION {
        return Ok(());
    }
    Err(Refusal::invalid(
        "PrivateLinkServiceCountLimitReached",
        format!(
            "Cannot create more than {PER_REGION} private link services for this subscription \
             in region {region}."
        ),
    ))
}

/// Checks the only frontend, to which a service is bound permanently; returns its load balancer.
fn check_frontend(
    state: &State,
    call: &Call<'_>,
    id: &ResourceId,
    existing: Option<&Resource>,
    body: &Value,
) -> Result<ResourceId, Refusal> {
    let frontends = document::list(body, service_frontend::FRONTENDS);
    let text = match frontends {
        [frontend] => document::text_or_empty(frontend, "/id"),
        _ => {
            return Err(Refusal::invalid(
                "InvalidNumberOfPrivateLinkServiceLoadBalancerFrontendIpConfigurationsSpecified",
                format!(
                    "Private link service {id} needs exactly one entry in \
                     loadBalancerFrontendIpConfigurations, not {}. The emulator does \
                     not support services with a destinationIPAddress.",
                    frontends.len()
                ),
            ));
        }
    };
    let key = Key::of(text);
    let before = existing.and_then(service_frontend::frontend_id);
    if before.is_some_and(|before| Key::of(before) != key) {
        return Err(Refusal::invalid(
            "PrivateLinkServiceFrontendCannotBeChanged",
            format!(
                "Private link service {id} is bound to frontend {} and cannot be moved to \
                 {text}. Create a new service.",
                before.unwrap_or_default()
            ),
        ));
    }
    let region = document::text_or_empty(body, "/location");
    let place = (Kind::LoadBalancer, "frontendIPConfigurations");
    let (balancer, frontend) = reference::refer_element(state, call, id, region, text, place)?;
    let name = document::text_or_empty(frontend, "/name");
    let others: Vec<(&Resource, String)> = attached_services(state, &balancer.id)
        .into_iter()
        .filter(|(service, _)| !service.id.is(id))
        .collect();
    if let Some((other, _)) = others.iter().find(|(_, it)| it.eq_ignore_ascii_case(name)) {
        return Err(Refusal::invalid(
            "FrontendIPConfigurationInUseByPrivateLinkService",
            format!(
                "Frontend {text} is already used by private link service {}.",
                other.id
            ),
        ));
    }
    if others.len() >= PER_BALANCER {
        return Err(Refusal::invalid(
            "PrivateLinkServicesPerLoadBalancerLimitReached",
            format!(
                "Load balancer {} can have at most {PER_BALANCER} private link services.",
                balancer.id
            ),
        ));
    }
    balancing_rule::check_pools_by_interface(
        id,
        &balancer.id,
        name,
        document::list(&balancer.body, "/properties/loadBalancingRules"),
        document::list(&balancer.body, "/properties/backendAddressPools"),
    )?;
    Ok(balancer.id.clone())
}

/// Allocates the NAT addresses; returns the IP configurations of the service's interface.
///
/// The service does not show dynamic addresses (recorded); its interface does.
fn prepare_nat(
    state: &State,
    call: &Call<'_>,
    id: &ResourceId,
    existing: Option<&Resource>,
    balancer: &ResourceId,
    body: &mut Value,
) -> Result<Vec<Value>, Refusal> {
    let region = document::text_or_empty(body, "/location").to_owned();
    let mut elements = element::take(body, id, CONFIGURATIONS)?;
    if elements.len() > NAT_LIMIT {
        return Err(Refusal::invalid(
            "PrivateLinkServiceIpConfigurationLimitReached",
            format!(
                "Private link service {id} can have at most {NAT_LIMIT} IP configurations, \
                 not {}.",
                elements.len()
            ),
        ));
    }
    network_interface::default_primary(id, &mut elements)?;
    check_none_removed(id, existing, &elements)?;
    let interface = existing
        .and_then(|it| it.related(Relation::Interface))
        .and_then(|interface| state.resource(interface));
    let owner = interface.map_or_else(|| id.clone(), |interface| interface.id.clone());
    let before = interface.map_or(&[][..], |it| document::list(&it.body, CONFIGURATIONS));
    let network = network_of(state, balancer);
    let mut addresses = AddressAllocator::new(state, &owner);
    let mut configurations = Vec::new();
    for element in &mut elements {
        let subnet = subnet::refer(state, call, id, &region, element)?;
        subnet::check_admits_service(id, subnet)?;
        if network.is_some() && subnet.id.parent().map(|it| it.key()) != network {
            return Err(Refusal::invalid(
                "PrivateLinkServiceAndLoadBalancerMustUseSameVnet",
                format!(
                    "Subnet {} of private link service {id} must be in the virtual network of \
                     load balancer {balancer}.",
                    subnet.id
                ),
            ));
        }
        let name = document::text_or_empty(element, "/name").to_owned();
        let mut configuration = element.clone();
        addresses.allocate(&mut configuration, element::find(before, &name), subnet)?;
        for member in ["privateIPAllocationMethod", "privateIPAddressVersion"] {
            let pointer = format!("/properties/{member}");
            let completed = document::text_or_empty(&configuration, &pointer).to_owned();
            document::put(element, &pointer, completed);
        }
        if document::text_is(element, "/properties/privateIPAllocationMethod", "Dynamic") {
            document::discard(element, "/properties/privateIPAddress");
        }
        configurations.push(configuration);
    }
    document::put(body, CONFIGURATIONS, elements);
    Ok(configurations)
}

/// The virtual network of an internal load balancer's frontends.
fn network_of(state: &State, balancer: &ResourceId) -> Option<Key> {
    let balancer = state.resource(balancer)?;
    let subnet = document::list(&balancer.body, "/properties/frontendIPConfigurations")
        .iter()
        .find_map(|it| document::text(it, "/properties/subnet/id"))?;
    route::resource_id(subnet)?
        .parent()
        .map(|network| network.key())
}

/// Refuses to delete a service with connections in any state.
///
/// # Errors
/// `PrivateLinkServiceWithPrivateEndpointConnectionsCannotBeDeleted`.
pub(super) fn check_unused(state: &State, id: &ResourceId) -> Result<(), Refusal> {
    match state.children(id, Kind::EndpointConnection).next() {
        None => Ok(()),
        Some(connection) => Err(Refusal::invalid(
            "PrivateLinkServiceWithPrivateEndpointConnectionsCannotBeDeleted",
            format!(
                "Private link service {id} cannot be deleted since it has private endpoint \
                 connections, for instance {}. Delete them first.",
                connection.id
            ),
        )),
    }
}

/// Removes the interface of a deleted service and updates its load balancer.
pub(super) fn after_removal(state: &mut State, service: &Resource, version: &str) {
    if let Some(interface) = service.related(Relation::Interface) {
        network_interface::remove(state, interface, version);
    }
    if let Some((balancer, _)) = frontend_of(service) {
        state.touch(&balancer, version);
    }
}

/// A new alias: `{name in lower case}.{guid}.{region}.azure.privatelinkservice`.
fn new_alias(call: &mut Call<'_>, id: &ResourceId, region: &str) -> String {
    let name = id.name().to_ascii_lowercase();
    format!(
        "{name}.{}.{region}.azure.privatelinkservice",
        guid(call.rng)
    )
}

/// Refuses to remove NAT IP configurations from a service with several (documented).
fn check_none_removed(
    id: &ResourceId,
    existing: Option<&Resource>,
    elements: &[Value],
) -> Result<(), Refusal> {
    let before = existing.map_or(&[][..], |it| document::list(&it.body, CONFIGURATIONS));
    if before.len() < 2 {
        return Ok(());
    }
    let removed = before
        .iter()
        .map(|it| document::text_or_empty(it, "/name"))
        .find(|name| element::find(elements, name).is_none());
    match removed {
        None => Ok(()),
        Some(name) => Err(Refusal::invalid(
            "PrivateLinkServiceIpConfigurationCannotBeRemoved",
            format!("IP configuration {name} of private link service {id} cannot be removed."),
        )),
    }
}

/// Adds the IDs of the elements, the interface and the connections.
pub(super) fn add_read_only(state: &State, service: &Resource, shown: &mut Value) {
    // Recorded: the parts are complete while the service is being written.
    element::add_read_only(shown, service, "ipConfigurations", Some("Succeeded"));
    let interfaces: Vec<Value> = service
        .related(Relation::Interface)
        .iter()
        .map(|it| json!({ "id": it.to_string() }))
        .collect();
    document::put(shown, "/properties/networkInterfaces", interfaces);
    let connections: Vec<Value> = endpoint_connection::visible(state, &service.id)
        .map(|connection| {
            let mut shown = connection.shown();
            endpoint_connection::add_read_only(state, connection, &mut shown);
            shown
        })
        .collect();
    document::put(shown, "/properties/privateEndpointConnections", connections);
}
