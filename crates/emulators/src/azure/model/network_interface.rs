//! Network interfaces: those clients make, and those of endpoints and services.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::address::Addresses;
use super::admission;
use super::answer::{Reply, reply};
use super::balancing_rule;
use super::document;
use super::element;
use super::guid::guid;
use super::id::{Key, Kind, ResourceId};
use super::public_ip;
use super::reading;
use super::reference;
use super::refusal::Refusal;
use super::resource::{Resource, Tie};
use super::state::State;
use super::write;
use super::write::{Call, Draft, tracked_body};

const CONFIGURATIONS: &str = "/properties/ipConfigurations";
const POOLS: &str = "/properties/loadBalancerBackendAddressPools";

/// `PUT …/networkInterfaces/{name}`: finished at once, without an operation (recorded).
pub(super) fn put_interface(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
) -> Result<Reply, Refusal> {
    let existing = admission::admit_write(state, call, &id)?;
    if let Some(existing) = &existing {
        check_interface_unowned(existing)?;
    }
    let mut body = tracked_body(call, &id, existing.as_ref())?;
    for read_only in [
        "macAddress",
        "virtualMachine",
        "privateEndpoint",
        "privateLinkService",
    ] {
        document::discard(&mut body, &format!("/properties/{read_only}"));
    }
    let region = document::text_or_empty(&body, "/location").to_owned();
    let mut elements = element::take(&mut body, &id, CONFIGURATIONS)?;
    settle_primary(&id, &mut elements)?;
    let before = existing
        .as_ref()
        .map_or(&[][..], |it| document::list(&it.body, CONFIGURATIONS));
    let mut addresses = Addresses::new(state, &id);
    for element in &mut elements {
        let subnet = refer_subnet(state, call, &id, &region, element)?;
        let name = document::text_or_empty(element, "/name").to_owned();
        addresses.settle(element, element::find(before, &name), subnet)?;
        public_ip::refer_public_ip(state, call, &id, &region, element)?;
        check_pools(state, call, &id, &region, element, subnet)?;
    }
    document::put(&mut body, CONFIGURATIONS, elements);
    fill(&mut body);
    balancing_rule::check_interface_rules(state, &id, &body, None)?;

    let version = guid(call.rng);
    let left = existing
        .as_ref()
        .map(|it| pools_of(&it.body))
        .unwrap_or_default();
    let joined = pools_of(&body);
    for pool in left.symmetric_difference(&joined) {
        touch_pool(state, pool, &version);
    }
    let (status, id) = write::apply(state, call, Draft::new(id, existing, body));
    let shown = state.resource(&id).map(|it| reading::show(state, it));
    Ok(reply(status, shown))
}

/// Makes the interface of an endpoint or service.
pub(super) fn make_owned_interface(
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
    fill(&mut body);
    let mut draft = Draft::new(id, existing, body);
    draft.ties.insert(Tie::Owner, owner.clone());
    write::apply(state, call, draft);
}

/// The subnet an ip configuration refers to.
pub(super) fn refer_subnet<'a>(
    state: &'a State,
    call: &Call<'_>,
    owner: &ResourceId,
    region: &str,
    element: &Value,
) -> Result<&'a Resource, Refusal> {
    let text = document::text(element, "/properties/subnet/id").ok_or_else(|| {
        Refusal::invalid(
            "SubnetIdMissing",
            format!(
                "Ip configuration '{}' of {owner} needs subnet.id.",
                document::text_or_empty(element, "/name")
            ),
        )
    })?;
    reference::refer(state, call, owner, region, text, Kind::Subnet)
}

/// Checks the pools an ip configuration is to be in.
fn check_pools(
    state: &State,
    call: &Call<'_>,
    id: &ResourceId,
    region: &str,
    element: &Value,
    subnet: &Resource,
) -> Result<(), Refusal> {
    for pool in document::list(element, POOLS) {
        let text = document::text_or_empty(pool, "/id");
        let place = (Kind::LoadBalancer, "backendAddressPools");
        let (balancer, _) = reference::refer_element(state, call, id, region, text, place)?;
        let network = subnet.id.parent();
        let inside = document::list(&balancer.body, "/properties/frontendIPConfigurations")
            .iter()
            .filter_map(|it| document::text(it, "/properties/subnet/id"))
            .filter_map(ResourceId::parse)
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

/// Gives the balancers of all pools an interface is in a new entity tag.
pub(super) fn touch_pools_of(state: &mut State, interface: &Value, version: &str) {
    for pool in pools_of(interface) {
        touch_pool(state, &pool, version);
    }
}

fn touch_pool(state: &mut State, pool: &Key, version: &str) {
    if let Some(balancer) = super::reference::resource_of(pool.as_str()) {
        state.touch(&balancer, version);
    }
}

/// Refuses to change what belongs to an endpoint or service.
pub(super) fn check_interface_unowned(interface: &Resource) -> Result<(), Refusal> {
    let Some(owner) = interface.tied(Tie::Owner) else {
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

/// Requires at least one ip configuration, exactly one of them primary; the first if none says so.
pub(super) fn settle_primary(owner: &ResourceId, elements: &mut [Value]) -> Result<(), Refusal> {
    let primaries = elements
        .iter()
        .filter(|it| document::flag(it, "/properties/primary"))
        .count();
    if primaries > 1 {
        return Err(Refusal::invalid(
            "MultiplePrimaryIpConfigurations",
            format!("Resource {owner} can have only one primary ip configuration."),
        ));
    }
    let Some(first) = elements.first_mut() else {
        return Err(Refusal::invalid(
            "IpConfigurationsMissing",
            format!("Resource {owner} needs at least one ip configuration."),
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

/// What every interface has.
fn fill(body: &mut Value) {
    document::default(body, "/kind", "Regular");
    document::default(body, "/properties/nicType", "Standard");
    document::default(
        body,
        "/properties/dnsSettings",
        json!({ "dnsServers": [], "appliedDnsServers": [] }),
    );
    for flag in [
        "enableAcceleratedNetworking",
        "enableIPForwarding",
        "disableTcpStateTracking",
    ] {
        document::default(body, &format!("/properties/{flag}"), false);
    }
    for list in ["hostedWorkloads", "tapConfigurations"] {
        document::default(body, &format!("/properties/{list}"), json!([]));
    }
}

/// The pools an interface's ip configurations are in.
pub(super) fn pools_of(interface: &Value) -> BTreeSet<Key> {
    document::list(interface, CONFIGURATIONS)
        .iter()
        .flat_map(|element| document::list(element, POOLS))
        .filter_map(|pool| document::text(pool, "/id"))
        .map(Key::of)
        .collect()
}

/// The pools of each ip configuration, by its name.
pub(super) fn pools_by_configuration(interface: &Value) -> Vec<(&str, BTreeSet<Key>)> {
    document::list(interface, CONFIGURATIONS)
        .iter()
        .map(|element| {
            let pools = document::list(element, POOLS).iter();
            let pools = pools.filter_map(|pool| document::text(pool, "/id"));
            let name = document::text_or_empty(element, "/name");
            (name, pools.map(Key::of).collect())
        })
        .collect()
}

/// The ip configurations in a pool: interface, and name of the configuration.
pub(super) fn members<'a>(
    state: &'a State,
    pool: &'a Key,
) -> impl Iterator<Item = (&'a Resource, &'a str)> {
    state
        .of_kind(Kind::NetworkInterface)
        .flat_map(move |interface| {
            document::list(&interface.body, CONFIGURATIONS)
                .iter()
                .filter(move |element| {
                    document::list(element, POOLS)
                        .iter()
                        .filter_map(|it| document::text(it, "/id"))
                        .any(|id| Key::of(id) == *pool)
                })
                .map(move |element| (interface, document::text_or_empty(element, "/name")))
        })
}

/// Completes an interface with its elements' ids and its owner.
pub(super) fn dress(interface: &Resource, shown: &mut Value) {
    element::dress(shown, interface, "ipConfigurations", true);
    if let Some(owner) = interface.tied(Tie::Owner) {
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
