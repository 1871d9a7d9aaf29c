//! Network interfaces: those of clients, and those of private endpoints and private link services.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::address::AddressAllocator;
use super::admission;
use super::backend_pool::{self, pools_of};
use super::balancing_rule;
use super::call::Call;
use super::document;
use super::draft::{Draft, Write};
use super::element;
use super::guid::guid;
use super::id::{Key, ResourceId};
use super::kind::Kind;
use super::public_ip;
use super::reference;
use super::refusal::Refusal;
use super::request_body::tracked_body;
use super::resource::{Relation, Resource};
use super::route;
use super::security_group;
use super::state::State;
use super::subnet;

/// IP configurations of a network interface.
const CONFIGURATIONS: &str = "/properties/ipConfigurations";

/// `PUT …/networkInterfaces/{name}`: applied immediately, without an operation (recorded).
///
/// # Errors
/// Those of [`admission::admit`], of the body and of its references, and
/// `NicInUseWithPrivateEndpoint`, `NicInUseWithPrivateLinkService` or
/// `AnotherInternalLoadBalancerExists`.
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
) -> Result<Write, Refusal> {
    let existing = admission::admit(state, call, &id)?;
    if let Some(existing) = &existing {
        check_unowned(existing)?;
    }
    let mut body = tracked_body(state, call, &id, existing.as_ref())?;
    for read_only in [
        "macAddress",
        "virtualMachine",
        "privateEndpoint",
        "privateLinkService",
        "vnetEncryptionSupported",
        "defaultOutboundConnectivityEnabled",
        "dnsSettings/internalDomainNameSuffix",
        "dnsSettings/appliedDnsServers",
        "hostedWorkloads",
        "tapConfigurations",
    ] {
        document::discard(&mut body, &format!("/properties/{read_only}"));
    }
    let region = document::text_or_empty(&body, "/location").to_owned();
    let mut elements = element::take(&mut body, &id, CONFIGURATIONS)?;
    default_primary(&id, &mut elements)?;
    let before = existing
        .as_ref()
        .map_or(&[][..], |it| document::list(&it.body, CONFIGURATIONS));
    let mut addresses = AddressAllocator::new(state, &id);
    for element in &mut elements {
        let subnet = subnet::refer(state, call, &id, &region, element)?;
        let name = document::text_or_empty(element, "/name").to_owned();
        addresses.allocate(element, element::find(before, &name), subnet)?;
        public_ip::refer(state, call, &id, &region, element)?;
        check_pools(state, call, &id, &region, element, subnet)?;
    }
    document::put(&mut body, CONFIGURATIONS, elements);
    security_group::check_reference(state, call, &id, &region, &body)?;
    set_defaults(&mut body);
    balancing_rule::check_interface_rules(state, &id, &body, None)?;

    let version = guid(call.rng);
    let left = existing
        .as_ref()
        .map(|it| pools_of(&it.body))
        .unwrap_or_default();
    let joined = pools_of(&body);
    check_internal_balancers(state, &id, &left, &joined)?;
    for pool in left.symmetric_difference(&joined) {
        touch_pool(state, pool, &version);
    }
    let (status, id) = Draft::new(id, existing, body).apply(state, call);
    Ok(Write::Applied { status, id })
}

/// Creates or rewrites the interface of an endpoint or service.
pub(super) fn create_owned(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
    owner: &ResourceId,
    region: &str,
    configurations: Vec<Value>,
) {
    let existing = state.resource(&id).cloned();
    let mut body = json!({ "location": region });
    document::put(&mut body, CONFIGURATIONS, configurations);
    set_defaults(&mut body);
    let mut draft = Draft::new(id, existing, body);
    draft.relations.insert(Relation::Owner, owner.clone());
    draft.apply(state, call);
}

/// Checks the backend pools of an IP configuration.
fn check_pools(
    state: &State,
    call: &Call<'_>,
    id: &ResourceId,
    region: &str,
    element: &Value,
    subnet: &Resource,
) -> Result<(), Refusal> {
    for pool in document::list(element, backend_pool::POOLS) {
        let text = document::text_or_empty(pool, "/id");
        let place = (Kind::LoadBalancer, "backendAddressPools");
        let (balancer, _) = reference::refer_element(state, call, id, region, text, place)?;
        let network = subnet.id.parent();
        let inside = document::list(&balancer.body, "/properties/frontendIPConfigurations")
            .iter()
            .filter_map(|it| document::text(it, "/properties/subnet/id"))
            .filter_map(route::resource_id)
            .all(|frontend| {
                frontend.parent().map(|it| it.key()) == network.as_ref().map(ResourceId::key)
            });
        if !inside {
            return Err(Refusal::invalid(
                "NetworkInterfaceAndInternalLoadBalancerMustUseSameVnet",
                format!(
                    "Network interface {id} and internal load balancer {} must be in the same \
                     virtual network.",
                    balancer.id
                ),
            ));
        }
    }
    Ok(())
}

/// Refuses a further internal load balancer on an interface that has one. An interface of an older
/// journal keeps those that it has.
fn check_internal_balancers(
    state: &State,
    id: &ResourceId,
    before: &BTreeSet<Key>,
    after: &BTreeSet<Key>,
) -> Result<(), Refusal> {
    let internal = |pools: &BTreeSet<Key>| -> BTreeSet<Key> {
        let balancers = pools
            .iter()
            .filter_map(|pool| route::owner_id(pool.as_str()));
        let is_internal = |it: &ResourceId| {
            let balancer = state.resource(it);
            balancer.is_some_and(|it| {
                document::list(&it.body, "/properties/frontendIPConfigurations")
                    .iter()
                    .any(|frontend| document::text(frontend, "/properties/subnet/id").is_some())
            })
        };
        balancers.filter(is_internal).map(|it| it.key()).collect()
    };
    let after = internal(after);
    if after.len() < 2 || after.is_subset(&internal(before)) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "AnotherInternalLoadBalancerExists",
        format!(
            "Network interface {id} uses more than one internal load balancer. Only one load \
             balancer of type internal can reference the same set of network interfaces."
        ),
    ))
}

/// Removes an interface that belongs to an endpoint or service.
pub(super) fn remove(state: &mut State, id: &ResourceId, version: &str) {
    if let Some(interface) = state.remove(id) {
        after_removal(state, &interface, version);
    }
}

/// Gives the load balancers of a removed interface a new entity tag.
pub(super) fn after_removal(state: &mut State, interface: &Resource, version: &str) {
    for pool in pools_of(&interface.body) {
        touch_pool(state, &pool, version);
    }
}

fn touch_pool(state: &mut State, pool: &Key, version: &str) {
    if let Some(balancer) = route::owner_id(pool.as_str()) {
        state.touch(&balancer, version);
    }
}

/// Refuses to change or delete the interface of an endpoint or service.
///
/// # Errors
/// `NicInUseWithPrivateEndpoint` or `NicInUseWithPrivateLinkService`.
pub(super) fn check_unowned(interface: &Resource) -> Result<(), Refusal> {
    let Some(owner) = interface.related(Relation::Owner) else {
        return Ok(());
    };
    let code = if owner.kind() == Kind::PrivateEndpoint {
        "NicInUseWithPrivateEndpoint"
    } else {
        "NicInUseWithPrivateLinkService"
    };
    Err(Refusal::invalid(
        code,
        format!(
            "Network Interface {} is used by {owner} and cannot be changed or deleted. Change \
             or delete its owner.",
            interface.id
        ),
    ))
}

/// Requires at least one IP configuration and at most one primary one; the first is the default.
///
/// # Errors
/// `IpConfigurationsMissing` or `MultiplePrimaryIpConfigurations`.
pub(super) fn default_primary(owner: &ResourceId, elements: &mut [Value]) -> Result<(), Refusal> {
    let primaries = elements
        .iter()
        .filter(|it| document::flag(it, "/properties/primary"))
        .count();
    if primaries > 1 {
        return Err(Refusal::invalid(
            "MultiplePrimaryIpConfigurations",
            format!("Resource {owner} can have only one primary IP configuration."),
        ));
    }
    let Some(first) = elements.first_mut() else {
        return Err(Refusal::invalid(
            "IpConfigurationsMissing",
            format!("Resource {owner} needs at least one IP configuration."),
        ));
    };
    if primaries == 0 {
        document::put(first, "/properties/primary", true);
    }
    for element in elements {
        document::default(element, "/properties/primary", false);
    }
    Ok(())
}

/// Sets the defaults of an interface.
fn set_defaults(body: &mut Value) {
    document::default(body, "/kind", "Regular");
    document::default(body, "/properties/nicType", "Standard");
    document::default(body, "/properties/dnsSettings", json!({}));
    for list in ["dnsServers", "appliedDnsServers"] {
        document::default(body, &format!("/properties/dnsSettings/{list}"), json!([]));
    }
    for (flag, value) in [
        ("enableAcceleratedNetworking", false),
        ("enableIPForwarding", false),
        ("disableTcpStateTracking", false),
        ("vnetEncryptionSupported", false),
        ("defaultOutboundConnectivityEnabled", false),
        ("allowPort25Out", true),
    ] {
        document::default(body, &format!("/properties/{flag}"), value);
    }
    for mode in ["auxiliaryMode", "auxiliarySku"] {
        document::default(body, &format!("/properties/{mode}"), "None");
    }
    for list in ["hostedWorkloads", "tapConfigurations"] {
        document::default(body, &format!("/properties/{list}"), json!([]));
    }
}

/// The domain of the interfaces of a virtual network: a name of its own below Azure's.
fn domain_suffix(state: &State, interface: &Resource) -> Option<String> {
    let first = "/properties/ipConfigurations/0/properties/subnet/id";
    let subnet = route::resource_id(document::text(&interface.body, first)?)?;
    let label: String = state.resource(&subnet.parent()?)?.guid.replace('-', "");
    Some(format!("{label}.bx.internal.cloudapp.net"))
}

/// Adds the IDs of the elements, the domain and the owner.
pub(super) fn add_read_only(state: &State, interface: &Resource, shown: &mut Value) {
    if let Some(suffix) = domain_suffix(state, interface) {
        let member = "/properties/dnsSettings/internalDomainNameSuffix";
        document::put(shown, member, suffix);
    }
    let provisioning = Some(interface.provisioning_state());
    element::add_read_only(shown, interface, "ipConfigurations", provisioning);
    if let Some(owner) = interface.related(Relation::Owner) {
        let member = match owner.kind() {
            Kind::PrivateEndpoint => "privateEndpoint",
            _ => "privateLinkService",
        };
        document::put(
            shown,
            &format!("/properties/{member}"),
            json!({ "id": owner.to_string() }),
        );
    }
}
