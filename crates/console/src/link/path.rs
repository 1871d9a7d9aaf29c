//! Path of a link as a drawing: hops from the consumers' networks to the nodes.

use underpass_api_types::connection::ConnectionView;
use underpass_api_types::link::{LinkView, OpenPort};
use underpass_api_types::part::PartView;
use underpass_model::backend_health::BackendStatus;

/// A hop of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hop {
    /// Title.
    pub(super) title: &'static str,
    /// Status.
    pub(super) status: HopStatus,
    /// Status in words.
    pub(super) status_text: String,
    /// Objects at this hop.
    pub(super) lines: Vec<String>,
}

/// Status of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HopStatus {
    /// Ready.
    Good,
    /// In place, and not checked.
    Unchecked,
    /// Waiting for a decision or for the provider.
    Wait,
    /// Failed; it needs an operator.
    Bad,
}

impl HopStatus {
    /// CSS class.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "hop-good",
            Self::Unchecked => "hop-unchecked",
            Self::Wait => "hop-wait",
            Self::Bad => "hop-bad",
        }
    }
}

/// Hop that a part of a link belongs to; decisions about connections belong to none.
fn hop_of(part: &str) -> Option<&'static str> {
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

/// Hops of a link, the consumers' first.
pub(super) fn hops(
    provider: &str,
    link: &LinkView,
    connections: &[ConnectionView],
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

fn consumers(connections: &[ConnectionView]) -> Hop {
    let active = connections.iter().filter(|it| it.is_active()).count();
    let waiting = connections.iter().filter(|it| it.is_undecided()).count();
    let (status, status_text) = match (active, waiting) {
        (_, 1..) => (HopStatus::Wait, "waiting for a decision".to_owned()),
        (1.., 0) => (HopStatus::Good, "connected".to_owned()),
        (0, 0) => (HopStatus::Wait, "no connections".to_owned()),
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
        status,
        status_text,
        lines,
    }
}

fn endpoints(connections: &[ConnectionView]) -> Hop {
    let approved: Vec<_> = connections.iter().filter(|it| it.is_approved()).collect();
    let broken = approved
        .iter()
        .any(|it| it.failure.is_some() || it.reason.is_some());
    let lacks_address = approved.iter().any(|it| it.user_ip_address.is_none());
    let (status, status_text) = if broken {
        (HopStatus::Bad, "needs attention")
    } else if lacks_address {
        (HopStatus::Wait, "address missing")
    } else if approved.iter().any(|it| it.is_active()) {
        (HopStatus::Good, "resolved by name")
    } else {
        (HopStatus::Wait, "none active")
    };
    let lines = approved
        .iter()
        .filter_map(|it| Some(it.user_ip_address?.to_string()))
        .take(MOST_LINES)
        .collect();
    Hop {
        title: "Endpoint",
        status,
        status_text: status_text.to_owned(),
        lines,
    }
}

/// Lines shown in one hop: 4; the lists of the page show all.
const MOST_LINES: usize = 4;

fn entry(provider: &str, link: &LinkView) -> Hop {
    let kind = match provider {
        "azure" => "Private Link service",
        "google" => "Service attachment",
        _ => "Published service",
    };
    let (status, status_text) = evaluate(link, ENTRY);
    Hop {
        title: ENTRY,
        status,
        status_text,
        lines: vec![kind.to_owned()],
    }
}

fn rules(link: &LinkView) -> Hop {
    let (status, status_text) = if link.open_ports.is_empty() {
        (HopStatus::Bad, "no component is open".to_owned())
    } else {
        evaluate(link, RULES)
    };
    let shown = |port: &OpenPort| format!("{} {}", port.component, port.link_port);
    Hop {
        title: RULES,
        status,
        status_text,
        lines: link.open_ports.iter().take(MOST_LINES).map(shown).collect(),
    }
}

fn servers(link: &LinkView, nodes: &[String]) -> Hop {
    let (status, status_text) = if nodes.is_empty() {
        (HopStatus::Bad, "no node is registered".to_owned())
    } else {
        match evaluate(link, NODES) {
            (HopStatus::Good, _) => checked(link),
            other => other,
        }
    };
    let unhealthy = link
        .backends
        .iter()
        .filter(|it| it.health == BackendStatus::Unhealthy)
        .map(|it| format!("{} port {} is down", it.node_name, it.port));
    let lines = unhealthy.chain(nodes.iter().cloned());
    Hop {
        title: NODES,
        status,
        status_text,
        lines: lines.take(MOST_LINES).collect(),
    }
}

/// Status of nodes whose parts are ready, by the cloud's health probes.
fn checked(link: &LinkView) -> (HopStatus, String) {
    let count = |health| {
        link.backends
            .iter()
            .filter(|it| it.health == health)
            .count()
    };
    let (healthy, unhealthy) = (
        count(BackendStatus::Healthy),
        count(BackendStatus::Unhealthy),
    );
    match (healthy, unhealthy) {
        (0, 0) => (HopStatus::Unchecked, "in place, not checked".to_owned()),
        (0, _) => (HopStatus::Bad, "all backends are down".to_owned()),
        (_, 0) => (HopStatus::Good, "healthy".to_owned()),
        (_, _) => {
            let all = healthy + unhealthy;
            (
                HopStatus::Bad,
                format!("{unhealthy} of {all} backends are down"),
            )
        }
    }
}

/// Status of the parts of a hop.
fn evaluate(link: &LinkView, hop: &str) -> (HopStatus, String) {
    let parts = || {
        link.parts
            .iter()
            .filter(|part| hop_of(&part.part) == Some(hop))
    };
    let worst = parts().map(status).max();
    match worst {
        None if link.is_deleting() => (HopStatus::Wait, "deleted".to_owned()),
        None => (HopStatus::Wait, "not created yet".to_owned()),
        Some(HopStatus::Good | HopStatus::Unchecked) => (HopStatus::Good, "ready".to_owned()),
        Some(HopStatus::Bad) => (HopStatus::Bad, "failed".to_owned()),
        Some(HopStatus::Wait) => {
            let ready = parts().filter(|part| part.satisfied).count();
            let all = parts().count();
            (HopStatus::Wait, format!("{ready} of {all} parts ready"))
        }
    }
}

fn status(part: &PartView) -> HopStatus {
    if part.satisfied {
        HopStatus::Good
    } else if part.failure.is_some() {
        HopStatus::Bad
    } else {
        HopStatus::Wait
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn link(parts: &Value, open_ports: &Value) -> LinkView {
        serde_json::from_value(json!({
            "state": "active", "generation": 1, "topology": "direct",
            "established_flow_revocation": "unverified", "azure_service_alias": "a",
            "azure_service_id": "i", "user_subscription_ids": [], "open_ports": open_ports,
            "reserved_ports": {}, "parts": parts, "settled": false, "next_step": null,
            "conditions": [], "next_action": null, "create_time": "2027-01-15T08:00:00Z",
            "update_time": "2027-01-15T08:00:00Z",
        }))
        .unwrap()
    }

    fn part(name: &str, satisfied: bool, failure: Option<&str>) -> Value {
        let time = "2027-01-15T08:00:00Z";
        let failure = failure.map(|message| {
            json!({"attempts": 1, "code": "Conflict", "message": message, "next_action": null,
                   "part": name, "retry_at": time, "since": time})
        });
        json!({"part": name, "phase": "ready", "desired": true, "satisfied": satisfied,
               "since": null, "failure": failure})
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
            .map(|hop| (hop.title, hop.status, hop.status_text.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                ("Consumer network", HopStatus::Wait, "no connections"),
                ("Endpoint", HopStatus::Wait, "none active"),
                ("Entry", HopStatus::Wait, "0 of 1 parts ready"),
                ("Rules", HopStatus::Good, "ready"),
                ("Nodes", HopStatus::Bad, "failed"),
            ]
        );
    }

    #[test]
    fn nodes_are_good_only_if_they_were_checked() {
        let parts = json!([part("member:/x/n1", true, None)]);
        let open = json!([{"component": "pg", "link_port": 5432, "backend_port": 5432}]);
        let mut link = link(&parts, &open);
        let backend = |node: &str, health: &str| {
            serde_json::from_value(json!({"node_name": node, "component": "pg", "port": 5432,
                "health": health, "since": null, "checked_at": null, "reason": null}))
            .unwrap()
        };
        let nodes = ["n1".to_owned(), "n2".to_owned()];
        for (backends, status, text) in [
            (
                ["not_checked"; 2],
                HopStatus::Unchecked,
                "in place, not checked",
            ),
            (["healthy", "not_checked"], HopStatus::Good, "healthy"),
            (
                ["healthy", "unhealthy"],
                HopStatus::Bad,
                "1 of 2 backends are down",
            ),
            (["unhealthy"; 2], HopStatus::Bad, "all backends are down"),
        ] {
            link.backends = vec![backend("n1", backends[0]), backend("n2", backends[1])];
            let hop = hops("azure", &link, &[], &nodes).pop().unwrap();
            assert_eq!((hop.status, hop.status_text.as_str()), (status, text));
            let is_down = hop.lines.contains(&"n2 port 5432 is down".to_owned());
            assert_eq!(is_down, backends[1] == "unhealthy");
        }
    }

    #[test]
    fn a_link_with_nothing_open_leads_nowhere() {
        let parts = json!([part("balancer", true, None)]);
        let drawn = hops("azure", &link(&parts, &json!([])), &[], &[]);
        assert_eq!(drawn[3].status_text, "no component is open");
        assert_eq!(drawn[4].status_text, "no node is registered");
    }
}
