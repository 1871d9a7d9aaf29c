//! How an object of the cloud differs from its desired properties.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::part::{AzureSpec, GoogleSpec, Rule, Spec};

/// An object that exists with other properties than desired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The differing properties.
    pub kind: ChangeKind,
    /// The last write of the desired properties, if the read may show the state before it. The difference
    /// is a fault only if the object is written once more.
    pub doubtful_since: Option<Timestamp>,
}

/// The differing properties of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// Rules of a load balancer, by name.
    Rules(Deviating<String>),
    /// Ports of the nodes that a firewall rule allows.
    Ports(Deviating<u16>),
    /// The cloud reports the object as failed.
    Failed,
    /// Other properties.
    Other,
}

/// Elements of a set that differ from the desired ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deviating<T> {
    /// Desired and not there.
    pub missing: BTreeSet<T>,
    /// There with other properties.
    pub other: BTreeSet<T>,
    /// There and not desired.
    pub further: BTreeSet<T>,
}

// === impl ChangeKind ===

impl ChangeKind {
    /// The difference of what is found from what is desired.
    pub(super) fn of(desired: &Spec, found: Option<&Spec>) -> Self {
        let kind = match (desired, found) {
            (
                Spec::Azure(AzureSpec::Balancer { rules, .. }),
                Some(Spec::Azure(AzureSpec::Balancer { rules: found, .. })),
            ) => Self::Rules(deviating_rules(rules, found)),
            (
                Spec::Google(GoogleSpec::Firewall { ports, .. }),
                Some(Spec::Google(GoogleSpec::Firewall { ports: found, .. })),
            ) => Self::Ports(Deviating {
                missing: ports.difference(found).copied().collect(),
                other: BTreeSet::new(),
                further: found.difference(ports).copied().collect(),
            }),
            _ => Self::Other,
        };
        if kind.is_empty() { Self::Other } else { kind }
    }

    /// The part of the difference that the path of one component meets, which has these rules. What is
    /// there and not desired breaks the path of no component.
    pub(super) fn of_component(&self, checked: &[&Rule]) -> Option<Self> {
        let kind = match self {
            Self::Rules(rules) => {
                Self::Rules(rules.among(|name| checked.iter().any(|rule| rule.name == *name)))
            }
            Self::Ports(ports) => Self::Ports(
                ports.among(|port| checked.iter().any(|rule| rule.backend_port == *port)),
            ),
            Self::Failed | Self::Other => return Some(self.clone()),
        };
        (!kind.is_empty()).then_some(kind)
    }

    /// The difference as the predicate of a sentence about the object.
    pub(super) fn predicate(&self) -> String {
        match self {
            Self::Rules(rules) => rules.predicate("rule", |name| format!("`{name}`")),
            Self::Ports(ports) => ports.predicate("port", ToString::to_string),
            Self::Failed => "is reported as failed by the cloud".to_owned(),
            Self::Other => "differs from the desired state".to_owned(),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Rules(rules) => rules.is_empty(),
            Self::Ports(ports) => ports.is_empty(),
            Self::Failed | Self::Other => false,
        }
    }
}

fn deviating_rules(desired: &BTreeSet<Rule>, found: &BTreeSet<Rule>) -> Deviating<String> {
    let by_name = |rules: &BTreeSet<Rule>| -> BTreeMap<String, Rule> {
        let named = rules.iter().map(|rule| (rule.name.clone(), rule.clone()));
        named.collect()
    };
    let (desired, found) = (by_name(desired), by_name(found));
    let mut deviating = Deviating::default();
    for (name, rule) in &desired {
        match found.get(name) {
            None => _ = deviating.missing.insert(name.clone()),
            Some(other) if other != rule => _ = deviating.other.insert(name.clone()),
            Some(_) => {}
        }
    }
    let further = found.into_keys().filter(|name| !desired.contains_key(name));
    deviating.further = further.collect();
    deviating
}

// === impl Deviating ===

impl<T: Ord + Clone> Deviating<T> {
    fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.other.is_empty() && self.further.is_empty()
    }

    /// The missing and other elements for which a question is answered with yes.
    fn among(&self, is_meant: impl Fn(&T) -> bool) -> Self {
        let those = |all: &BTreeSet<T>| all.iter().filter(|it| is_meant(it)).cloned().collect();
        Self {
            missing: those(&self.missing),
            other: those(&self.other),
            further: BTreeSet::new(),
        }
    }

    /// Names what matters most: the missing elements, then those with other properties, then those that
    /// are not desired.
    fn predicate(&self, what: &str, name: impl Fn(&T) -> String) -> String {
        let names = |of: &BTreeSet<T>| of.iter().map(&name).collect::<Vec<_>>().join(", ");
        if !self.missing.is_empty() {
            let plural = if self.missing.len() == 1 { "" } else { "s" };
            return format!("lacks the {what}{plural} {}", names(&self.missing));
        }
        if !self.other.is_empty() {
            return format!("has other ports in {what} {}", names(&self.other));
        }
        format!("has {what}s that are not desired: {}", names(&self.further))
    }
}
