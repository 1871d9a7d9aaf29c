//! Evaluation of a network's ingress firewall rules for TCP.
//!
//! Rules are evaluated by priority, the smaller number first; at one priority a deny rule
//! overrides an allow rule. Implied rule: ingress that no rule allows is denied.
//!
//! Every open port becomes a listening socket, so only ports that allow rules list are considered:
//! a rule for all ports, or for a range of more than [`MAX_RANGE_PORTS`], opens the ports that the
//! caller passes and adds none of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::Value;

use super::firewall::{DEFAULT_PRIORITY, port_range};

/// Largest range whose ports are all opened, in ports: a quarter of the usual limit of 1024 open
/// files per process.
const MAX_RANGE_PORTS: usize = 256;

/// Flows to evaluate the rules for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flow<'a> {
    /// Their source range; a rule applies only if its sources cover the whole range.
    pub(super) source: Ipv4Net,
    /// Their destination address.
    pub(super) destination: Option<Ipv4Addr>,
    /// The network tags of the destination instance.
    pub(super) tags: &'a [&'a str],
}

/// A rule that applies to the flows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ApplicableRule<'a> {
    // Rules are evaluated in the order of these fields.
    priority: u64,
    allows: bool,
    name: &'a str,
    /// Pairs of first and last port; `None` for all.
    ports: Option<Vec<(u16, u16)>>,
}

/// Returns the open ports, each with the name of the rule that allows it.
///
/// `candidates` are the ports to evaluate; `None` evaluates the ports that allow rules list.
pub(super) fn open_ports<'a>(
    rules: impl IntoIterator<Item = (&'a str, &'a Value)>,
    flow: Flow<'_>,
    candidates: Option<&BTreeSet<u16>>,
) -> BTreeMap<u16, &'a str> {
    let mut applicable: Vec<ApplicableRule<'a>> = rules
        .into_iter()
        .filter(|(_, rule)| applies(rule, flow))
        .flat_map(|(name, rule)| applicable(name, rule))
        .collect();
    applicable.sort_unstable();
    let ports = match candidates {
        Some(candidates) => candidates.clone(),
        None => ports_of_allow_rules(&applicable),
    };
    ports
        .into_iter()
        .filter_map(|port| {
            let applied = applicable.iter().find(|it| it.covers(port))?;
            applied.allows.then_some((port, applied.name))
        })
        .collect()
}

impl ApplicableRule<'_> {
    fn covers(&self, port: u16) -> bool {
        self.ports.as_ref().is_none_or(|ports| {
            ports
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&port))
        })
    }
}

fn ports_of_allow_rules(rules: &[ApplicableRule<'_>]) -> BTreeSet<u16> {
    rules
        .iter()
        .filter(|rule| rule.allows)
        .filter_map(|rule| rule.ports.as_ref())
        .flatten()
        .map(|(first, last)| *first..=*last)
        .filter(|ports| ports.len() <= MAX_RANGE_PORTS)
        .flatten()
        // Port 0 cannot be bound.
        .filter(|port| *port != 0)
        .collect()
}

fn applicable<'a>(name: &'a str, rule: &'a Value) -> impl Iterator<Item = ApplicableRule<'a>> {
    let priority = rule.get("priority").and_then(Value::as_u64);
    let priority = priority.unwrap_or(DEFAULT_PRIORITY);
    [("denied", false), ("allowed", true)]
        .into_iter()
        .flat_map(move |(member, allows)| {
            let entries = list(rule, member).iter().filter_map(ports_of);
            entries.map(move |ports| ApplicableRule {
                priority,
                allows,
                name,
                ports,
            })
        })
}

/// Returns the TCP ports of an entry: `None` for another protocol, `Some(None)` for all ports.
#[expect(
    clippy::option_option,
    reason = "the protocol and the list of ports are optional independently"
)]
fn ports_of(entry: &Value) -> Option<Option<Vec<(u16, u16)>>> {
    let protocol = entry.get("IPProtocol").and_then(Value::as_str)?;
    match protocol.to_ascii_lowercase().as_str() {
        "all" => Some(None),
        "tcp" | "6" => match list(entry, "ports") {
            [] => Some(None),
            ports => Some(Some(
                ports
                    .iter()
                    .filter_map(|it| port_range(it.as_str()?))
                    .collect(),
            )),
        },
        _ => None,
    }
}

fn applies(rule: &Value, flow: Flow<'_>) -> bool {
    let ingress = rule
        .get("direction")
        .and_then(Value::as_str)
        .is_none_or(|direction| direction == "INGRESS");
    let disabled = rule.get("disabled").and_then(Value::as_bool);
    ingress
        && !disabled.unwrap_or_default()
        && matches_source(rule, flow.source)
        && matches_target(rule, flow)
}

/// Reports whether a rule's sources cover a range.
///
/// Flows after NAT come from no instance, so a rule with source tags or service accounts alone does
/// not match.
fn matches_source(rule: &Value, source: Ipv4Net) -> bool {
    let ranges = list(rule, "sourceRanges");
    if ranges.is_empty() {
        return ["sourceTags", "sourceServiceAccounts"]
            .iter()
            .all(|member| list(rule, member).is_empty());
    }
    covered(ranges, source)
}

fn matches_target(rule: &Value, flow: Flow<'_>) -> bool {
    let ranges = list(rule, "destinationRanges");
    let to_address = ranges.is_empty()
        || flow
            .destination
            .is_some_and(|address| covered(ranges, Ipv4Net::from(address)));
    let tags = list(rule, "targetTags");
    let to_machine = tags.is_empty()
        || tags
            .iter()
            .filter_map(Value::as_str)
            .any(|tag| flow.tags.contains(&tag));
    // Instances have no service accounts in this emulator.
    to_address && to_machine && list(rule, "targetServiceAccounts").is_empty()
}

fn covered(ranges: &[Value], source: Ipv4Net) -> bool {
    ranges
        .iter()
        .filter_map(|it| range(it.as_str()?))
        .any(|range| range.contains(&source))
}

/// Parses a range or a single address.
fn range(text: &str) -> Option<Ipv4Net> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<Ipv4Addr>().ok().map(Ipv4Net::from))
}

fn list<'a>(document: &'a Value, member: &str) -> &'a [Value] {
    let found = document.get(member).and_then(Value::as_array);
    found.map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FLOW: Flow<'static> = Flow {
        source: Ipv4Net::new_assert(Ipv4Addr::new(172, 24, 0, 0), 28),
        destination: Some(Ipv4Addr::new(10, 0, 0, 9)),
        tags: &["db"],
    };

    fn rule(priority: u64, member: &str, entries: &Value) -> Value {
        json!({ "priority": priority, "sourceRanges": ["172.24.0.0/28"], member: entries })
    }

    fn tcp(ports: &[&str]) -> Value {
        json!([{ "IPProtocol": "tcp", "ports": ports }])
    }

    fn opened(rules: &[(&str, Value)]) -> Vec<(u16, String)> {
        let rules = rules.iter().map(|(name, rule)| (*name, rule));
        let open = open_ports(rules, FLOW, None).into_iter();
        open.map(|(port, name)| (port, name.to_owned())).collect()
    }

    fn opens(rules: &[(&str, Value)], port: u16) -> bool {
        let rules = rules.iter().map(|(name, rule)| (*name, rule));
        let candidates = BTreeSet::from([port]);
        open_ports(rules, FLOW, Some(&candidates)).contains_key(&port)
    }

    #[test]
    fn without_a_rule_no_port_is_open() {
        assert_eq!(opened(&[]), []);
        assert!(!opens(&[], 5432));
    }

    #[test]
    fn the_smaller_number_is_evaluated_first() {
        let all = json!([{ "IPProtocol": "all" }]);
        let allow = rule(900, "allowed", &tcp(&["5432", "6000-6002"]));
        let deny = rule(901, "denied", &all);
        let late = rule(902, "allowed", &tcp(&["22"]));
        let rules = [("late", late), ("deny", deny), ("allow", allow)];
        let ports: Vec<u16> = opened(&rules).into_iter().map(|(port, _)| port).collect();
        assert_eq!(ports, [5432, 6000, 6001, 6002]);
        assert_eq!(opened(&rules)[0].1, "allow");
    }

    #[test]
    fn at_the_same_priority_deny_overrides_allow() {
        let allow = rule(900, "allowed", &tcp(&["5432", "5433"]));
        let deny = rule(900, "denied", &tcp(&["5432"]));
        let open = opened(&[("a", allow), ("b", deny)]);
        assert_eq!(open, [(5433, "a".to_owned())]);
    }

    #[test]
    fn a_rule_without_priority_has_1000() {
        let allow = json!({ "sourceRanges": ["0.0.0.0/0"], "allowed": tcp(&["5432"]) });
        let before = rule(999, "denied", &tcp(&["5432"]));
        let after = rule(1001, "denied", &tcp(&["5432"]));
        assert!(!opens(&[("a", allow.clone()), ("b", before)], 5432));
        assert!(opens(&[("a", allow), ("b", after)], 5432));
    }

    #[test]
    fn of_two_rules_for_one_port_the_first_by_name_is_reported() {
        let allow = rule(900, "allowed", &tcp(&["5432"]));
        let open = opened(&[("b", allow.clone()), ("a", allow)]);
        assert_eq!(open, [(5432, "a".to_owned())]);
    }

    #[test]
    fn only_rules_for_these_flows_apply() {
        let allow = rule(900, "allowed", &tcp(&["5432"]));
        assert!(opens(&[("a", allow.clone())], 5432));
        for (member, value, applied) in [
            ("disabled", json!(true), false),
            ("direction", json!("EGRESS"), false),
            ("direction", json!("INGRESS"), true),
            ("sourceRanges", json!(["172.24.0.16/28"]), false),
            (
                "sourceRanges",
                json!(["172.24.0.0/29", "172.24.0.8/29"]),
                false,
            ),
            ("sourceRanges", json!(["172.24.0.0/16"]), true),
            (
                "sourceRanges",
                json!(["nonsense", 7, "172.24.0.0/28"]),
                true,
            ),
            ("sourceRanges", json!([]), true),
            ("destinationRanges", json!(["10.0.0.0/24"]), true),
            ("destinationRanges", json!(["10.0.0.9"]), true),
            ("destinationRanges", json!(["10.0.1.0/24"]), false),
            ("targetTags", json!(["db", "web"]), true),
            ("targetTags", json!(["web"]), false),
            ("targetServiceAccounts", json!(["a@b"]), false),
        ] {
            let mut rule = allow.clone();
            rule[member] = value.clone();
            assert_eq!(opens(&[("a", rule)], 5432), applied, "{member} {value}");
        }
        let tagged = json!({ "sourceTags": ["web"], "allowed": tcp(&["5432"]) });
        assert!(!opens(&[("a", tagged)], 5432));
    }

    #[test]
    fn protocols_are_tcp_by_name_or_number_or_all() {
        for (protocol, applied) in [
            ("tcp", true),
            ("TCP", true),
            ("6", true),
            ("all", true),
            ("udp", false),
            ("17", false),
            ("icmp", false),
        ] {
            let allow = rule(900, "allowed", &json!([{ "IPProtocol": protocol }]));
            assert_eq!(opens(&[("a", allow)], 5432), applied, "{protocol}");
        }
        let none = rule(900, "allowed", &json!([{ "ports": ["5432"] }, "tcp"]));
        assert!(!opens(&[("a", none)], 5432));
    }

    #[test]
    fn a_rule_for_a_large_range_opens_the_candidates_only() {
        let wide = rule(900, "allowed", &tcp(&["10000-31000"]));
        assert_eq!(opened(&[("a", wide.clone())]), []);
        assert!(opens(&[("a", wide.clone())], 10000));
        assert!(!opens(&[("a", wide)], 9999));
        let bound = rule(900, "allowed", &tcp(&["1000-1255"]));
        assert_eq!(opened(&[("a", bound)]).len(), 256);
        let above = rule(900, "allowed", &tcp(&["1000-1256"]));
        assert_eq!(opened(&[("a", above)]).len(), 0);
        let zero = rule(900, "allowed", &tcp(&["0-1"]));
        assert_eq!(opened(&[("a", zero)]), [(1, "a".to_owned())]);
    }
}
