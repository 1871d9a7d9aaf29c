//! The drawn path of a link: from consumers' networks to the nodes, hop by hop.

use crate::answer::connection::Connection;
use crate::answer::link::Link;
use crate::answer::link::{Part, Port};

/// A place that a client's bytes come through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hop {
    /// What it is called.
    pub(super) title: &'static str,
    /// How it fares.
    pub(super) health: Health,
    /// The same in a word.
    pub(super) word: String,
    /// What is there.
    pub(super) lines: Vec<String>,
}

/// How a hop fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Health {
    /// Bytes can pass.
    Good,
    /// Somebody or something is waited for.
    Wait,
    /// It does not heal by itself.
    Bad,
}

impl Health {
    /// For style sheets.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "hop-good",
            Self::Wait => "hop-wait",
            Self::Bad => "hop-bad",
        }
    }
}

/// Which hop a part of a link belongs to; decisions about connections belong to none of ours.
fn place(part: &str) -> Option<&'static str> {
    let kind = part.split_once(':').map_or(part, |(kind, _)| kind);
    match kind {
        "attachment" | "nat-subnet" | "nat-policy" => Some(ENTRY),
        "deny" | "allow" | "balancer" | "health-check" | "backend-service" | "forwarding-rule" => {
            Some(RULES)
        }
        "member" | "endpoint-group" | "endpoints" => Some(NODES),
        _ => None,
    }
}

const ENTRY: &str = "Entry";
const RULES: &str = "Rules";
const NODES: &str = "Nodes";

/// The hops of a link, the consumers' first.
pub(super) fn hops(
    provider: &str,
    link: &Link,
    connections: &[Connection],
    nodes: &[String],
) -> Vec<Hop> {
    vec![
        consumers(connections),
        endpoints(connections),
        entry(provider, link),
        rules(link),
        servers(link, nodes),
    ]
}

fn consumers(connections: &[Connection]) -> Hop {
    let active = connections.iter().filter(|it| it.is_active()).count();
    let waiting = connections.iter().filter(|it| it.is_undecided()).count();
    let (health, word) = match (active, waiting) {
        (_, 1..) => (Health::Wait, "waiting for a decision".to_owned()),
        (1.., 0) => (Health::Good, "connected".to_owned()),
        (0, 0) => (Health::Wait, "nobody yet".to_owned()),
    };
    let mut lines = Vec::new();
    if active > 0 {
        lines.push(format!("{active} active"));
    }
    if waiting > 0 {
        lines.push(format!("{waiting} waiting"));
    }
    Hop {
        title: "Consumer network",
        health,
        word,
        lines,
    }
}

fn endpoints(connections: &[Connection]) -> Hop {
    let let_in: Vec<_> = connections.iter().filter(|it| it.is_approved()).collect();
    let broken = let_in
        .iter()
        .any(|it| it.trouble.is_some() || it.reason.is_some());
    let addressless = let_in.iter().any(|it| it.user_ip_address.is_none());
    let (health, word) = if broken {
        (Health::Bad, "needs attention")
    } else if addressless {
        (Health::Wait, "address missing")
    } else if let_in.iter().any(|it| it.is_active()) {
        (Health::Good, "resolved by name")
    } else {
        (Health::Wait, "none active")
    };
    let lines = let_in
        .iter()
        .filter_map(|it| it.user_ip_address.clone())
        .take(MOST_LINES)
        .collect();
    Hop {
        title: "Endpoint",
        health,
        word: word.to_owned(),
        lines,
    }
}

/// Lines shown in one hop: 4; lists on the page have them all.
const MOST_LINES: usize = 4;

fn entry(provider: &str, link: &Link) -> Hop {
    let kind = match provider {
        "azure" => "Private Link service",
        "google" => "Service attachment",
        _ => "Published service",
    };
    let (health, word) = evaluate(link, ENTRY);
    Hop {
        title: ENTRY,
        health,
        word,
        lines: vec![kind.to_owned()],
    }
}

fn rules(link: &Link) -> Hop {
    let (health, word) = if link.open_ports.is_empty() {
        (Health::Bad, "no component is open".to_owned())
    } else {
        evaluate(link, RULES)
    };
    let shown = |port: &Port| format!("{} {}", port.component, port.link_port);
    Hop {
        title: RULES,
        health,
        word,
        lines: link.open_ports.iter().take(MOST_LINES).map(shown).collect(),
    }
}

fn servers(link: &Link, nodes: &[String]) -> Hop {
    let (health, word) = if nodes.is_empty() {
        (Health::Bad, "no node is registered".to_owned())
    } else {
        evaluate(link, NODES)
    };
    Hop {
        title: NODES,
        health,
        word,
        lines: nodes.iter().take(MOST_LINES).cloned().collect(),
    }
}

/// How the parts of a hop fare.
fn evaluate(link: &Link, hop: &str) -> (Health, String) {
    let parts = || {
        link.parts
            .iter()
            .filter(|part| place(&part.part) == Some(hop))
    };
    let worst = parts().map(health).max();
    match worst {
        None if link.state == "deleting" => (Health::Wait, "gone".to_owned()),
        None => (Health::Wait, "not there yet".to_owned()),
        Some(Health::Good) => (Health::Good, "in place".to_owned()),
        Some(Health::Bad) => (Health::Bad, "does not get on".to_owned()),
        Some(Health::Wait) => {
            let ready = parts().filter(|part| part.satisfied).count();
            let all = parts().count();
            (Health::Wait, format!("{ready} of {all} parts as wanted"))
        }
    }
}

fn health(part: &Part) -> Health {
    if part.satisfied {
        Health::Good
    } else if part.trouble.is_some() {
        Health::Bad
    } else {
        Health::Wait
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn link(parts: &Value, open_ports: &Value) -> Link {
        serde_json::from_value(json!({
            "state": "active", "azure_service_alias": "a", "azure_service_id": "i",
            "open_ports": open_ports, "parts": parts, "settled": false, "next_step": null,
            "next_action": null, "established_flow_revocation": "unverified", "create_time": "2027-01-15T08:00:00Z",
        }))
        .unwrap()
    }

    fn part(name: &str, satisfied: bool, trouble: Option<&str>) -> Value {
        let trouble = trouble.map(|message| json!({"message": message, "next_action": null}));
        json!({"part": name, "phase": "ready", "desired": true, "satisfied": satisfied,
               "trouble": trouble})
    }

    #[test]
    fn each_hop_is_judged_by_its_own_parts() {
        let parts = json!([
            part("balancer", true, None),
            part("member:/x/n1", false, Some("the subnet is full")),
            part("attachment", false, None),
            part("admission:plc1", false, Some("not of the link's")),
        ]);
        let open = json!([{"component": "pg", "link_port": 5432, "backend_port": 5432,
                           "node_name": null}]);
        let drawn = hops("azure", &link(&parts, &open), &[], &["n1".to_owned()]);
        let shown: Vec<_> = drawn
            .iter()
            .map(|hop| (hop.title, hop.health, hop.word.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                ("Consumer network", Health::Wait, "nobody yet"),
                ("Endpoint", Health::Wait, "none active"),
                ("Entry", Health::Wait, "0 of 1 parts as wanted"),
                ("Rules", Health::Good, "in place"),
                ("Nodes", Health::Bad, "does not get on"),
            ]
        );
    }

    #[test]
    fn a_link_with_nothing_open_leads_nowhere() {
        let parts = json!([part("balancer", true, None)]);
        let drawn = hops("azure", &link(&parts, &json!([])), &[], &[]);
        assert_eq!(drawn[3].word, "no component is open");
        assert_eq!(drawn[4].word, "no node is registered");
    }
}
