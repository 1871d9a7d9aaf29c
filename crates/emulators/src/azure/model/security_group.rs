//! Network security groups: documents that subnets and interfaces may name. They have no effect on bytes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::admission;
use super::call::Call;
use super::document;
use super::draft::{Draft, Write};
use super::element;
use super::id::{Key, ResourceId};
use super::kind::Kind;
use super::reference;
use super::refusal::Refusal;
use super::request_body::tracked_body;
use super::resource::Resource;
use super::state::State;

/// Rules of a group.
const RULES: &str = "/properties/securityRules";

/// The group that a subnet or an interface names.
const REFERENCE: &str = "/properties/networkSecurityGroup/id";

/// Priorities of rules (documented: "Network security groups").
const PRIORITIES: std::ops::RangeInclusive<u64> = 100..=4096;

/// Maximum number of rules of a group (documented: "Azure subscription and service limits").
const RULE_LIMIT: usize = 1_000;

/// Rules that every group has: name, priority, access, direction, source and destination (documented:
/// "Network security groups", default security rules).
const DEFAULTS: [(&str, u64, &str, &str, &str, &str); 6] = [
    (
        "AllowVnetInBound",
        65_000,
        "Allow",
        "Inbound",
        "VirtualNetwork",
        "VirtualNetwork",
    ),
    (
        "AllowAzureLoadBalancerInBound",
        65_001,
        "Allow",
        "Inbound",
        "AzureLoadBalancer",
        "*",
    ),
    ("DenyAllInBound", 65_500, "Deny", "Inbound", "*", "*"),
    (
        "AllowVnetOutBound",
        65_000,
        "Allow",
        "Outbound",
        "VirtualNetwork",
        "VirtualNetwork",
    ),
    (
        "AllowInternetOutBound",
        65_001,
        "Allow",
        "Outbound",
        "*",
        "Internet",
    ),
    ("DenyAllOutBound", 65_500, "Deny", "Outbound", "*", "*"),
];

/// `PUT …/networkSecurityGroups/{name}`: replaces the whole document.
///
/// # Errors
/// Those of [`admission::admit`] and of the body; `SecurityRuleLimitReached`, `SecurityRuleConflict`,
/// `SecurityRuleInvalidPriority`, `SecurityRuleIncomplete`, `SecurityRuleInvalidPortRange`.
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
) -> Result<Write, Refusal> {
    let existing = admission::admit(state, call, &id)?;
    let mut body = tracked_body(state, call, &id, existing.as_ref())?;
    for shown in ["defaultSecurityRules", "networkInterfaces", "subnets"] {
        document::discard(&mut body, &format!("/properties/{shown}"));
    }
    let rules = element::take(&mut body, &id, RULES)?;
    check_rules(&id, &rules)?;
    document::put(&mut body, RULES, rules);
    Ok(Write::long_running(
        Draft::new(id, existing, body),
        Vec::new(),
    ))
}

/// Checks the rules (codes and texts of the conflict and of ports reported: Azure/aks-engine#2106,
/// Azure/azure-cli#23499).
fn check_rules(id: &ResourceId, rules: &[Value]) -> Result<(), Refusal> {
    if rules.len() > RULE_LIMIT {
        return Err(Refusal::invalid(
            "SecurityRuleLimitReached",
            format!("Network security group {id} can have at most {RULE_LIMIT} rules."),
        ));
    }
    let mut taken: BTreeMap<(String, u64), &str> = BTreeMap::new();
    for rule in rules {
        let name = document::text_or_empty(rule, "/name");
        check_complete(name, rule)?;
        let priority = rule.pointer("/properties/priority").and_then(Value::as_u64);
        let priority = priority.filter(|it| PRIORITIES.contains(it)).ok_or_else(|| {
            Refusal::invalid(
                "SecurityRuleInvalidPriority",
                format!(
                    "Security rule {name} has invalid Priority. Value provided must be between {} \
                     and {}.",
                    PRIORITIES.start(),
                    PRIORITIES.end()
                ),
            )
        })?;
        let direction = document::text_or_empty(rule, "/properties/direction");
        let place = (direction.to_ascii_lowercase(), priority);
        if let Some(other) = taken.insert(place, name) {
            return Err(Refusal::invalid(
                "SecurityRuleConflict",
                format!(
                    "Security rule {name} conflicts with rule {other}. Rules cannot have the same \
                     Priority and Direction."
                ),
            ));
        }
        for member in ["sourcePortRange", "destinationPortRange"] {
            check_ports(rule, member)?;
        }
    }
    Ok(())
}

/// Checks that a rule has what every rule needs.
fn check_complete(name: &str, rule: &Value) -> Result<(), Refusal> {
    let has = |member: &&str| rule.pointer(&format!("/properties/{member}")).is_some();
    let single = ["protocol", "access", "direction"];
    let either = [
        ("sourcePortRange", "sourcePortRanges"),
        ("destinationPortRange", "destinationPortRanges"),
    ];
    let missing = single.iter().find(|it| !has(it)).copied();
    let missing = missing.or_else(|| {
        let lacks_both = |(one, many): &&(&str, &str)| !has(one) && !has(many);
        either.iter().find(lacks_both).map(|(one, _)| *one)
    });
    match missing {
        None => Ok(()),
        Some(member) => Err(Refusal::invalid(
            "SecurityRuleIncomplete",
            format!("Security rule {name} needs {member}."),
        )),
    }
}

/// Checks `*`, a port, or a range of ports.
fn check_ports(rule: &Value, member: &str) -> Result<(), Refusal> {
    let single = document::text(rule, &format!("/properties/{member}"));
    let many = document::texts(rule, &format!("/properties/{member}s"))?;
    for text in single.into_iter().chain(many.iter().map(String::as_str)) {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        let is_range = match (from.parse::<u16>(), to.parse::<u16>()) {
            (Ok(from), Ok(to)) => from <= to,
            _ => text == "*",
        };
        if !is_range {
            return Err(Refusal::invalid(
                "SecurityRuleInvalidPortRange",
                format!(
                    "Security rule has invalid Port range. Value provided: {text}. Value should be an \
                     integer OR integer range with '-' delimiter. Valid range 0-65535."
                ),
            ));
        }
    }
    Ok(())
}

/// Checks the group that a subnet or an interface names, if it names one.
///
/// # Errors
/// Those of [`reference::refer`].
pub(super) fn check_reference(
    state: &State,
    call: &Call<'_>,
    owner: &ResourceId,
    region: &str,
    body: &Value,
) -> Result<(), Refusal> {
    match document::text(body, REFERENCE) {
        None => Ok(()),
        Some(text) => {
            reference::refer(state, call, owner, region, text, Kind::SecurityGroup).map(|_| ())
        }
    }
}

/// The subnets or interfaces that name a group.
fn users<'a>(
    state: &'a State,
    group: &ResourceId,
    kind: Kind,
) -> impl Iterator<Item = &'a Resource> {
    let group = group.key();
    state.of_kind(kind).filter(move |it| {
        document::text(&it.body, REFERENCE).is_some_and(|id| Key::of(id) == group)
    })
}

/// Refuses to delete a group in use (code and text reported: pulumi/pulumi-azure-native#3051).
///
/// # Errors
/// `InUseNetworkSecurityGroupCannotBeDeleted`.
pub(super) fn check_unused(state: &State, id: &ResourceId) -> Result<(), Refusal> {
    let kinds = [Kind::Subnet, Kind::NetworkInterface];
    let mut users = kinds.into_iter().flat_map(|kind| users(state, id, kind));
    match users.next() {
        None => Ok(()),
        Some(user) => Err(Refusal::invalid(
            "InUseNetworkSecurityGroupCannotBeDeleted",
            format!(
                "Network security group {id} cannot be deleted because it is in use by the \
                 following resources: {}. In order to delete the Network security group, remove the \
                 association with the resource(s).",
                user.id
            ),
        )),
    }
}

/// Adds the default rules, and the subnets and interfaces that name the group.
pub(super) fn add_read_only(state: &State, group: &Resource, shown: &mut Value) {
    let defaults: Vec<Value> = DEFAULTS
        .iter()
        .map(|(name, priority, access, direction, source, destination)| {
            json!({ "name": name, "properties": {
                "protocol": "*",
                "sourcePortRange": "*",
                "destinationPortRange": "*",
                "sourceAddressPrefix": source,
                "destinationAddressPrefix": destination,
                "access": access,
                "priority": priority,
                "direction": direction,
            } })
        })
        .collect();
    document::put(shown, "/properties/defaultSecurityRules", defaults);
    for list in ["securityRules", "defaultSecurityRules"] {
        element::add_read_only(shown, group, list, Some(group.provisioning_state()));
    }
    for (kind, member) in [
        (Kind::Subnet, "subnets"),
        (Kind::NetworkInterface, "networkInterfaces"),
    ] {
        let users: Vec<Value> = users(state, &group.id, kind)
            .map(|it| json!({ "id": it.id.to_string() }))
            .collect();
        if !users.is_empty() {
            document::put(shown, &format!("/properties/{member}"), users);
        }
    }
}
