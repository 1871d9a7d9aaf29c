//! What does not heal by itself, so that somebody must do something about it, or know.
//!
//! Connections that wait for a decision are no such thing: they are the queue. Nor is what merely
//! takes its time, or a link that nobody has connected to yet.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::advice;
use crate::connection::Connection;
use crate::id::ConnectionId;
use crate::link::{ConnectionState, Link, shown_connection};
use crate::part::{Observed, Part, Phase, Trouble};
use crate::reconcile::BACKOFF_LONGEST;
use crate::service::Service;

/// One thing about a link that a person must see to, or know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// What kind of thing it is, which says how pressing it is.
    pub urgency: Urgency,
    /// The connection it is about, if it is about one.
    pub connection: Option<ConnectionId>,
    /// What is so. May hold the provider's words, which are hostile text.
    pub reason: String,
    /// What a person can do about it.
    pub next_action: String,
    /// Since when it is so, where that is known.
    pub since: Option<Timestamp>,
}

/// The kinds, the most pressing first: what is asked of [`advice::for_link`] comes in this order,
/// too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// A part cannot be made as wanted, or not be removed.
    Trouble,
    /// A connection is let in and carries nothing.
    Hindrance,
    /// The link leads nowhere, because the service is registered in part only.
    Gap,
    /// A connection is let in and nobody told its endpoint's address.
    Address,
}

/// Everything about a link that needs attention, the most pressing first; `connections` are all
/// of the link.
pub fn of_link(
    service: &Service,
    link: &Link,
    connections: &[Connection],
    observed: &Observed,
) -> Vec<Attention> {
    let lasting = observed.troubles.iter().filter(|(_, it)| is_lasting(it));
    let mut found: Vec<_> = lasting.map(|(part, it)| of_trouble(part, it)).collect();
    // On its way out, a link can be in trouble and nothing else.
    if link.deleting {
        return found;
    }
    if let Some(gap) = advice::gap(service, link.provider) {
        found.push(Attention {
            urgency: Urgency::Gap,
            connection: None,
            reason: gap.reason,
            next_action: gap.next_action,
            since: None,
        });
    }
    let told: BTreeSet<_> = found
        .iter()
        .filter_map(|it| it.connection.clone())
        .collect();
    let others = connections.iter().filter(|it| !told.contains(&it.id));
    found.extend(others.filter_map(|it| of_connection(link, it, connections, observed)));
    found.sort_by_key(|it| it.urgency);
    found
}

/// Whether trying again alone will not help: somebody is asked to do something, or it goes on for
/// longer than such things pass by themselves.
fn is_lasting(trouble: &Trouble) -> bool {
    trouble.remedy.is_some() || trouble.retry_at.duration_since(trouble.since) >= BACKOFF_LONGEST
}

fn of_trouble(part: &Part, trouble: &Trouble) -> Attention {
    Attention {
        urgency: Urgency::Trouble,
        connection: match part {
            Part::Admission(id) => Some(id.clone()),
            _ => None,
        },
        reason: trouble.message.clone(),
        next_action: trouble.remedy.clone().unwrap_or_else(|| {
            format!(
                "look at {part} at the provider; Underpass goes on trying, after {} failures in a \
                 row",
                trouble.attempts
            )
        }),
        since: Some(trouble.since),
    }
}

fn of_connection(
    link: &Link,
    connection: &Connection,
    connections: &[Connection],
    observed: &Observed,
) -> Option<Attention> {
    let id = Some(connection.id.clone());
    if let Some(hindrance) = advice::hindrance(link, connection, connections, observed) {
        return Some(Attention {
            urgency: Urgency::Hindrance,
            connection: id,
            reason: hindrance.reason.to_owned(),
            next_action: hindrance.next_action,
            since: awaited_since(connection, observed),
        });
    }
    let state = shown_connection(link, connection, observed);
    (state == ConnectionState::Connected).then(|| Attention {
        urgency: Urgency::Address,
        connection: id,
        reason: "it is let in, but nobody told the address of its endpoint, so it has no name"
            .to_owned(),
        next_action: state.way_to_active(link.provider, &link.service, &connection.id),
        since: connection.decided_at,
    })
}

fn awaited_since(connection: &Connection, observed: &Observed) -> Option<Timestamp> {
    let part = Part::Admission(connection.id.clone());
    match observed.parts.get(&part)?.phase {
        Phase::Awaited { since, .. } => Some(since),
        Phase::Gone
        | Phase::Unknown { .. }
        | Phase::Making { .. }
        | Phase::Ready
        | Phase::Failed => None,
    }
}

#[cfg(test)]
mod tests;
