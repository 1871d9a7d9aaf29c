//! Discovery: the effect of a cloud's listing on connections.

use jiff::Timestamp;

use crate::connection::{Connection, Decision, RejectReason};
use crate::ended_connection::EndedConnection;
use crate::id::ConnectionId;
use crate::link::Link;
use crate::observed_connection::ObservedConnection;
use crate::ordinals::ConnectionOrdinals;
use crate::part::{Admission, Confirmed, Facts, Observed, ObservedPart, Part, Phase, Spec};
use crate::project::ExternalApproval;

/// The state that a listing is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The link at whose attachment the connections are.
    pub link: &'a Link,
    /// The project's setting for approvals in the cloud.
    pub policy: ExternalApproval,
    /// The link's connections.
    pub connections: &'a [Connection],
    /// The link's ended connections.
    pub ended: &'a [EndedConnection],
}

/// The changes made by a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Connections observed for the first time, and ended ones that are shown again.
    pub new: Vec<Connection>,
    /// Connections whose decision changed, because the provider showed one that was not made here.
    pub changed: Vec<Connection>,
    /// Connections that no longer exist; their rows are deleted.
    pub ended: Vec<Connection>,
    /// Events for the project's history: code, connection, sentence.
    pub news: Vec<(&'static str, ConnectionId, String)>,
}

impl Discovery {
    /// Reports whether only [`Observed`] changed.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.changed.is_empty() && self.ended.is_empty()
    }
}

/// Applies a complete listing of the connections at a link's attachment.
///
/// Parts that are unknown or being changed keep their phase: the listing may be older than the call
/// in flight, and only a read of the part itself ends an unknown phase.
pub fn take_in(
    known: &Known<'_>,
    observed: &mut Observed,
    ordinals: &mut ConnectionOrdinals,
    listed: &[ObservedConnection],
    new_id: &mut dyn FnMut() -> ConnectionId,
    now: Timestamp,
) -> Discovery {
    let mut discovery = Discovery::default();
    for reported in listed {
        let current = known
            .connections
            .iter()
            .find(|c| c.identity.is_same(&reported.identity));
        let is_new = current.is_none();
        let connection = if let Some(connection) = current {
            connection.clone()
        } else if let Some(connection) = known.revive(reported, now) {
            discovery.news.push(returned_news(&connection));
            connection
        } else {
            let connection = first_seen(known.link, reported, ordinals.draw(), new_id(), now);
            if !is_approved_elsewhere(&connection, reported) {
                discovery.news.push(first_seen_news(&connection));
            }
            connection
        };
        observe(observed, &connection, reported, now);
        let approved_elsewhere =
            is_approved_elsewhere(&connection, reported) && is_settled(observed, &connection.id);
        let connection = if approved_elsewhere {
            evaluate(connection, known.policy, now, &mut discovery)
        } else {
            connection
        };
        if is_new {
            discovery.new.push(connection);
        } else if approved_elsewhere {
            discovery.changed.push(connection);
        }
    }
    for connection in known.connections {
        let listed = listed
            .iter()
            .any(|reported| connection.identity.is_same(&reported.identity));
        if !listed {
            observed.suspect(&Part::Admission(connection.id.clone()), now);
        }
    }
    discovery.end(known.connections, observed);
    discovery
}

impl Known<'_> {
    /// Returns the ended connection that is shown again: the one that ended last.
    fn revive(&self, reported: &ObservedConnection, now: Timestamp) -> Option<Connection> {
        let ended = self.ended.iter().rev();
        let mut same = ended.filter(|row| row.connection.identity.is_same(&reported.identity));
        same.next()?.revive(self.link, &reported.identity, now)
    }
}

impl Discovery {
    /// Ends the connections that certainly no longer exist.
    pub fn end(&mut self, connections: &[Connection], observed: &mut Observed) {
        for connection in connections {
            let part = Part::Admission(connection.id.clone());
            if observed.is_gone(&part) {
                observed.parts.remove(&part);
                self.changed.retain(|changed| changed.id != connection.id);
                self.ended.push(connection.clone());
                let endpoint = &connection.identity.endpoint;
                let news = format!("The endpoint `{endpoint}` is gone; its connection ended");
                self.news
                    .push(("connection.ended", connection.id.clone(), news));
            }
        }
        observed.forget_ended_connections();
    }
}

fn first_seen(
    link: &Link,
    reported: &ObservedConnection,
    ordinal: u32,
    id: ConnectionId,
    now: Timestamp,
) -> Connection {
    let (decision, decided_at) = if link.admits(&reported.identity) {
        (Decision::Undecided, None)
    } else {
        (Decision::Rejected(RejectReason::NotAllowed), Some(now))
    };
    Connection {
        id,
        ordinal,
        identity: reported.identity.clone(),
        decision,
        revision: u32::from(decided_at.is_some()),
        address: None,
        label: None,
        first_seen_at: now,
        decided_at,
    }
}

/// Reports whether the provider shows an approval that was not made here.
fn is_approved_elsewhere(connection: &Connection, reported: &ObservedConnection) -> bool {
    reported.admission == Admission::Approved && connection.decision == Decision::Undecided
}

fn observe(
    observed: &mut Observed,
    connection: &Connection,
    reported: &ObservedConnection,
    now: Timestamp,
) {
    let part = Part::Admission(connection.id.clone());
    let in_flight = observed
        .parts
        .get(&part)
        .is_some_and(|seen| matches!(seen.phase, Phase::Unknown { .. } | Phase::Making { .. }));
    if in_flight {
        return;
    }
    if takes_approval_back(observed, &part, connection, reported) {
        // Once a read agrees with the listing, the decision is written again.
        if !observed.is_contradicted(&part) {
            observed.mark_unknown(&part, now);
        }
    } else {
        observed.contradictions.remove(&part);
        let last = Some(Confirmed {
            spec: Spec::Admission(reported.admission),
            tag: reported.tag.clone(),
            facts: Facts {
                id: Some(reported.id.clone()),
                alias: None,
                address: None,
                ..Facts::default()
            },
        });
        let phase = match observed.parts.get(&part).map(|seen| &seen.phase) {
            Some(awaited @ Phase::Awaited { .. }) => awaited.clone(),
            _ => Phase::Ready,
        };
        observed.parts.insert(part, ObservedPart { phase, last });
    }
}

/// Reports whether a listing shows an approval as not made that was confirmed before. Listings lag, and the
/// name of the connection would go with it: the worker reads the connection by itself first.
fn takes_approval_back(
    observed: &Observed,
    part: &Part,
    connection: &Connection,
    reported: &ObservedConnection,
) -> bool {
    let was_approved = observed
        .last(part)
        .is_some_and(|it| it.spec == Spec::Admission(Admission::Approved));
    // A connection that is disconnected stays so.
    let is_final = matches!(
        reported.admission,
        Admission::Approved | Admission::Disconnected
    );
    connection.decision == Decision::Approved && was_approved && !is_final
}

fn is_settled(observed: &Observed, id: &ConnectionId) -> bool {
    match observed.parts.get(&Part::Admission(id.clone())) {
        None => true,
        Some(seen) => !matches!(seen.phase, Phase::Unknown { .. } | Phase::Making { .. }),
    }
}

fn evaluate(
    mut connection: Connection,
    policy: ExternalApproval,
    now: Timestamp,
    discovery: &mut Discovery,
) -> Connection {
    let endpoint = &connection.identity.endpoint;
    let (decision, code, news) = match policy {
        ExternalApproval::Reject => (
            Decision::Rejected(RejectReason::ApprovedElsewhere),
            "connection.rejected",
            format!(
                "The endpoint `{endpoint}` was approved in the cloud instead of through \
                 Underpass. The connection is rejected"
            ),
        ),
        ExternalApproval::Adopt => (
            Decision::Approved,
            "connection.approved",
            format!("The endpoint `{endpoint}` was approved in the cloud. The approval is adopted"),
        ),
    };
    connection.decide(decision, now);
    discovery.news.push((code, connection.id.clone(), news));
    connection
}

fn returned_news(connection: &Connection) -> (&'static str, ConnectionId, String) {
    let endpoint = &connection.identity.endpoint;
    let decision = match connection.decision {
        Decision::Approved => "It is approved, as before",
        Decision::Rejected(_) => "It is rejected",
        Decision::Undecided => "It is pending approval, as before",
    };
    let news = format!("The endpoint `{endpoint}` is shown again. {decision}");
    ("connection.returned", connection.id.clone(), news)
}

fn first_seen_news(connection: &Connection) -> (&'static str, ConnectionId, String) {
    let endpoint = &connection.identity.endpoint;
    let (code, news) = match connection.decision {
        Decision::Rejected(reason) => (
            "connection.rejected",
            format!(
                "The endpoint `{endpoint}` was rejected: {}",
                reason.explain()
            ),
        ),
        Decision::Undecided | Decision::Approved => (
            "connection.pending",
            format!("The endpoint `{endpoint}` requests a connection"),
        ),
    };
    (code, connection.id.clone(), news)
}

#[cfg(test)]
mod tests;
