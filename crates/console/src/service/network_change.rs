//! Effect of a change of the options on the links of a service: opened and closed components, and
//! the connections that are cut.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use underpass_api_types::compatible_service::CompatibleService;
use underpass_web::fingerprint::fingerprint;

use crate::load::ServiceLink;
use crate::service_components::{ServiceComponents as _, is_listener_open};

/// Effect of a change on the components of a service.
#[derive(Debug, Clone, Default)]
pub(super) struct NetworkChange {
    pub(super) opened: Vec<Component>,
    pub(super) closed: Vec<Component>,
    /// Components that stay open.
    pub(super) unchanged: Vec<Component>,
    /// Connections that can carry flows, each with its label.
    pub(super) connections: Vec<(String, Option<String>)>,
    /// True if established flows are known to end immediately.
    pub(super) ends_flows: bool,
    /// Every changed option, as in the command line.
    pub(super) assignments: Vec<Assignment>,
}

/// A component with its ports on links.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) name: String,
    pub(super) ports: Vec<u16>,
}

/// An option with its new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Assignment {
    /// New value.
    Set(String, String),
    /// Removed.
    Remove(String),
}

impl NetworkChange {
    pub(super) fn new(
        service: &CompatibleService,
        links: &[ServiceLink],
        change: &Map<String, Value>,
    ) -> Self {
        let mut it = Self {
            connections: links
                .iter()
                .flat_map(ServiceLink::with_flows)
                .map(|one| (one.privatelink_connection_id.clone(), one.label.clone()))
                .collect(),
            ends_flows: links.iter().all(|it| it.link.ends_flows()),
            ..Self::default()
        };
        assign("", change, &mut it.assignments);
        let (before, after) = (&service.user_config, merged(&service.user_config, change));
        for listener in &service.underpass.components {
            let found = match (
                is_listener_open(listener, before),
                is_listener_open(listener, &after),
            ) {
                (false, true) => &mut it.opened,
                (true, false) => &mut it.closed,
                (true, true) => &mut it.unchanged,
                (false, false) => continue,
            };
            add(found, &listener.component, Some(listener.link_port));
        }
        for name in switched_on(&after).difference(&switched_on(before)) {
            if service.listeners(name).next().is_none() {
                add(&mut it.opened, name, None);
            }
        }
        for name in switched_on(before).difference(&switched_on(&after)) {
            if service.listeners(name).next().is_none() {
                add(&mut it.closed, name, None);
            }
        }
        it
    }

    /// Components whose flows end.
    pub(super) fn cut(&self) -> Vec<&Component> {
        let cuts = |component: &&Component| !component.ports.is_empty();
        if self.connections.is_empty() {
            return Vec::new();
        }
        self.closed.iter().filter(cuts).collect()
    }

    /// Fingerprint of the cut that the visitor agrees to, to detect when it differs.
    pub(super) fn cut_fingerprint(&self) -> String {
        let components: Vec<_> = self.cut().iter().map(|it| it.name.as_str()).collect();
        let connections: Vec<_> = self.connections.iter().map(|(id, _)| id.as_str()).collect();
        fingerprint([
            components.join(",").as_str(),
            "@",
            connections.join(",").as_str(),
        ])
    }

    /// Message about the change.
    pub(super) fn describe(&self, links: &[ServiceLink]) -> String {
        let mut sentences = vec!["Saved".to_owned()];
        if !self.opened.is_empty() {
            let place = if links.is_empty() {
                "open once the service has a private link"
            } else {
                "open on the private link"
            };
            sentences.push(format!("{place}: {}", list(&self.opened)));
        }
        if !self.closed.is_empty() {
            sentences.push(format!(
                "no longer open on the private link: {}",
                list(&self.closed)
            ));
        }
        let others: Vec<_> = self
            .assignments
            .iter()
            .filter(|it| !it.key().starts_with("privatelink_access"))
            .map(Assignment::describe)
            .collect();
        if !others.is_empty() {
            sentences.push(others.join(", "));
        }
        sentences.join("; ")
    }

    /// Flags of the command line for the change.
    pub(super) fn flags(&self) -> Vec<String> {
        let all = self.assignments.iter();
        all.flat_map(|it| match it {
            Assignment::Set(key, value) => ["-c".to_owned(), format!("{key}={value}")],
            Assignment::Remove(key) => ["--remove-option".to_owned(), key.clone()],
        })
        .collect()
    }
}

/// Components as text.
pub(super) fn list(components: &[Component]) -> String {
    let all: Vec<_> = components.iter().map(Component::describe).collect();
    all.join(", ")
}

/// Adds a port of a component, or the component.
fn add(components: &mut Vec<Component>, name: &str, port: Option<u16>) {
    match components.iter_mut().find(|it| it.name == name) {
        Some(component) => component.ports.extend(port),
        None => components.push(Component {
            name: name.to_owned(),
            ports: port.into_iter().collect(),
        }),
    }
}

/// Components whose switch is on, registered or not.
fn switched_on(config: &Map<String, Value>) -> BTreeSet<&str> {
    let access = config.get("privatelink_access").and_then(Value::as_object);
    let switches = access.into_iter().flatten();
    let on = switches.filter(|(_, value)| value.as_bool() == Some(true));
    on.map(|(name, _)| name.as_str()).collect()
}

/// Options after the change.
fn merged(config: &Map<String, Value>, change: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = config.clone();
    for (key, value) in change {
        match (merged.get_mut(key), value) {
            (_, Value::Null) => {
                merged.remove(key);
            }
            (Some(Value::Object(existing)), Value::Object(inner)) => {
                *existing = self::merged(existing, inner);
            }
            (_, value) => {
                merged.insert(key.clone(), value.clone());
            }
        }
    }
    merged
}

/// Splits a change into one assignment per option.
fn assign(prefix: &str, change: &Map<String, Value>, found: &mut Vec<Assignment>) {
    for (name, value) in change {
        let key = format!("{prefix}{name}");
        match value {
            Value::Object(below) => assign(&format!("{key}."), below, found),
            Value::Null => found.push(Assignment::Remove(key)),
            Value::String(text) => found.push(Assignment::Set(key, text.clone())),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                found.push(Assignment::Set(key, value.to_string()));
            }
        }
    }
}

impl Component {
    /// For instance `pg (link port 5432)`.
    pub(super) fn describe(&self) -> String {
        let ports: Vec<_> = self.ports.iter().map(u16::to_string).collect();
        match ports.as_slice() {
            [] => format!("{} (once it is registered)", self.name),
            [port] => format!("{} (link port {port})", self.name),
            _ => format!("{} (link ports {})", self.name, ports.join(", ")),
        }
    }
}

impl Assignment {
    fn key(&self) -> &str {
        match self {
            Self::Set(key, _) | Self::Remove(key) => key,
        }
    }

    /// Text for the visitor.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Set(key, value) => format!("{key} = {value}"),
            Self::Remove(key) => format!("{key} removed"),
        }
    }
}

#[cfg(test)]
mod tests;
