//! Discovery: the effect of a provider's listing on connections.

use jiff::Timestamp;

use crate::connection::{Connection, Decision, ObservedConnection, RejectReason};
use crate::id::ConnectionId;
use crate::link::Link;
use crate::part::{Admission, Confirmed, Facts, Observed, ObservedPart, Part, Phase, Spec};
use crate::project::ExternalApproval;

/// The changes made by a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Connections observed for the first time.
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
    link: &Link,
    policy: ExternalApproval,
    connections: &[Connection],
    observed: &mut Observed,
    listed: &[ObservedConnection],
    new_id: &mut dyn FnMut() -> ConnectionId,
    now: Timestamp,
) -> Discovery {
    let mut discovery = Discovery::default();
    for reported in listed {
        let known = connections
            .iter()
            .find(|c| c.identity.is_same(&reported.identity));
        let connection = match known {
            Some(connection) => connection.clone(),
            None => first_seen(link, reported, observed, new_id(), now),
        };
        observe(observed, &connection.id, reported);
        let approved_elsewhere = reported.admission == Admission::Approved
            && connection.decision == Decision::Undecided
            && is_settled(observed, &connection.id);
        match (known.is_some(), approved_elsewhere) {
            (true, false) => {}
            (_, true) => {
                let evaluated = evaluate(connection, policy, now, &mut discovery);
                let list = if known.is_some() {
                    &mut discovery.changed
                } else {
                    &mut discovery.new
                };
                list.push(evaluated);
            }
            (false, false) => {
                discovery.news.push(first_seen_news(&connection));
                discovery.new.push(connection);
            }
        }
    }
    for connection in connections {
        let listed = listed
            .iter()
            .any(|reported| connection.identity.is_same(&reported.identity));
        if !listed {
            observed.suspect(&Part::Admission(connection.id.clone()), now);
        }
    }
    discovery.end(connections, observed);
    discovery
}

impl Discovery {
    /// Ends the connections that certainly no longer exist.
    pub fn end(&mut self, connections: &[Connection], observed: &mut Observed) {
        for connection in connections {
            let part = Part::Admission(connection.id.clone());
            if observed.is_gone(&part) {
                observed.parts.remove(&part);
                observed.failures.remove(&part);
                self.changed.retain(|changed| changed.id != connection.id);
                self.ended.push(connection.clone());
                let endpoint = &connection.identity.endpoint;
                let news = format!("The endpoint `{endpoint}` is gone; its connection ended");
                self.news
                    .push(("connection.ended", connection.id.clone(), news));
            }
        }
    }
}

fn first_seen(
    link: &Link,
    reported: &ObservedConnection,
    observed: &mut Observed,
    id: ConnectionId,
    now: Timestamp,
) -> Connection {
    observed.ordinals += 1;
    let (decision, decided_at) = if link.admits(&reported.identity) {
        (Decision::Undecided, None)
    } else {
        (Decision::Rejected(RejectReason::NotAllowed), Some(now))
    };
    Connection {
        id,
        ordinal: observed.ordinals,
        identity: reported.identity.clone(),
        decision,
        address: None,
        label: None,
        first_seen_at: now,
        decided_at,
    }
}

fn observe(observed: &mut Observed, id: &ConnectionId, reported: &ObservedConnection) {
    let part = Part::Admission(id.clone());
    let in_flight = observed
        .parts
        .get(&part)
        .is_some_and(|seen| matches!(seen.phase, Phase::Unknown { .. } | Phase::Making { .. }));
    if !in_flight {
        let last = Some(Confirmed {
            spec: Spec::Admission(reported.admission),
            tag: reported.tag.clone(),
            facts: Facts {
                id: Some(reported.id.clone()),
                alias: None,
                address: None,
            },
        });
        let phase = match observed.parts.get(&part).map(|seen| &seen.phase) {
            Some(awaited @ Phase::Awaited { .. }) => awaited.clone(),
            _ => Phase::Ready,
        };
        observed.parts.insert(part, ObservedPart { phase, last });
    }
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
                "The endpoint `{endpoint}` was approved at the provider instead of through \
                 Underpass. The connection is rejected"
            ),
        ),
        ExternalApproval::Adopt => (
            Decision::Approved,
            "connection.approved",
            format!(
                "The endpoint `{endpoint}` was approved at the provider. The approval is adopted"
            ),
        ),
    };
    connection.decision = decision;
    connection.decided_at = Some(now);
    discovery.news.push((code, connection.id.clone(), news));
    connection
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
