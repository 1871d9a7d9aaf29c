//! The link's objects in the cloud, and its ports and rules.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::change::Change;
use super::difference::{
    AGREEING_ANSWERS, Difference, DifferenceKind, differences, objects as count,
};
use super::hop::{Hop, HopKind, HopStatus, span};
use super::path_picture::{LinkPicture, Listing, PathPicture};
use crate::link::{LinkState, shown_link};
use crate::part::{Part, Phase, Rule};
use crate::remedy::Remedy;

/// Most differences that the evidence names: 3; a number stands for the others.
const MOST_NAMED: usize = 3;

/// The objects of the link without its rules.
pub(super) fn objects(path: &PathPicture<'_>, link: &LinkPicture<'_>) -> Hop {
    const KIND: HopKind = HopKind::Objects;
    let all = found(path, link);
    let is_own = |it: &&Difference| !it.is_of_rules() && !it.is_of_decisions();
    let own: Vec<_> = all.iter().filter(is_own).collect();
    if let Some(hop) = faults(KIND, path, &own) {
        return hop;
    }
    let desired = count(link.picture);
    if shown_link(link.link, &link.picture.observed) == LinkState::Creating {
        let missing = differences(link.picture, path.now).len();
        return Hop::broken(
            KIND,
            format!(
                "The private link is being created: {} of {desired} objects are in place",
                desired.saturating_sub(missing)
            ),
            path.now,
            Remedy::AwaitLink(path.reference()),
        );
    }
    if let Some(first) = own.first() {
        return Hop::not_checked(KIND, sentence(first, path.now));
    }
    in_place(
        KIND,
        link,
        &format!("All {desired} objects of the link are in place"),
    )
}

/// The open ports and the rules for them.
pub(super) fn rules(path: &PathPicture<'_>, link: &LinkPicture<'_>) -> Hop {
    const KIND: HopKind = HopKind::Rules;
    let service = path.service;
    let open = link.link.open_rules(service);
    let checked: Vec<_> = open.iter().filter(|rule| path.is_checked(rule)).collect();
    if checked.is_empty() {
        let main = service.components.first().map(|it| it.component.as_str());
        let component = path.component.or(main).unwrap_or(&service.service_type);
        let evidence = match path.component {
            Some(component) => format!("Component `{component}` is not open on links"),
            None => "No component is open on links".to_owned(),
        };
        let remedy = Remedy::open_component(&service.name, component);
        return Hop::broken(KIND, evidence, path.now, remedy);
    }
    let all = found(path, link);
    let of_rules = all.iter().filter(|it| it.is_of_rules());
    let of_rules: Vec<_> = of_rules.filter_map(|it| on(path, &checked, it)).collect();
    let of_rules: Vec<_> = of_rules.iter().collect();
    if let Some(hop) = faults(KIND, path, &of_rules) {
        return hop;
    }
    if let Some(first) = of_rules.first() {
        return Hop::not_checked(KIND, sentence(first, path.now));
    }
    let ports: Vec<_> = checked.iter().map(|rule| port_in_words(rule)).collect();
    let mut evidence = format!("Open: {}", ports.join(", "));
    let closed: Vec<_> = service
        .components
        .iter()
        .map(crate::service::Component::rule_name)
        .filter(|name| path.component.is_none() && !open.iter().any(|rule| rule.name == *name))
        .map(|name| format!("`{name}`"))
        .collect();
    if !closed.is_empty() {
        evidence = format!("{evidence}; closed: {}", closed.join(", "));
    }
    in_place(KIND, link, &evidence)
}

fn port_in_words(rule: &Rule) -> String {
    let Rule {
        name,
        link_port,
        backend_port,
        ..
    } = rule;
    if link_port == backend_port {
        format!("`{name}` on port {link_port}")
    } else {
        format!("`{name}` on port {link_port}, to port {backend_port} of the nodes")
    }
}

/// The differences that the listing of this check showed, and those since.
fn found(path: &PathPicture<'_>, link: &LinkPicture<'_>) -> Vec<Difference> {
    let listed = match link.listing {
        Listing::Done { differences, .. } => differences.as_slice(),
        Listing::Failed(_) | Listing::NotDone(_) => &[],
    };
    let mut found: BTreeMap<Part, Difference> = BTreeMap::new();
    let confirmed = listed.iter().filter_map(|it| confirmed(link, it));
    found.extend(confirmed.map(|it| (it.part.clone(), it)));
    for mut present in differences(link.picture, path.now) {
        if let DifferenceKind::Missing { answers, .. } = &mut present.kind {
            let is_listed_so = listed.iter().any(|it| {
                it.part == present.part && matches!(it.kind, DifferenceKind::Missing { .. })
            });
            *answers = answers.saturating_add(u32::from(is_listed_so));
        }
        found.entry(present.part.clone()).or_insert(present);
    }
    found.into_values().collect()
}

/// A difference of the listing, if it was one: listings lag, so what a listing shows otherwise soon after a
/// write, or lacks, and a read finds as desired was so, unless it was written since. A part that is still
/// suspected to be absent, or still read otherwise, is among the present differences.
fn confirmed(link: &LinkPicture<'_>, difference: &Difference) -> Option<Difference> {
    let part = &difference.part;
    let written = link.picture.observed.repeated_writes.get(part);
    let written = written.map(|it| it.last);
    let is_satisfied = link.picture.is_satisfied(part);
    let kind = match &difference.kind {
        DifferenceKind::Missing { since, .. } => {
            let is_one = if is_satisfied {
                written.is_some_and(|it| it >= *since)
            } else {
                is_made_again(link, part, *since)
            };
            is_one.then_some(DifferenceKind::Missing {
                since: *since,
                answers: AGREEING_ANSWERS,
            })
        }
        DifferenceKind::Changed(change) => {
            let is_one = match change.doubtful_since {
                None => true,
                Some(before) => is_satisfied && written.is_some_and(|it| it > before),
            };
            let certain = Change {
                kind: change.kind.clone(),
                doubtful_since: None,
            };
            is_one.then_some(DifferenceKind::Changed(certain))
        }
        DifferenceKind::AcceptList { .. }
        | DifferenceKind::NotKept { .. }
        | DifferenceKind::Failing { .. }
        | DifferenceKind::InProgress
        | DifferenceKind::Unread
        | DifferenceKind::NotCreated => None,
    };
    kind.map(|kind| Difference {
        part: part.clone(),
        kind,
    })
}

/// Reports whether a part whose absence was proven is being made again, and not only read again. A part is
/// written only after a read of it.
fn is_made_again(link: &LinkPicture<'_>, part: &Part, since: Timestamp) -> bool {
    let observed = &link.picture.observed;
    match observed.parts.get(part).map(|it| &it.phase) {
        None | Some(Phase::Gone | Phase::Making { .. }) => true,
        Some(Phase::Unknown { .. }) => {
            let mut attempts = observed.write_attempts.get(part).into_iter().flatten();
            attempts.any(|attempt| attempt.at >= since)
        }
        Some(Phase::Ready | Phase::Awaited { .. } | Phase::Failed | Phase::Missing { .. }) => false,
    }
}

/// The part of a difference that the check of a path is about.
fn on(path: &PathPicture<'_>, checked: &[&Rule], difference: &Difference) -> Option<Difference> {
    let mut difference = difference.clone();
    if path.component.is_some()
        && let DifferenceKind::Changed(change) = &mut difference.kind
    {
        change.kind = change.kind.of_component(checked)?;
    }
    Some(difference)
}

/// The hop of objects that are in place, if that was read now.
fn in_place(kind: HopKind, link: &LinkPicture<'_>, evidence: &str) -> Hop {
    match link.listing {
        Listing::Done { at, .. } => Hop::ok(kind, evidence, *at),
        Listing::Failed(_) | Listing::NotDone(_) => Hop {
            status: HopStatus::NotChecked,
            ..Hop::not_checked(kind, format!("{evidence}, as last read and not now"))
        },
    }
}

/// The broken hop of differences that are faults.
fn faults(kind: HopKind, path: &PathPicture<'_>, found: &[&Difference]) -> Option<Hop> {
    let faults: Vec<_> = found.iter().copied().filter(|it| it.is_fault()).collect();
    let first = faults.first()?;
    let mut evidence: Vec<_> = faults
        .iter()
        .take(MOST_NAMED)
        .map(|it| sentence(it, path.now))
        .collect();
    let others = faults.len().saturating_sub(MOST_NAMED);
    if others > 0 {
        evidence.push(format!("{others} more objects differ"));
    }
    let remedy = match &first.kind {
        DifferenceKind::Failing {
            remedy: Some(text), ..
        } => Remedy::manual(text),
        DifferenceKind::Failing { attempts, .. } | DifferenceKind::NotKept { writes: attempts } => {
            Remedy::InspectPart {
                part: first.part.display_name(),
                attempts: *attempts,
            }
        }
        DifferenceKind::Missing { .. }
        | DifferenceKind::Changed(_)
        | DifferenceKind::AcceptList { .. }
        | DifferenceKind::InProgress
        | DifferenceKind::Unread
        | DifferenceKind::NotCreated => path.check_again(),
    };
    Some(Hop::broken(kind, evidence.join(". "), path.now, remedy))
}

fn sentence(difference: &Difference, now: Timestamp) -> String {
    let name = difference.part.display_name();
    match &difference.kind {
        DifferenceKind::Missing { since, answers } => {
            let since = span(*since, now);
            if *answers < AGREEING_ANSWERS {
                format!("An answer of {since} ago lacks the {name}, and no other one agrees yet")
            } else {
                format!("The cloud does not show the {name}, for {since}")
            }
        }
        DifferenceKind::Changed(change) => {
            let predicate = change.kind.predicate();
            match change.doubtful_since {
                None => format!("The {name} {predicate}"),
                Some(since) => format!(
                    "The {name} {predicate}. It was written {} ago, and the cloud may still show its \
                     state before that",
                    span(since, now)
                ),
            }
        }
        DifferenceKind::AcceptList { .. } => {
            format!("The lists of the {name} differ from the decisions")
        }
        DifferenceKind::NotKept { writes } => format!(
            "The {name} was written {writes} times, and the cloud does not keep it: a policy or \
             another program reverts it"
        ),
        DifferenceKind::Failing {
            message,
            is_lasting,
            ..
        } => {
            let message = message.trim_end_matches('.');
            if *is_lasting {
                format!("The {name} fails: {message}")
            } else {
                format!("The last step on the {name} failed and is repeated: {message}")
            }
        }
        DifferenceKind::InProgress => format!("The cloud works on the {name}"),
        DifferenceKind::Unread => format!("The {name} is being read"),
        DifferenceKind::NotCreated => format!("The {name} does not exist yet"),
    }
}
