//! Writes that a plan contains, with what each opens and cuts: shown before a person lets an account
//! that was on hold go on.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use crate::part::{
    Admission, AzurePart, AzureSpec, Confirmed, Desired, Facts, GooglePart, GoogleSpec,
    ObservedPart, Part, Phase, Rule, Spec,
};
use crate::plan::plan;
use crate::reconcile::{Picture, Step};

/// The kind of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteAction {
    /// Makes a part that the cloud does not have: it was deleted, lost or never made.
    Create,
    /// Changes a part.
    Update,
    /// Deletes a part.
    Delete,
}

/// A write to a cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedWrite {
    /// The part.
    pub part: Part,
    /// The kind.
    pub action: WriteAction,
    /// The components, ports, nodes, subscriptions and connections that it adds.
    pub adds: Vec<String>,
    /// Those that it removes; their flows end.
    pub cuts: Vec<String>,
}

/// Returns whether the cloud was read for every part, so that [`writes`] lacks none.
///
/// A part that a listing or a read did not find counts as read.
pub fn is_read(picture: &Picture) -> bool {
    let observed = &picture.observed.parts;
    let mut desired = picture.desired.iter();
    let is_known = |(part, desired): (&Part, &Desired)| {
        *desired == Desired::Leave || observed.contains_key(part)
    };
    let is_settled = |seen: &ObservedPart| match seen.phase {
        Phase::Unknown { .. } | Phase::Making { .. } => false,
        Phase::Gone
        | Phase::Ready
        | Phase::Awaited { .. }
        | Phase::Failed
        | Phase::Missing { .. } => true,
    };
    desired.all(is_known) && observed.values().all(is_settled)
}

/// Returns the writes until nothing is left to do, in order.
///
/// A part that was not found counts as absent, and one that was not read yet as it is desired.
pub fn writes(picture: &Picture, now: Timestamp) -> Vec<PlannedWrite> {
    let assumed = assumed(picture);
    let mut planned: Vec<PlannedWrite> = Vec::new();
    for step in plan(assumed.clone(), now) {
        if planned.iter().any(|write| write.part == *step.part()) {
            continue;
        }
        let is_there = !assumed.observed.is_gone(step.part());
        let last = assumed.observed.last(step.part()).map(|last| &last.spec);
        match step {
            Step::Put { part, spec, .. } => {
                let (adds, cuts) = differences(&part, last, &spec);
                planned.push(PlannedWrite {
                    action: if is_there {
                        WriteAction::Update
                    } else {
                        WriteAction::Create
                    },
                    part,
                    adds,
                    cuts,
                });
            }
            Step::Delete(part) => planned.push(PlannedWrite {
                action: WriteAction::Delete,
                adds: Vec::new(),
                cuts: if carries_flows(&part) {
                    vec![part.display_name()]
                } else {
                    Vec::new()
                },
                part,
            }),
            Step::Read(_) | Step::Survey(_) | Step::Poll { .. } => {}
        }
    }
    planned
}

/// Returns the picture as the cloud is assumed to be.
fn assumed(picture: &Picture) -> Picture {
    let mut assumed = picture.clone();
    let observed = &mut assumed.observed;
    observed.failures.clear();
    observed.repeated_writes.clear();
    for seen in observed.parts.values_mut() {
        if matches!(seen.phase, Phase::Missing { .. }) {
            *seen = ObservedPart {
                phase: Phase::Gone,
                last: None,
            };
        }
    }
    // Connections end with their attachment.
    if observed.parts.contains_key(&Part::Attachment) && observed.is_gone(&Part::Attachment) {
        let stays = |part: &Part| !matches!(part, Part::Admission(_));
        observed.parts.retain(|part, _| stays(part));
        assumed.desired.retain(|part, _| stays(part));
    }
    for (part, desired) in &assumed.desired {
        let (Desired::Be(spec) | Desired::Await(spec)) = desired else {
            continue;
        };
        let seen = observed.parts.get(part);
        let is_unread = seen
            .is_none_or(|seen| matches!(seen.phase, Phase::Unknown { .. }) && seen.last.is_none());
        if is_unread {
            let last = Confirmed {
                spec: spec.clone(),
                tag: Some(String::new()),
                facts: Facts::default(),
            };
            let ready = ObservedPart {
                phase: Phase::Ready,
                last: Some(last),
            };
            observed.parts.insert(part.clone(), ready);
        }
    }
    assumed
}

/// Returns whether flows go through a part, so that they end with it.
fn carries_flows(part: &Part) -> bool {
    match part {
        Part::Attachment | Part::Admission(_) | Part::Azure(AzurePart::Member(_)) => true,
        Part::Network
        | Part::Azure(
            AzurePart::Group | AzurePart::NatPolicy | AzurePart::Address | AzurePart::Balancer,
        ) => false,
        Part::Google(part) => matches!(part, GooglePart::Endpoints(_) | GooglePart::Allow),
    }
}

/// Returns what a change of a part adds and cuts.
fn differences(part: &Part, last: Option<&Spec>, spec: &Spec) -> (Vec<String>, Vec<String>) {
    let mut changes = Changes::default();
    match (last, spec) {
        (_, Spec::Azure(AzureSpec::Balancer { rules, pools })) => {
            let (before, before_pools) = match last {
                Some(Spec::Azure(AzureSpec::Balancer { rules, pools })) => (rules, pools),
                _ => (&BTreeSet::new(), &BTreeSet::new()),
            };
            changes.compare(before, rules, |rule: &Rule| {
                format!("{} on port {}", rule.name, rule.link_port)
            });
            changes.compare(before_pools, pools, |node| format!("pool of node {node}"));
        }
        (_, Spec::Azure(AzureSpec::Attachment { visibility })) => {
            let before = match last {
                Some(Spec::Azure(AzureSpec::Attachment { visibility })) => visibility,
                _ => &BTreeSet::new(),
            };
            changes.compare(before, visibility, |it| format!("subscription {it}"));
        }
        (_, Spec::Google(spec)) => {
            changes.compare_google(last.and_then(Spec::google), spec);
        }
        (before, Spec::Admission(after)) => {
            let was_approved = before == Some(&Spec::Admission(Admission::Approved));
            match after {
                Admission::Approved => changes.adds.push(part.display_name()),
                Admission::Rejected if was_approved => changes.cuts.push(part.display_name()),
                Admission::Rejected
                | Admission::Pending
                | Admission::NeedsAttention
                | Admission::Disconnected => {}
            }
        }
        (None, _) if carries_flows(part) => changes.adds.push(part.display_name()),
        (_, Spec::Present | Spec::Azure(AzureSpec::Network { .. } | AzureSpec::Member { .. })) => {}
    }
    (changes.adds, changes.cuts)
}

#[derive(Default)]
struct Changes {
    adds: Vec<String>,
    cuts: Vec<String>,
}

impl Changes {
    fn compare<T: Ord>(
        &mut self,
        before: &BTreeSet<T>,
        after: &BTreeSet<T>,
        text: impl Fn(&T) -> String,
    ) {
        self.adds.extend(after.difference(before).map(&text));
        self.cuts.extend(before.difference(after).map(&text));
    }

    fn compare_google(&mut self, last: Option<&GoogleSpec>, spec: &GoogleSpec) {
        match (last, spec) {
            (last, GoogleSpec::Firewall { sources, ports }) => {
                let (before_sources, before) = match last {
                    Some(GoogleSpec::Firewall { sources, ports }) => (sources, ports),
                    _ => (&BTreeSet::new(), &BTreeSet::new()),
                };
                self.compare(before, ports, |port| format!("port {port}"));
                self.compare(before_sources, sources, |it| format!("source {it}"));
            }
            (
                Some(GoogleSpec::EndpointCount(before)),
                GoogleSpec::Endpoints { instances: after },
            ) => self.count(*before, after.len()),
            (last, GoogleSpec::Endpoints { instances }) => {
                let before = match last {
                    Some(GoogleSpec::Endpoints { instances }) => instances,
                    _ => &BTreeSet::new(),
                };
                self.compare(before, instances, |it| format!("node {it}"));
            }
            (
                last,
                GoogleSpec::ServiceAttachment {
                    nat,
                    accept,
                    reject: _,
                },
            ) => {
                let (before_nat, before) = match last {
                    Some(GoogleSpec::ServiceAttachment { nat, accept, .. }) => (nat, accept),
                    _ => (&BTreeSet::new(), &BTreeSet::new()),
                };
                self.compare(before, accept, |it| format!("endpoint {it}"));
                self.compare(before_nat, nat, |it| format!("NAT range {it}"));
            }
            (
                _,
                GoogleSpec::Subnet { .. }
                | GoogleSpec::HealthCheck { .. }
                | GoogleSpec::EndpointCount(_)
                | GoogleSpec::BackendService { .. },
            ) => {}
        }
    }

    /// A listing shows only the number of nodes.
    fn count(&mut self, before: usize, after: usize) {
        let text = |count: usize| format!("{count} node(s)");
        if before > after {
            self.cuts.push(text(before - after));
        } else if after > before {
            self.adds.push(text(after - before));
        }
    }
}

impl fmt::Display for WriteAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

#[cfg(test)]
mod tests;
