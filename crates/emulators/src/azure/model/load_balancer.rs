//! Load balancers: documents with frontends, backend pools, probes and rules.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::address::AddressAllocator;
use super::admission;
use super::backend_pool;
use super::balancing_rule;
use super::call::Call;
use super::document;
use super::draft::{Draft, Write};
use super::element;
use super::id::{Key, ResourceId};
use super::public_ip;
use super::refusal::Refusal;
use super::request_body::tracked_body;
use super::resource::Resource;
use super::service_frontend::attached_services;
use super::state::State;
use super::subnet;

/// Frontend IP configurations of a load balancer.
const FRONTENDS: &str = "/properties/frontendIPConfigurations";
/// Backend pools of a load balancer.
pub(super) const POOLS: &str = "/properties/backendAddressPools";
/// Health probes of a load balancer.
pub(super) const PROBES: &str = "/properties/probes";

/// Lists that are stored and shown, and have no effect in the emulator.
const INERT: [&str; 3] = ["inboundNatRules", "outboundRules", "inboundNatPools"];

/// Maximum number of frontends of a load balancer (documented: "Azure subscription and service limits").
const FRONTEND_LIMIT: usize = 600;

/// `PUT …/loadBalancers/{name}`: replaces the whole document; elements that the body omits are
/// deleted.
///
/// # Errors
/// Those of [`admission::admit`], of the body, of [`balancing_rule::prepare`], and a refusal for
/// each element that is in use.
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
) -> Result<Write, Refusal> {
    let existing = admission::admit(state, call, &id)?;
    let body = tracked_body(state, call, &id, existing.as_ref())?;
    let draft = Box::new(prepare(state, call, id, existing, body)?);
    // Recorded: without members, nothing has to be programmed and the write is finished immediately.
    let immediate = !has_members(state, &draft.id, &draft.body);
    Ok(Write::LongRunning {
        immediate: immediate || draft.changes_nothing(),
        draft,
        also: Vec::new(),
    })
}

/// Checks the whole document of a load balancer.
///
/// # Errors
/// Those of [`put`] for its elements.
pub(super) fn prepare(
    state: &State,
    call: &Call<'_>,
    id: ResourceId,
    existing: Option<Resource>,
    mut body: Value,
) -> Result<Draft, Refusal> {
    document::choice(&mut body, "/sku/name", &["Standard"])?;
    document::choice(&mut body, "/sku/tier", &["Regional"])?;
    let frontends = prepare_frontends(state, call, &id, existing.as_ref(), &mut body)?;
    let pools = prepare_pools(&id, &mut body)?;
    let probes = prepare_probes(&id, &mut body)?;
    let rules = element::take(&mut body, &id, balancing_rule::RULES)?;
    let rules = balancing_rule::prepare(&id, rules, &frontends, &pools, &probes)?;
    check_attached(state, &id, existing.as_ref(), &frontends, &pools, &rules)?;
    document::put(&mut body, FRONTENDS, frontends);
    document::put(&mut body, POOLS, pools);
    document::put(&mut body, PROBES, probes);
    document::put(&mut body, balancing_rule::RULES, rules);
    for list in INERT {
        let pointer = format!("/properties/{list}");
        let elements = element::take(&mut body, &id, &pointer)?;
        document::put(&mut body, &pointer, elements);
    }
    balancing_rule::check_member_rules(state, &id, &body)?;
    Ok(Draft::new(id, existing, body))
}

fn prepare_frontends(
    state: &State,
    call: &Call<'_>,
    id: &ResourceId,
    existing: Option<&Resource>,
    body: &mut Value,
) -> Result<Vec<Value>, Refusal> {
    let region = document::text_or_empty(body, "/location").to_owned();
    let before = existing.map_or(&[][..], |it| document::list(&it.body, FRONTENDS));
    let mut frontends = element::take(body, id, FRONTENDS)?;
    if frontends.len() > FRONTEND_LIMIT {
        return Err(Refusal::invalid(
            "FrontendIPConfigurationLimitReached",
            format!("Load balancer {id} can have at most {FRONTEND_LIMIT} frontends."),
        ));
    }
    let mut addresses = AddressAllocator::new(state, id);
    for frontend in &mut frontends {
        for shown in ["loadBalancingRules", "inboundNatRules", "outboundRules"] {
            document::discard(frontend, &format!("/properties/{shown}"));
        }
        if document::text(frontend, "/properties/publicIPAddress/id").is_some() {
            public_ip::refer(state, call, id, &region, frontend)?;
            public_ip::check_standard(state, id, frontend)?;
            let method = "/properties/privateIPAllocationMethod";
            document::choice(frontend, method, &["Dynamic", "Static"])?;
            continue;
        }
        let subnet = subnet::refer(state, call, id, &region, frontend)?;
        let name = document::text_or_empty(frontend, "/name").to_owned();
        addresses.allocate(frontend, element::find(before, &name), subnet)?;
    }
    Ok(frontends)
}

/// Refuses to remove a frontend, pool or rule that is in use.
fn check_attached(
    state: &State,
    id: &ResourceId,
    existing: Option<&Resource>,
    frontends: &[Value],
    pools: &[Value],
    rules: &[Value],
) -> Result<(), Refusal> {
    let Some(existing) = existing else {
        return Ok(());
    };
    for (service, name) in attached_services(state, id) {
        let old = element::find(document::list(&existing.body, FRONTENDS), &name);
        let new = element::find(frontends, &name);
        let subnet = |it: Option<&Value>| {
            it.and_then(|it| document::text(it, "/properties/subnet/id"))
                .map(Key::of)
        };
        if new.is_none() || subnet(old) != subnet(new) {
            return Err(Refusal::invalid(
                "InUseFrontendIPConfigurationCannotBeDeleted",
                format!(
                    "Frontend IP configuration {name} of load balancer {id} is in use by \
                     private link service {} and cannot be deleted or moved.",
                    service.id
                ),
            ));
        }
        balancing_rule::check_pools_by_interface(&service.id, id, &name, rules, pools)?;
    }
    for pool in document::list(&existing.body, POOLS) {
        let name = document::text_or_empty(pool, "/name");
        if element::find(pools, name).is_none() {
            check_pool_empty(state, id, name)?;
        }
    }
    Ok(())
}

/// Reports whether an interface is in a pool of the load balancer.
fn has_members(state: &State, id: &ResourceId, body: &Value) -> bool {
    document::list(body, POOLS).iter().any(|pool| {
        let name = document::text_or_empty(pool, "/name");
        let key = Key::of(&format!("{id}/backendAddressPools/{name}"));
        backend_pool::members(state, &key).next().is_some()
    })
}

fn check_pool_empty(state: &State, id: &ResourceId, pool: &str) -> Result<(), Refusal> {
    let key = Key::of(&format!("{id}/backendAddressPools/{pool}"));
    match backend_pool::members(state, &key).next() {
        None => Ok(()),
        Some((member, configuration)) => Err(Refusal::invalid(
            "InUseBackendAddressPoolCannotBeDeleted",
            format!(
                "Backend address pool {pool} of load balancer {id} is in use by \
                 {}/ipConfigurations/{configuration}. Remove it from the pool first.",
                member.id
            ),
        )),
    }
}

/// Refuses to delete a load balancer in use.
///
/// # Errors
/// `CannotDeleteLoadBalancerWithPrivateLinkService`, or `InUseBackendAddressPoolCannotBeDeleted`.
pub(super) fn check_unused(state: &State, balancer: &Resource) -> Result<(), Refusal> {
    let id = &balancer.id;
    if let Some((service, frontend)) = attached_services(state, id).first() {
        return Err(Refusal::invalid(
            "CannotDeleteLoadBalancerWithPrivateLinkService",
            format!(
                "Load balancer {id} cannot be deleted since its frontend {frontend} is in use \
                 by private link service {}. Delete the service first.",
                service.id
            ),
        ));
    }
    document::list(&balancer.body, POOLS)
        .iter()
        .try_for_each(|pool| check_pool_empty(state, id, document::text_or_empty(pool, "/name")))
}

fn prepare_pools(id: &ResourceId, body: &mut Value) -> Result<Vec<Value>, Refusal> {
    let mut pools = element::take(body, id, POOLS)?;
    for pool in &mut pools {
        for shown in [
            "backendIPConfigurations",
            "loadBalancingRules",
            "outboundRules",
        ] {
            document::discard(pool, &format!("/properties/{shown}"));
        }
        document::default(pool, "/properties/loadBalancerBackendAddresses", json!([]));
    }
    Ok(pools)
}

fn prepare_probes(id: &ResourceId, body: &mut Value) -> Result<Vec<Value>, Refusal> {
    let mut probes = element::take(body, id, PROBES)?;
    for probe in &mut probes {
        document::discard(probe, "/properties/loadBalancingRules");
        document::choice(probe, "/properties/protocol", &["Tcp", "Http", "Https"])?;
        document::number(probe, "/properties/port", 1..=65_535, None)?;
        let interval = document::number(
            probe,
            "/properties/intervalInSeconds",
            5..=2_147_483_646,
            Some(15),
        )?;
        document::put(probe, "/properties/intervalInSeconds", interval);
        let count = document::number(probe, "/properties/numberOfProbes", 1..=100, Some(1))?;
        document::put(probe, "/properties/numberOfProbes", count);
        let threshold = document::number(probe, "/properties/probeThreshold", 1..=100, Some(1))?;
        document::put(probe, "/properties/probeThreshold", threshold);
        if document::text(probe, "/properties/noHealthyBackendsBehavior").is_some() {
            let behaviours = ["AllProbedDown", "AllProbedUp"];
            document::choice(probe, "/properties/noHealthyBackendsBehavior", &behaviours)?;
        }
        let by_path = !document::text_is(probe, "/properties/protocol", "Tcp");
        if by_path && document::text_or_empty(probe, "/properties/requestPath").is_empty() {
            return Err(Refusal::invalid(
                "ProbeRequestPathMissing",
                format!(
                    "Probe {} of load balancer {id} uses HTTP and needs a requestPath.",
                    document::text_or_empty(probe, "/name")
                ),
            ));
        }
    }
    Ok(probes)
}

/// Adds the IDs of the elements and the references to each.
pub(super) fn add_read_only(state: &State, balancer: &Resource, shown: &mut Value) {
    let lists = [
        "frontendIPConfigurations",
        "backendAddressPools",
        "probes",
        "loadBalancingRules",
    ];
    for list in lists.into_iter().chain(INERT) {
        element::add_read_only(shown, balancer, list, Some(balancer.provisioning_state()));
    }
    for (list, member) in [
        (FRONTENDS, "frontendIPConfiguration"),
        (POOLS, "backendAddressPool"),
        (PROBES, "probe"),
    ] {
        show_rules(balancer, shown, list, member);
    }
    let Some(Value::Array(pools)) = shown.pointer_mut(POOLS) else {
        return;
    };
    for pool in pools {
        let key = Key::of(document::text_or_empty(pool, "/id"));
        let members: Vec<Value> = backend_pool::members(state, &key)
            .map(|(interface, name)| {
                json!({ "id": format!("{}/ipConfigurations/{name}", interface.id) })
            })
            .collect();
        if !members.is_empty() {
            document::put(pool, "/properties/backendIPConfigurations", members);
        }
    }
}

/// Adds to each element the rules that refer to it.
fn show_rules(balancer: &Resource, shown: &mut Value, list: &str, member: &str) {
    let mut rules: BTreeMap<Key, Vec<Value>> = BTreeMap::new();
    for rule in document::list(&balancer.body, balancing_rule::RULES) {
        if let Some(id) = document::text(rule, &format!("/properties/{member}/id")) {
            let name = document::text_or_empty(rule, "/name");
            let shown = json!({ "id": format!("{}/loadBalancingRules/{name}", balancer.id) });
            rules.entry(Key::of(id)).or_default().push(shown);
        }
    }
    let Some(Value::Array(elements)) = shown.pointer_mut(list) else {
        return;
    };
    for element in elements {
        let key = Key::of(document::text_or_empty(element, "/id"));
        if let Some(rules) = rules.remove(&key) {
            document::put(element, "/properties/loadBalancingRules", rules);
        }
    }
}
