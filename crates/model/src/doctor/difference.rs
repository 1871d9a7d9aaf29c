//! Differences between the desired objects of a link and those in its cloud.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::part::{AzurePart, AzureSpec, Desired, GooglePart, GoogleSpec, Part, Phase, Rule, Spec};
use crate::reconcile::Picture;

/// A part of a link that does not have its desired state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The part.
    pub part: Part,
    /// Its present state.
    pub kind: DifferenceKind,
}

/// The present state of a part that does not have its desired one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DifferenceKind {
    /// Confirmed before, and not shown by the cloud since.
    Missing {
        /// The first read that did not find it.
        since: Timestamp,
    },
    /// Exists with other properties; in words.
    Changed(String),
    /// The lists of accepted and rejected endpoints differ from the decisions (Google).
    AcceptList {
        /// Approved endpoints that are not accepted, by the provider's name of the connection.
        lacks: BTreeSet<String>,
    },
    /// The cloud does not keep what is written.
    NotKept {
        /// The writes so far.
        writes: u32,
    },
    /// The last step failed.
    Failing {
        /// The provider's or our own code.
        code: String,
        /// The attempt and the answer. Untrusted text.
        message: String,
        /// The action of the operator, if retries alone do not help.
        remedy: Option<String>,
        /// Failures in a row.
        attempts: u32,
    },
    /// The provider works on it.
    InProgress,
    /// It is read, and nothing about it is known yet.
    Unread,
    /// It does not exist yet.
    NotCreated,
}

impl Difference {
    /// Reports whether it is a fault, and no progress.
    pub const fn is_fault(&self) -> bool {
        match self.kind {
            DifferenceKind::Missing { .. }
            | DifferenceKind::Changed(_)
            | DifferenceKind::NotKept { .. }
            | DifferenceKind::Failing { .. } => true,
            DifferenceKind::AcceptList { .. }
            | DifferenceKind::InProgress
            | DifferenceKind::Unread
            | DifferenceKind::NotCreated => false,
        }
    }

    /// Reports whether it is about the decisions about connections alone.
    pub const fn is_of_decisions(&self) -> bool {
        matches!(self.kind, DifferenceKind::AcceptList { .. })
    }

    /// Reports whether it is about the rules of the cloud for open ports.
    pub const fn is_of_rules(&self) -> bool {
        match self.part {
            Part::Google(GooglePart::Allow | GooglePart::Deny) => true,
            Part::Azure(AzurePart::Balancer) => matches!(
                self.kind,
                DifferenceKind::Changed(_) | DifferenceKind::NotKept { .. }
            ),
            Part::Network
            | Part::Attachment
            | Part::Admission(_)
            | Part::Azure(_)
            | Part::Google(_) => false,
        }
    }
}

/// The differences of a link's own objects, in build order. Decisions about connections are not
/// among them.
pub fn differences(picture: &Picture) -> Vec<Difference> {
    let mut found = Vec::new();
    for (part, desired) in &picture.desired {
        let (Desired::Be(spec) | Desired::Await(spec)) = desired else {
            continue;
        };
        if !is_own_object(part) || picture.is_satisfied(part) {
            continue;
        }
        found.push(Difference {
            part: part.clone(),
            kind: kind(picture, part, spec),
        });
    }
    found
}

/// The number of a link's own objects.
pub(super) fn objects(picture: &Picture) -> usize {
    picture
        .desired
        .keys()
        .filter(|part| is_own_object(part))
        .count()
}

const fn is_own_object(part: &Part) -> bool {
    !matches!(part, Part::Admission(_)) && !part.is_of_network()
}

fn kind(picture: &Picture, part: &Part, desired: &Spec) -> DifferenceKind {
    let observed = &picture.observed;
    let seen = observed.parts.get(part);
    let phase = seen.map(|it| &it.phase);
    if let Some(Phase::Missing { since, .. }) = phase {
        return DifferenceKind::Missing { since: *since };
    }
    if let Some(written) = observed.repeated_writes.get(part)
        && written.is_not_kept()
    {
        return DifferenceKind::NotKept {
            writes: written.count,
        };
    }
    if let Some(failure) = observed.failures.get(part) {
        return DifferenceKind::Failing {
            code: failure.code.clone(),
            message: failure.message.clone(),
            remedy: failure.remedy.clone(),
            attempts: failure.attempts,
        };
    }
    match phase {
        None | Some(Phase::Gone) => DifferenceKind::NotCreated,
        Some(Phase::Unknown { .. } | Phase::Missing { .. }) => DifferenceKind::Unread,
        Some(Phase::Making { .. }) => DifferenceKind::InProgress,
        Some(Phase::Failed) => {
            DifferenceKind::Changed("is reported as failed by the cloud".to_owned())
        }
        Some(Phase::Ready | Phase::Awaited { .. }) => {
            let found = seen.and_then(|it| it.last.as_ref()).map(|it| &it.spec);
            accept_list(desired, found)
                .unwrap_or_else(|| DifferenceKind::Changed(change(desired, found)))
        }
    }
}

/// The difference of two attachments that have the same ranges.
fn accept_list(desired: &Spec, found: Option<&Spec>) -> Option<DifferenceKind> {
    match (desired, found) {
        (
            Spec::Google(GoogleSpec::ServiceAttachment { nat, accept, .. }),
            Some(Spec::Google(GoogleSpec::ServiceAttachment {
                nat: ranges,
                accept: accepted,
                ..
            })),
        ) if nat == ranges => Some(DifferenceKind::AcceptList {
            lacks: accept.difference(accepted).cloned().collect(),
        }),
        _ => None,
    }
}

/// The difference of two specs, as the predicate of a sentence about the part.
fn change(desired: &Spec, found: Option<&Spec>) -> String {
    let words = match (desired, found) {
        (
            Spec::Azure(AzureSpec::Balancer { rules, .. }),
            Some(Spec::Azure(AzureSpec::Balancer { rules: found, .. })),
        ) => rules_in_words(rules, found),
        (
            Spec::Google(GoogleSpec::Firewall { ports, .. }),
            Some(Spec::Google(GoogleSpec::Firewall { ports: found, .. })),
        ) => ports_in_words(ports, found),
        _ => None,
    };
    words.unwrap_or_else(|| "differs from the desired state".to_owned())
}

fn rules_in_words(desired: &BTreeSet<Rule>, found: &BTreeSet<Rule>) -> Option<String> {
    let by_name = |rules: &BTreeSet<Rule>| -> BTreeMap<String, Rule> {
        let named = rules.iter().map(|rule| (rule.name.clone(), rule.clone()));
        named.collect()
    };
    let (desired, found) = (by_name(desired), by_name(found));
    let names = |names: Vec<&String>| names.into_iter().map(|it| format!("`{it}`")).collect();
    let missing: Vec<_> = desired
        .keys()
        .filter(|it| !found.contains_key(*it))
        .collect();
    if !missing.is_empty() {
        let names: Vec<String> = names(missing);
        return Some(lacking("rule", &names));
    }
    let other: Vec<_> = desired
        .iter()
        .filter(|(name, rule)| found.get(*name) != Some(*rule))
        .map(|(name, _)| name)
        .collect();
    if !other.is_empty() {
        let names: Vec<String> = names(other);
        return Some(format!("has other ports in rule {}", names.join(", ")));
    }
    let further: Vec<_> = found
        .keys()
        .filter(|it| !desired.contains_key(*it))
        .collect();
    (!further.is_empty()).then(|| {
        let names: Vec<String> = names(further);
        format!("has rules that are not desired: {}", names.join(", "))
    })
}

fn ports_in_words(desired: &BTreeSet<u16>, found: &BTreeSet<u16>) -> Option<String> {
    let missing: Vec<_> = desired.difference(found).map(ToString::to_string).collect();
    if !missing.is_empty() {
        return Some(lacking("port", &missing));
    }
    let further: Vec<_> = found.difference(desired).map(ToString::to_string).collect();
    (!further.is_empty()).then(|| format!("has ports that are not desired: {}", further.join(", ")))
}

fn lacking(what: &str, missing: &[String]) -> String {
    let plural = if missing.len() == 1 { "" } else { "s" };
    format!("lacks the {what}{plural} {}", missing.join(", "))
}
