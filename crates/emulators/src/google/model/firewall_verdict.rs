//! Which TCP ports a network's firewall rules let through, and by which rule.
//!
//! Rules count by priority, the smaller number first; among rules of one priority one that denies
//! counts before one that allows. What no rule allows is denied.
//!
//! Ports are found by what rules name, because each becomes a listening socket: a rule for all
//! ports, or for a range of more than [`NAMED`], opens those ports that somebody asks about and
//! adds none of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::Value;

use super::firewall::{USUAL_PRIORITY, span};

/// Largest range of ports that counts as naming its ports: 256, a quarter of the files that a
/// process may usually have open.
const NAMED: usize = 256;

/// Flows that are asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flow<'a> {
    /// Where they come from; only a rule whose sources cover all of it counts.
    pub(super) source: Ipv4Net,
    /// The address they are sent to.
    pub(super) destination: Option<Ipv4Addr>,
    /// The network tags of the machine they arrive at.
    pub(super) tags: &'a [&'a str],
}

/// A rule that counts for certain flows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Matching<'a> {
    // The order of the members is the order in which rules count.
    priority: u64,
    allows: bool,
    name: &'a str,
    /// Pairs of first and last port; `None` for all.
    ports: Option<Vec<(u16, u16)>>,
}

/// The open ports with the name of the rule that opens each.
///
/// `asked`: the only ports that matter, or `None` for those that rules name.
pub(super) fn open_ports<'a>(
    rules: impl IntoIterator<Item = (&'a str, &'a Value)>,
    flow: Flow<'_>,
    asked: Option<&BTreeSet<u16>>,
) -> BTreeMap<u16, &'a str> {
    let mut matching: Vec<Matching<'a>> = rules
        .into_iter()
        .filter(|(_, rule)| applies(rule, flow))
        .flat_map(|(name, rule)| matching(name, rule))
        .collect();
    matching.sort_unstable();
    let ports = match asked {
        Some(asked) => asked.clone(),
        None => named(&matching),
    };
    ports
        .into_iter()
        .filter_map(|port| {
            let counts = matching.iter().find(|it| it.covers(port))?;
            counts.allows.then_some((port, counts.name))
        })
        .collect()
}

impl Matching<'_> {
    fn covers(&self, port: u16) -> bool {
        self.ports.as_ref().is_none_or(|ports| {
            ports
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&port))
        })
    }
}

fn named(rules: &[Matching<'_>]) -> BTreeSet<u16> {
    rules
        .iter()
        .filter(|rule| rule.allows)
        .filter_map(|rule| rule.ports.as_ref())
        .flatten()
        .map(|(first, last)| *first..=*last)
        .filter(|ports| ports.len() <= NAMED)
        .flatten()
        // Nobody can listen on it.
        .filter(|port| *port != 0)
        .collect()
}

fn matching<'a>(name: &'a str, rule: &'a Value) -> impl Iterator<Item = Matching<'a>> {
    let priority = rule.get("priority").and_then(Value::as_u64);
    let priority = priority.unwrap_or(USUAL_PRIORITY);
    [("denied", false), ("allowed", true)]
        .into_iter()
        .flat_map(move |(member, allows)| {
            let entries = list(rule, member).iter().filter_map(ports_of);
            entries.map(move |ports| Matching {
                priority,
                allows,
                name,
                ports,
            })
        })
}

/// The TCP ports an entry is about: `None` if it is about something else, `Some(None)` for all.
#[expect(
    clippy::option_option,
    reason = "whether it is about TCP, and whether it names ports"
)]
fn ports_of(entry: &Value) -> Option<Option<Vec<(u16, u16)>>> {
    let protocol = entry.get("IPProtocol").and_then(Value::as_str)?;
    match protocol.to_ascii_lowercase().as_str() {
        "all" => Some(None),
        "tcp" | "6" => match list(entry, "ports") {
            [] => Some(None),
            ports => Some(Some(
                ports.iter().filter_map(|it| span(it.as_str()?)).collect(),
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
        && comes_from(rule, flow.source)
        && leads_to(rule, flow)
}

/// Translated flows come from no machine, so a rule that only knows senders by tag or by account
/// does not count.
fn comes_from(rule: &Value, source: Ipv4Net) -> bool {
    let ranges = list(rule, "sourceRanges");
    if ranges.is_empty() {
        return ["sourceTags", "sourceServiceAccounts"]
            .iter()
            .all(|member| list(rule, member).is_empty());
    }
    covered(ranges, source)
}

fn leads_to(rule: &Value, flow: Flow<'_>) -> bool {
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
    // Machines have no service accounts here.
    to_address && to_machine && list(rule, "targetServiceAccounts").is_empty()
}

fn covered(ranges: &[Value], wanted: Ipv4Net) -> bool {
    ranges
        .iter()
        .filter_map(|it| range(it.as_str()?))
        .any(|range| range.contains(&wanted))
}

/// A range, or a single address.
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
        let asked = BTreeSet::from([port]);
        open_ports(rules, FLOW, Some(&asked)).contains_key(&port)
    }

    #[test]
    fn without_a_rule_nothing_is_open() {
        assert_eq!(opened(&[]), []);
        assert!(!opens(&[], 5432));
    }

    #[test]
    fn the_smaller_number_counts_first() {
        let all = json!([{ "IPProtocol": "all" }]);
        let allow = rule(900, "allowed", &tcp(&["5432", "6000-6002"]));
        let deny = rule(901, "denied", &all);
        let late = rule(902, "allowed", &tcp(&["22"]));
        let rules = [("late", late), ("deny", deny), ("allow", allow)];
        let named: Vec<u16> = opened(&rules).into_iter().map(|(port, _)| port).collect();
        assert_eq!(named, [5432, 6000, 6001, 6002]);
        assert_eq!(opened(&rules)[0].1, "allow");
    }

    #[test]
    fn at_the_same_number_denial_counts() {
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
    fn two_rules_for_one_port_are_told_by_the_first_name() {
        let allow = rule(900, "allowed", &tcp(&["5432"]));
        let open = opened(&[("b", allow.clone()), ("a", allow)]);
        assert_eq!(open, [(5432, "a".to_owned())]);
    }

    #[test]
    fn only_rules_for_these_flows_count() {
        let allow = rule(900, "allowed", &tcp(&["5432"]));
        assert!(opens(&[("a", allow.clone())], 5432));
        for (member, value, counts) in [
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
            assert_eq!(opens(&[("a", rule)], 5432), counts, "{member} {value}");
        }
        let tagged = json!({ "sourceTags": ["web"], "allowed": tcp(&["5432"]) });
        assert!(!opens(&[("a", tagged)], 5432));
    }

    #[test]
    fn protocols_are_tcp_by_name_or_number_or_all() {
        for (protocol, counts) in [
            ("tcp", true),
            ("TCP", true),
            ("6", true),
            ("all", true),
            ("udp", false),
            ("17", false),
            ("icmp", false),
        ] {
            let allow = rule(900, "allowed", &json!([{ "IPProtocol": protocol }]));
            assert_eq!(opens(&[("a", allow)], 5432), counts, "{protocol}");
        }
        let none = rule(900, "allowed", &json!([{ "ports": ["5432"] }, "tcp"]));
        assert!(!opens(&[("a", none)], 5432));
    }

    #[test]
    fn a_rule_for_very_many_ports_opens_what_is_asked_about() {
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
