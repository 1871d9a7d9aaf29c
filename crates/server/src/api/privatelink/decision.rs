//! Decisions of the provider about a connection; link and connection change in one transaction.

use ipnet::Ipv4Net;
use jiff::Timestamp;
use underpass_model::cloud::Provider;
use underpass_model::connection::{Connection, Decision};
use underpass_model::id::ConnectionId;
use underpass_model::link::Link;
use underpass_model::part::Observed;
use underpass_model::refusal::Refusal;
use underpass_model::work::{Enqueue, Priority};
use underpass_store::{Change, Versioned};

use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::history::Subject;
use crate::api::service_snapshot::{LinkSnapshot, ServiceSnapshot};
use crate::app::{App, Reach};
use crate::nat_pool::NatPool;

/// Kind of decision, in the words of events.
pub(in crate::api) struct DecisionEvent {
    /// Code of the event.
    pub(in crate::api) code: &'static str,
    /// Past participle in the event's message.
    pub(in crate::api) verb: &'static str,
    /// The place where it has its effect.
    pub(in crate::api) reach: Reach,
}

/// Approval of the connection.
pub(in crate::api) const APPROVED: DecisionEvent = DecisionEvent {
    code: "connection.approved",
    verb: "approved",
    reach: Reach::Cloud,
};

/// Rejection of the connection.
pub(in crate::api) const REJECTED: DecisionEvent = DecisionEvent {
    code: "connection.rejected",
    verb: "rejected",
    reach: Reach::Cloud,
};

/// Restoration of a rejected connection.
pub(in crate::api) const RESTORED: DecisionEvent = DecisionEvent {
    code: "connection.restored",
    verb: "restored",
    reach: Reach::Cloud,
};

/// Change of the endpoint address.
pub(in crate::api) const ADDRESS_CHANGED: DecisionEvent = DecisionEvent {
    code: "connection.addressed",
    verb: "given an address",
    reach: Reach::Store,
};

/// Change of the label.
pub(in crate::api) const LABELLED: DecisionEvent = DecisionEvent {
    code: "connection.labelled",
    verb: "labelled",
    reach: Reach::Store,
};

/// Applies a decision to the connection in the path; repeated after concurrent changes.
///
/// `act` returns whether it changed anything. Returns the link with its connections, and the
/// changed connection.
pub(in crate::api) async fn decide(
    app: &App,
    member: &Member,
    provider: Provider,
    decision: &DecisionEvent,
    act: impl Fn(&mut Link, &mut Connection, &Observed, Timestamp) -> Result<bool, Refusal>,
) -> Result<(LinkSnapshot, Connection), Error> {
    let name = member.service()?;
    let id: ConnectionId = member.segment("connection")?;
    app.transact_as(decision.reach, || async {
        let now = app.clock.now();
        let mut snapshot = ServiceSnapshot::load(app, &member.project.value, &name)
            .await?
            .into_link(provider)?;
        let mut connection: Versioned<Connection> = snapshot.connection(&id)?.clone();
        let before = connection.value.decision.clone();
        let changed = act(
            &mut snapshot.link.value,
            &mut connection.value,
            &snapshot.observed,
            now,
        )?;
        let is_approval =
            before != Decision::Approved && connection.value.decision == Decision::Approved;
        let room = match allocate_nat_range(app, &mut snapshot, &connection.value, now).await {
            // An approved connection requires no further range.
            Err(Error::Refused(_)) if !is_approval => None,
            other => other?,
        };
        if !changed && room.is_none() {
            // Without a change, the stored connection is returned.
            let stored = snapshot.connection(&id)?.value.clone();
            return Ok((Change::new(), (snapshot, stored)));
        }
        let link = &snapshot.link;
        let subject = Subject::Connection(&name, provider, &id);
        let endpoint = &connection.value.identity.endpoint;
        let message = format!(
            "The connection of endpoint `{endpoint}` was {}",
            decision.verb
        );
        let mut change = Change::new();
        if let Some((pool, range)) = &room {
            change = pool.claim(change, &link.value, *range)?;
        }
        let change = change
            .update(link)?
            .update(&connection)?
            .enqueue(Enqueue {
                key: link.value.work_key(),
                due_at: now,
                generation: link.value.generation,
                priority: Priority::User,
            })
            .event(member.event(now, &subject, decision.code, message));
        Ok((change, (snapshot, connection.value)))
    })
    .await
}

/// Claims a further NAT range if the approved connections require one.
async fn allocate_nat_range(
    app: &App,
    snapshot: &mut LinkSnapshot,
    decided: &Connection,
    now: Timestamp,
) -> Result<Option<(NatPool, Ipv4Net)>, Error> {
    let link = &snapshot.link.value;
    if link.provider != Provider::Google || decided.decision != Decision::Approved {
        return Ok(None);
    }
    let pool = NatPool::of_link(&*app.store, link).await?;
    let mut connections = snapshot.bare_connections();
    for connection in &mut connections {
        if connection.id == decided.id {
            connection.clone_from(decided);
        }
    }
    let link = &mut snapshot.link.value;
    let others = pool.others(&link.nat_ranges);
    let range = link.make_room(&connections, &others, now)?;
    Ok(range.map(|range| (pool, range)))
}
