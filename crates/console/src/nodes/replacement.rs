//! Effects of a replacement of nodes and components: entries that it adds, changes and removes, and
//! connections whose flows it cuts.

use underpass_api_types::connection::ConnectionView;
use underpass_web::fingerprint::fingerprint;

use crate::rows::{ComponentRow, NodeRow, Rows};

/// Effects that a visitor agrees to before they happen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Replacement {
    /// Lines for the visitor.
    pub(super) lines: Vec<String>,
    /// True if a node or a component is changed or removed.
    replaces: bool,
    /// Connections that can carry flows.
    connections: Vec<String>,
}

impl Replacement {
    /// Compares the current rows with those of a form.
    pub(super) fn new(before: &Rows, after: &Rows, with_flows: &[ConnectionView]) -> Self {
        let mut it = Self {
            connections: with_flows
                .iter()
                .map(|one| one.privatelink_connection_id.clone())
                .collect(),
            ..Self::default()
        };
        it.compare_nodes(&before.nodes, &after.machines().collect::<Vec<_>>());
        let (listeners, desired): (Vec<_>, Vec<_>) =
            (before.listeners().collect(), after.listeners().collect());
        let is_in =
            |all: &[&ComponentRow], one: &ComponentRow| all.iter().any(|it| it.is_like(one));
        let added = desired.iter().filter(|one| !is_in(&listeners, one));
        it.add("Components added", added.map(|one| one.describe()));
        let removed = listeners.iter().filter(|one| !is_in(&desired, one));
        it.replaces |= it.add("Components removed", removed.map(|one| one.describe()));
        it
    }

    /// Reports whether the visitor is asked: a node that is only added cuts nothing.
    pub(super) const fn needs_consent(&self) -> bool {
        self.replaces
    }

    /// Fingerprint of what the visitor agrees to, to detect when it differs.
    pub(super) fn fingerprint(&self) -> String {
        let (lines, connections) = (self.lines.join("\n"), self.connections.join("\n"));
        fingerprint([lines.as_str(), "@", connections.as_str()])
    }

    fn compare_nodes(&mut self, before: &[NodeRow], after: &[&NodeRow]) {
        let shown = |node: &NodeRow| format!("{} ({})", node.name, node.address);
        let is_new = |node: &&&NodeRow| before.iter().all(|it| it.name != node.name);
        self.add(
            "Nodes added",
            after.iter().filter(is_new).map(|node| shown(node)),
        );
        let removed = before
            .iter()
            .filter(|node| after.iter().all(|it| it.name != node.name));
        self.replaces |= self.add("Nodes removed", removed.map(shown));
        let changed = after.iter().filter_map(|node| {
            let known = before.iter().find(|it| it.name == node.name)?;
            if known.address != node.address {
                let (was, is) = (&known.address, &node.address);
                return Some(format!("{} ({was} becomes {is})", node.name));
            }
            let moves = !known.machine.is_empty()
                && !node.machine.is_empty()
                && (&known.machine, &known.ip_configuration)
                    != (&node.machine, &node.ip_configuration);
            moves.then(|| format!("{} (another cloud resource)", node.name))
        });
        self.replaces |= self.add("Nodes changed", changed);
    }

    /// Adds a line about the entries, if there are any. Returns whether there are.
    fn add(&mut self, title: &str, entries: impl IntoIterator<Item = String>) -> bool {
        let shown: Vec<String> = entries.into_iter().collect();
        if shown.is_empty() {
            return false;
        }
        self.lines.push(format!("{title}: {}", shown.join(", ")));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, address: &str, machine: &str) -> NodeRow {
        NodeRow {
            name: name.to_owned(),
            address: address.to_owned(),
            machine: machine.to_owned(),
            ..NodeRow::default()
        }
    }

    fn component(name: &str, port: &str, usage: &str) -> ComponentRow {
        ComponentRow {
            used: true,
            component: name.to_owned(),
            port: port.to_owned(),
            usage: usage.to_owned(),
            ..ComponentRow::default()
        }
    }

    fn before() -> Rows {
        Rows {
            nodes: vec![node("n1", "10.0.0.4", "/a"), node("n2", "10.0.0.5", "")],
            components: vec![component("pg", "5432", "primary")],
        }
    }

    #[test]
    fn a_node_that_is_only_added_needs_no_consent() {
        let mut after = before();
        after.nodes.push(node("n3", "10.0.0.6", ""));
        after.nodes[1].machine = "/b".to_owned();
        after.components[0].usage = String::new();
        after.components[0].link_port = "5432".to_owned();
        let found = Replacement::new(&before(), &after, &[]);
        assert_eq!(found.lines, ["Nodes added: n3 (10.0.0.6)"]);
        assert!(!found.needs_consent());
    }

    #[test]
    fn replaced_nodes_and_components_are_named() {
        let after = Rows {
            nodes: vec![node("n1", "10.0.0.4", "/c"), node("n3", "10.0.0.5", "")],
            components: vec![component("pg", "5433", "")],
        };
        let found = Replacement::new(&before(), &after, &[]);
        insta::assert_snapshot!(found.lines.join("\n"), @r"
        Nodes added: n3 (10.0.0.5)
        Nodes removed: n2 (10.0.0.5)
        Nodes changed: n1 (another cloud resource)
        Components added: pg (port 5433)
        Components removed: pg (port 5432)
        ");
        assert!(found.needs_consent());
        let mut moved = before();
        moved.nodes[0].address = "10.0.0.9".to_owned();
        let other = Replacement::new(&before(), &moved, &[]);
        assert_eq!(
            other.lines,
            ["Nodes changed: n1 (10.0.0.4 becomes 10.0.0.9)"]
        );
        assert_ne!(found.fingerprint(), other.fingerprint());
    }
}
