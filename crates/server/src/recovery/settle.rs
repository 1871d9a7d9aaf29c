//! Settlement of differences about the connections of one link.

use std::collections::BTreeSet;

use jiff::Timestamp;
use underpass_model::connection::{Connection, Decision};
use underpass_model::ended_connection::EndedConnection;
use underpass_model::event::Event;
use underpass_model::id::ConnectionId;
use underpass_model::link::Link;
use underpass_model::ordinals::ConnectionOrdinals;
use underpass_model::part::{Observed, Part};
use underpass_model::recovery::{ConnectionDifference, LinkDifference};
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{Change, Error, Fetched, Key, Kind, Lookup, Store, Versioned};

/// The side whose decision holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The provider's: what was decided since.
    Provider,
    /// The store's; a connection that it does not know is rejected.
    Store,
}

/// The result of a settlement.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// The edits of the rows, without the edit of the difference itself.
    pub change: Change,
    /// The connections as they are now.
    pub connections: Vec<Connection>,
}

/// Takes a side for connections of a link that the store has, all if `only` is empty.
///
/// # Errors
/// If the store fails.
pub async fn settle(
    store: &dyn Store,
    difference: &LinkDifference,
    only: &BTreeSet<ConnectionId>,
    side: Side,
    actor: &str,
    now: Timestamp,
) -> Result<Settled, Error> {
    let Ok(key @ WorkKey::Link(..)) = difference.managed.parse::<WorkKey>() else {
        return Ok(Settled::default());
    };
    let WorkKey::Link(project, service, provider) = &key else {
        return Ok(Settled::default());
    };
    let link_key = Key::link(project, service, *provider);
    let service_key = Key::service(project, service);
    let observed_key = Key::observed(&key);
    let fetched = store
        .fetch(&[
            Lookup::One(Kind::Link, link_key.clone()),
            Lookup::Under(Kind::Connection, service_key.clone()),
            Lookup::Under(Kind::EndedConnection, link_key.clone()),
            Lookup::One(Kind::ConnectionOrdinals, service_key.clone()),
            Lookup::One(Kind::Observed, observed_key.clone()),
        ])
        .await?;
    let Some(mut link) = fetched.one::<Link>(&link_key)? else {
        return Ok(Settled::default());
    };
    let observed = fetched.one::<Observed>(&observed_key)?;
    let mut rows = LinkRows {
        change: Change::new(),
        observed: observed
            .as_ref()
            .map(|row| row.value.clone())
            .unwrap_or_default(),
        link_key,
        fetched: &fetched,
    };
    let mut ordinals: ConnectionOrdinals = fetched
        .one::<ConnectionOrdinals>(&service_key)?
        .map(|row| row.value)
        .unwrap_or_default();
    let mut connections = Vec::new();
    let mut allowed = false;
    for (id, of_connection) in &difference.connections {
        if !only.is_empty() && !only.contains(id) {
            continue;
        }
        let connection = rows.settle(of_connection, side, now)?;
        // The list is older than the decision, too. Without its subscription the endpoint would not be
        // visible to its consumer any more.
        if side == Side::Provider && connection.decision == Decision::Approved {
            allowed |= link.value.allow_adopted(&connection.identity, now);
        }
        ordinals = ordinals.including([connection.ordinal]);
        rows.change = rows.change.event(Event {
            at: now,
            project: project.clone(),
            subject: format!("service/{service}/privatelink/{provider}/connection/{id}"),
            actor: actor.to_owned(),
            code: match side {
                Side::Provider => "connection.adopted",
                Side::Store => "connection.overruled",
            }
            .to_owned(),
            message: format!(
                "The endpoint `{}` {} after the store was found to be older than the cloud",
                connection.identity.endpoint,
                match side {
                    Side::Provider => "keeps the decision that the cloud shows",
                    Side::Store => "gets the decision of the store",
                }
            ),
            details: serde_json::Value::Null,
        });
        connections.push(connection);
    }
    // While the account is on hold, the work only reads: a person sees what would be written.
    let mut change = rows.change.put(service_key, &ordinals)?.enqueue(Enqueue {
        key: key.clone(),
        due_at: now,
        generation: link.value.generation,
        priority: Priority::User,
    });
    change = if allowed {
        change.update(&link)?
    } else {
        change.expect_unchanged(&link)
    };
    change = match observed {
        Some(row) => change.update(&Versioned {
            value: rows.observed,
            ..row
        })?,
        None => change.insert(observed_key, &rows.observed)?,
    };
    Ok(Settled {
        change,
        connections,
    })
}

/// Rows of one link while they are edited.
struct LinkRows<'a> {
    change: Change,
    observed: Observed,
    link_key: Key,
    fetched: &'a Fetched,
}

impl LinkRows<'_> {
    fn settle(
        &mut self,
        difference: &ConnectionDifference,
        side: Side,
        now: Timestamp,
    ) -> Result<Connection, Error> {
        let all = self.fetched.all::<Connection>()?;
        let own = all.iter().find(|row| {
            self.link_key.is_above(&row.key) && row.value.identity.is_same(&difference.identity)
        });
        let stored = own.map(|row| &row.value);
        let connection = match side {
            Side::Provider => difference.adopt(stored, now),
            Side::Store => difference.overrule(stored, now),
        };
        let key = self.key_of(&connection.id);
        let change = std::mem::take(&mut self.change);
        self.change = match own {
            Some(row) if row.key == key => change.update(&Versioned {
                value: connection.clone(),
                key,
                version: row.version,
            })?,
            Some(row) => {
                // The older store gave the endpoint another ID when it saw it again.
                self.forget(&row.value.id);
                change.delete(row).insert(key, &connection)?
            }
            None => change.insert(key, &connection)?,
        };
        // The provider shows the decision already, or the endpoint was deleted meanwhile: it is read
        // before anything is written.
        let part = Part::Admission(connection.id.clone());
        self.observed.mark_unknown(&part, now);
        self.observed.failures.remove(&part);
        for row in self.fetched.all::<EndedConnection>()? {
            let ended = &row.value.connection;
            if ended.id == connection.id || ended.identity.is_same(&connection.identity) {
                self.change = std::mem::take(&mut self.change).delete(&row);
            }
        }
        Ok(connection)
    }

    fn key_of(&self, id: &ConnectionId) -> Key {
        self.link_key.child(id.as_str())
    }

    /// Removes the observed state of a connection that exists no more under this ID.
    fn forget(&mut self, id: &ConnectionId) {
        let part = Part::Admission(id.clone());
        self.observed.parts.remove(&part);
        self.observed.forget_ended_connections();
    }
}
