//! Load balancing rules: references, conflicts and limits.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::backend_pool;
use super::document;
use super::element;
use super::id::{Key, ResourceId};
use super::kind::Kind;
use super::reference;
use super::refusal::Refusal;
use super::route;
use super::state::State;

/// Maximum number of rules of a load balancer, inbound NAT rules included (documented: "Azure
/// subscription and service limits", Standard load balancer).
const BALANCER_LIMIT: usize = 1_500;

/// Maximum number of rules over all IP configurations of a network interface (documented: "Azure
/// subscription and service limits", rules per NIC).
const INTERFACE_LIMIT: usize = 300;

/// Load balancing rules of a load balancer.
pub(super) const RULES: &str = "/properties/loadBalancingRules";

/// Checks the rules of a load balancer against its other elements, and sets defaults.
///
/// # Errors
/// `LoadBalancingRuleLimitReached`, `LoadBalancingRuleIncomplete`, `LoadBalancingRulePortsInvalid`,
/// `InvalidResourceReference`, `InvalidParameterValue`, or a conflict between two rules.
pub(super) fn prepare(
    id: &ResourceId,
    mut rules: Vec<Value>,
    frontends: &[Value],
    pools: &[Value],
    probes: &[Value],
) -> Result<Vec<Value>, Refusal> {
    if rules.len() > BALANCER_LIMIT {
        return Err(Refusal::invalid(
            "LoadBalancingRuleLimitReached",
            format!(
                "Load balancer {id} can have at most {BALANCER_LIMIT} rules, not {}.",
                rules.len()
            ),
        ));
    }
    for rule in &mut rules {
        prepare_pool(rule);
        let own = |member: &str, list: &str, elements: &[Value]| {
            check_own(id, rule, member, list, elements)
        };
        let frontend = own(
            "frontendIPConfiguration",
            "frontendIPConfigurations",
            frontends,
        )?;
        let pool = own("backendAddressPool", "backendAddressPools", pools)?;
        own("probe", "probes", probes)?;
        if !frontend || !pool {
            return Err(Refusal::invalid(
                "LoadBalancingRuleIncomplete",
                format!(
                    "Rule {} of load balancer {id} needs frontendIPConfiguration.id and \
                     backendAddressPool.id.",
                    document::text_or_empty(rule, "/name")
                ),
            ));
        }
        prepare_ports(id, rule)?;
    }
    check_conflicts(id, &rules)?;
    Ok(rules)
}

/// Reads a list of one pool, which the Azure CLI sends, as the pool.
fn prepare_pool(rule: &mut Value) {
    let listed = match document::list(rule, "/properties/backendAddressPools") {
        [pool] => document::text(pool, "/id").map(str::to_owned),
        _ => None,
    };
    if let Some(listed) = listed {
        document::default(rule, "/properties/backendAddressPool/id", listed);
    }
}

/// Reports whether a rule names an element of its own load balancer. Refuses an unknown name.
fn check_own(
    id: &ResourceId,
    rule: &Value,
    member: &str,
    list: &str,
    elements: &[Value],
) -> Result<bool, Refusal> {
    let Some(text) = document::text(rule, &format!("/properties/{member}/id")) else {
        return Ok(false);
    };
    let found = route::element_id(text, Kind::LoadBalancer, list)
        .filter(|(balancer, _)| balancer.is(id))
        .is_some_and(|(_, name)| element::find(elements, &name).is_some());
    if found {
        Ok(true)
    } else {
        Err(reference::dangling(text, id))
    }
}

fn prepare_ports(id: &ResourceId, rule: &mut Value) -> Result<(), Refusal> {
    document::choice(rule, "/properties/protocol", &["Tcp", "Udp", "All"])?;
    document::choice(
        rule,
        "/properties/loadDistribution",
        &["Default", "SourceIP", "SourceIPProtocol"],
    )?;
    let frontend = document::number(rule, "/properties/frontendPort", 0..=65_534, None)?;
    let backend = document::number(rule, "/properties/backendPort", 0..=65_535, Some(frontend))?;
    document::put(rule, "/properties/backendPort", backend);
    let idle = document::number(rule, "/properties/idleTimeoutInMinutes", 4..=100, Some(4))?;
    document::put(rule, "/properties/idleTimeoutInMinutes", idle);
    for flag in ["enableFloatingIP", "enableTcpReset", "disableOutboundSnat"] {
        document::default(rule, &format!("/properties/{flag}"), false);
    }
    let all_ports = frontend == 0 && backend == 0;
    let any_port = frontend == 0 || backend == 0;
    let all_protocols = document::text_is(rule, "/properties/protocol", "All");
    if any_port == all_protocols && any_port == all_ports {
        return Ok(());
    }
    Err(Refusal::invalid(
        "LoadBalancingRulePortsInvalid",
        format!(
            "Rule {} of load balancer {id}: protocol All requires frontendPort 0 and \
             backendPort 0, and these ports require protocol All.",
            document::text_or_empty(rule, "/name")
        ),
    ))
}

/// Refuses two rules for the same traffic, at the frontend or at the backend.
fn check_conflicts(id: &ResourceId, rules: &[Value]) -> Result<(), Refusal> {
    let part = |rule: &Value, pointer: &str| {
        rule.pointer(pointer)
            .map(ToString::to_string)
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let mut fronts = BTreeSet::new();
    let mut backs = BTreeSet::new();
    for rule in rules {
        let protocol = part(rule, "/properties/protocol");
        let front = (
            part(rule, "/properties/frontendIPConfiguration/id"),
            protocol.clone(),
            part(rule, "/properties/frontendPort"),
        );
        if !fronts.insert(front) {
            return Err(conflict(
                "RulesOfSameLoadBalancerTypeUseSameFrontendPortProtocolAndIPConfig",
                "frontend port and protocol on the same frontend IP configuration",
                id,
                rule,
            ));
        }
        let floating = document::flag(rule, "/properties/enableFloatingIP");
        let mut back = (
            part(rule, "/properties/backendAddressPool/id"),
            protocol,
            part(rule, "/properties/backendPort"),
            String::new(),
        );
        if floating {
            // With floating IP, backends see the address of the frontend, which tells rules apart.
            back.3 = part(rule, "/properties/frontendIPConfiguration/id");
        }
        if !backs.insert(back) {
            let code = if floating {
                "RulesUseSameBackendPortProtocolAndPoolAndFrontendIPWithFloatingIPEnabled"
            } else {
                "RulesUseSameBackendPortProtocolAndPool"
            };
            return Err(conflict(code, "backend port, protocol and pool", id, rule));
        }
    }
    Ok(())
}

fn conflict(code: &str, what: &str, id: &ResourceId, rule: &Value) -> Refusal {
    Refusal::invalid(
        code,
        format!(
            "Load balancing rule {} of load balancer {id} uses the same {what} as another rule.",
            document::text_or_empty(rule, "/name")
        ),
    )
}

/// Refuses IP-based pools behind a private link service (documented: pools must contain NICs).
///
/// # Errors
/// `PrivateLinkServiceIPBasedBackendPoolNotSupported`.
pub(super) fn check_pools_by_interface(
    service: &ResourceId,
    balancer: &ResourceId,
    frontend: &str,
    rules: &[Value],
    pools: &[Value],
) -> Result<(), Refusal> {
    let frontend = Key::of(&format!("{balancer}/frontendIPConfigurations/{frontend}"));
    for rule in rules.iter().filter(|it| uses_frontend(it, &frontend)) {
        let pool = document::text(rule, "/properties/backendAddressPool/id")
            .and_then(|it| it.rsplit('/').next())
            .and_then(|name| element::find(pools, name));
        let addresses = pool
            .map(|pool| document::list(pool, "/properties/loadBalancerBackendAddresses"))
            .unwrap_or_default();
        let by_address = addresses
            .iter()
            .any(|it| document::text(it, "/properties/ipAddress").is_some());
        if by_address {
            return Err(Refusal::invalid(
                "PrivateLinkServiceIPBasedBackendPoolNotSupported",
                format!(
                    "Private link service {service} cannot use load balancer {balancer}: the pool \
                     of rule {} is configured by IP address. Configure it by NIC.",
                    document::text_or_empty(rule, "/name")
                ),
            ));
        }
    }
    Ok(())
}

/// The rules with one of these pools, each with its load balancer.
fn rules_of<'a>(
    balancers: &'a [&'a Value],
    pools: &'a BTreeSet<Key>,
) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    let all = balancers.iter().flat_map(|balancer| {
        let rules = document::list(balancer, RULES).iter();
        rules.map(move |rule| (*balancer, rule))
    });
    all.filter(|(_, rule)| {
        document::text(rule, "/properties/backendAddressPool/id")
            .is_some_and(|pool| pools.contains(&Key::of(pool)))
    })
}

/// Refuses two rules of load balancers of one type that use the same backend port and protocol on
/// one IP configuration, whatever their pools.
fn check_same_backend(
    configuration: &str,
    balancers: &[&Value],
    pools: &BTreeSet<Key>,
) -> Result<(), Refusal> {
    let mut taken = BTreeMap::new();
    for (balancer, rule) in rules_of(balancers, pools) {
        if document::flag(rule, "/properties/enableFloatingIP") {
            continue;
        }
        let name = document::text_or_empty(rule, "/name");
        let protocol = document::text_or_empty(rule, "/properties/protocol").to_ascii_lowercase();
        let port = rule
            .pointer("/properties/backendPort")
            .map(Value::to_string);
        let traffic = (is_public(balancer, rule), protocol, port);
        if let Some(other) = taken.insert(traffic, name) {
            return Err(Refusal::invalid(
                "RulesOfSameLoadBalancerTypeUseSameBackendPortProtocolAndIPConfig",
                format!(
                    "Load balancer rules {other} and {name} belong to load balancers of the same \
                     type, use the same backend port and protocol, and must not be used with the \
                     same backend IP configuration {configuration}."
                ),
            ));
        }
    }
    Ok(())
}

/// Reports whether the frontend of a rule has a public address.
fn is_public(balancer: &Value, rule: &Value) -> bool {
    document::text(rule, "/properties/frontendIPConfiguration/id")
        .and_then(|id| id.rsplit('/').next())
        .and_then(|name| {
            let frontends = document::list(balancer, "/properties/frontendIPConfigurations");
            element::find(frontends, name)
        })
        .is_some_and(|it| document::text(it, "/properties/publicIPAddress/id").is_some())
}

/// Reports whether a rule uses a frontend.
pub(super) fn uses_frontend(rule: &Value, frontend: &Key) -> bool {
    document::text(rule, "/properties/frontendIPConfiguration/id")
        .is_some_and(|id| Key::of(id) == *frontend)
}

/// Checks each interface in the pools of a load balancer that is being written.
///
/// # Errors
/// Those of [`check_interface_rules`].
pub(super) fn check_member_rules(
    state: &State,
    id: &ResourceId,
    body: &Value,
) -> Result<(), Refusal> {
    let prefix = Key::of(&format!("{id}/"));
    for interface in state.of_kind(Kind::NetworkInterface) {
        let pools = backend_pool::pools_of(&interface.body);
        if pools
            .iter()
            .any(|pool| pool.as_str().starts_with(prefix.as_str()))
        {
            check_interface_rules(state, &interface.id, &interface.body, Some((id, body)))?;
        }
    }
    Ok(())
}

/// Checks the number of rules of an interface, and refuses two rules for the same traffic.
///
/// The document in `written` replaces the stored one of that load balancer.
///
/// # Errors
/// `NetworkInterfaceRuleLimitReached`, or
/// `RulesOfSameLoadBalancerTypeUseSameBackendPortProtocolAndIPConfig`.
pub(super) fn check_interface_rules(
    state: &State,
    id: &ResourceId,
    interface: &Value,
    written: Option<(&ResourceId, &Value)>,
) -> Result<(), Refusal> {
    let pools = backend_pool::pools_of(interface);
    if pools.is_empty() {
        return Ok(());
    }
    let kept = state
        .of_kind(Kind::LoadBalancer)
        .filter(|it| written.is_none_or(|(id, _)| !it.id.is(id)))
        .map(|it| &it.body);
    let balancers: Vec<&Value> = kept.chain(written.map(|(_, body)| body)).collect();
    let count = rules_of(&balancers, &pools).count();
    if count <= INTERFACE_LIMIT {
        return backend_pool::pools_by_configuration(interface)
            .into_iter()
            .try_for_each(|(name, pools)| {
                check_same_backend(&format!("{id}/ipConfigurations/{name}"), &balancers, &pools)
            });
    }
    Err(Refusal::invalid(
        "NetworkInterfaceRuleLimitReached",
        format!(
            "Network interface {id} would have {count} load balancing rules over all its IP \
             configurations; the limit is {INTERFACE_LIMIT}."
        ),
    ))
}
