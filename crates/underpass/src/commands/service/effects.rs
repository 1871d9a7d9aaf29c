//! Effects of a change of a service: nodes and components that it adds, changes and removes, and
//! components that it closes.

use std::fmt::Display;

use serde::Deserialize as _;
use serde_json::{Map, Value};

use crate::compatible::service::{Component, Node, Service};

/// Option that opens listeners with a certificate of another CA on links.
const OTHER_CA_ON_LINKS: &str = "letsencrypt_sasl_privatelink";

/// Effects of a change that a user should see before it happens.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Effects {
    /// Lines for the user.
    pub(super) lines: Vec<String>,
    /// True if a node or a component is changed or removed.
    pub(super) replaces: bool,
    /// True if a component is closed on links.
    pub(super) closes: bool,
}

impl Effects {
    /// Compares a service with the body of a change.
    pub(super) fn new(service: &Service, body: &Map<String, Value>) -> Self {
        let mut effects = Self::default();
        let registration = body.get("underpass");
        if let Some(nodes) = entries(registration, "nodes") {
            effects.compare_nodes(&service.underpass.nodes, &nodes);
        }
        if let Some(components) = entries(registration, "components") {
            effects.compare_components(&service.underpass.components, &components);
        }
        if let Some(Value::Object(options)) = body.get("user_config") {
            effects.compare_options(&service.user_config, options);
        }
        effects
    }

    fn compare_nodes(&mut self, before: &[Node], after: &[Node]) {
        let find = |nodes: &[Node], name: &str| nodes.iter().position(|node| node.name == name);
        let shown = |node: &Node| format!("{} ({})", node.name, node.address);
        let added = after
            .iter()
            .filter(|node| find(before, &node.name).is_none());
        self.add("Nodes added", added.map(shown));
        let removed = before
            .iter()
            .filter(|node| find(after, &node.name).is_none());
        self.replaces |= self.add("Nodes removed", removed.map(shown));
        let changed = after.iter().filter_map(|node| {
            let known = before.get(find(before, &node.name)?)?;
            if known.address != node.address {
                return Some(format!(
                    "{} ({} becomes {})",
                    node.name, known.address, node.address
                ));
            }
            let moves = known.cloud.is_some() && node.cloud.is_some() && known.cloud != node.cloud;
            moves.then(|| format!("{} (another cloud resource)", node.name))
        });
        self.replaces |= self.add("Nodes changed", changed);
    }

    fn compare_components(&mut self, before: &[Component], after: &[Component]) {
        let added = after.iter().filter(|one| !before.contains(one));
        self.add("Components added", added);
        let removed = before.iter().filter(|one| !after.contains(one));
        self.replaces |= self.add("Components removed", removed);
    }

    fn compare_options(&mut self, before: &Map<String, Value>, change: &Map<String, Value>) {
        let access = change.get("privatelink_access");
        let switches = before.get("privatelink_access").and_then(Value::as_object);
        let open = switches.into_iter().flatten().filter(|(_, on)| is_on(on));
        let closed = open.map(|(component, _)| component).filter(|component| {
            let switch = access.map(|access| access.get(component.as_str()));
            // Null in the place of all switches removes each of them.
            switch
                .is_some_and(|switch| switch.map_or(access == Some(&Value::Null), |it| !is_on(it)))
        });
        self.closes |= self.add("Components closed on the private link", closed);
        let was_on = before.get(OTHER_CA_ON_LINKS).is_some_and(is_on);
        let is_switched_off = change.get(OTHER_CA_ON_LINKS).is_some_and(|it| !is_on(it));
        let switched_off = (was_on && is_switched_off).then_some(OTHER_CA_ON_LINKS);
        self.closes |= self.add("Options that close listeners", switched_off);
    }

    /// Adds a line about the entries, if there are any. Returns whether there are.
    fn add(&mut self, title: &str, entries: impl IntoIterator<Item: Display>) -> bool {
        let shown: Vec<String> = entries.into_iter().map(|it| it.to_string()).collect();
        if shown.is_empty() {
            return false;
        }
        self.lines.push(format!("{title}: {}", shown.join(", ")));
        true
    }
}

fn is_on(switch: &Value) -> bool {
    switch.as_bool() == Some(true)
}

/// Returns the entries of a list in a registration, if it has the list.
fn entries<T: for<'de> serde::Deserialize<'de>>(
    registration: Option<&Value>,
    name: &str,
) -> Option<Vec<T>> {
    Vec::deserialize(registration?.get(name)?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn service() -> Service {
        let service = json!({
            "service_name": "pg-1", "service_type": "pg", "state": "RUNNING",
            "cloud_name": "azure-westeurope",
            "user_config": { "privatelink_access": { "pg": true, "pgbouncer": false } },
            "underpass": {
                "nodes": [
                    { "name": "n1", "address": "10.0.0.4", "cloud": { "azure": { "nic_id": "/a" } } },
                    { "name": "n2", "address": "10.0.0.5" },
                ],
                "components": [{ "component": "pg", "port": 5432, "link_port": 5432 }],
            } });
        serde_json::from_value(service).unwrap()
    }

    fn effects(body: &Value) -> (String, bool, bool) {
        let effects = Effects::new(&service(), body.as_object().unwrap());
        (effects.lines.join("\n"), effects.replaces, effects.closes)
    }

    #[test]
    fn a_node_that_is_only_added_needs_no_consent() {
        let nodes = json!({ "underpass": { "nodes": [
            { "name": "n1", "address": "10.0.0.4" }, { "name": "n2", "address": "10.0.0.5" },
            { "name": "n3", "address": "10.0.0.6" } ] } });
        assert_eq!(
            effects(&nodes),
            ("Nodes added: n3 (10.0.0.6)".to_owned(), false, false)
        );
    }

    #[test]
    fn replaced_nodes_and_components_are_named() {
        let change = json!({ "underpass": {
            "nodes": [{ "name": "n1", "address": "10.0.0.9" }, { "name": "n3", "address": "10.0.0.6" }],
            "components": [{ "component": "pg", "port": 5433 }, { "component": "pgbouncer", "port": 6432 }],
        } });
        let (lines, replaces, _) = effects(&change);
        insta::assert_snapshot!(lines, @r"
        Nodes added: n3 (10.0.0.6)
        Nodes removed: n2 (10.0.0.5)
        Nodes changed: n1 (10.0.0.4 becomes 10.0.0.9)
        Components added: pg (port 5433), pgbouncer (port 6432)
        Components removed: pg (port 5432)
        ");
        assert!(replaces);
        let moved = json!({ "underpass": { "nodes": [
            { "name": "n1", "address": "10.0.0.4", "cloud": { "azure": { "nic_id": "/b" } } },
            { "name": "n2", "address": "10.0.0.5" } ] } });
        assert_eq!(
            effects(&moved),
            (
                "Nodes changed: n1 (another cloud resource)".to_owned(),
                true,
                false
            )
        );
        let same = json!({ "underpass": { "components": [{ "component": "pg", "port": 5432, "usage": "primary" }] } });
        assert_eq!(effects(&same), (String::new(), false, false));
    }

    #[test]
    fn a_closed_component_is_named_however_it_is_closed() {
        for access in [json!({ "pg": false }), json!({ "pg": null }), json!(null)] {
            let (lines, _, closes) =
                effects(&json!({ "user_config": { "privatelink_access": access } }));
            assert_eq!(lines, "Components closed on the private link: pg");
            assert!(closes);
        }
        for options in [
            json!({ "privatelink_access": { "pgbouncer": false } }),
            json!({ "privatelink_access": { "pg": true } }),
            json!({ "static_ips": false }),
        ] {
            let change = json!({ "user_config": options });
            assert_eq!(effects(&change), (String::new(), false, false));
        }
    }
}
