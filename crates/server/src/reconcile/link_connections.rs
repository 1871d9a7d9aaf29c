//! The connections of one link with their rows: current ones, ended ones, and the ordinals.

use jiff::Timestamp;
use underpass_model::connection::Connection;
use underpass_model::discovery::Discovery;
use underpass_model::ended_connection::{self, EndedConnection, EndedLimits};
use underpass_model::link::Link;
use underpass_model::ordinals::ConnectionOrdinals;
use underpass_model::part::Observed;
use underpass_store::{Change, Error, Fetched, Key, Kind, Lookup, Versioned};

/// The connections of one link.
pub(super) struct LinkConnections {
    /// Current connections.
    pub(super) current: Vec<Connection>,
    /// Ended connections that are kept, the oldest first.
    pub(super) ended: Vec<EndedConnection>,
    /// Ordinals of the service.
    pub(super) ordinals: ConnectionOrdinals,
    /// Rows as read.
    stored: Vec<Versioned<Connection>>,
    stored_ended: Vec<Versioned<EndedConnection>>,
    stored_ordinals: Option<Versioned<ConnectionOrdinals>>,
    ordinals_at_load: ConnectionOrdinals,
    /// Key of the service.
    service: Key,
}

impl LinkConnections {
    /// The rows to read. Connections of the service's other links count for the ordinals.
    pub(super) fn lookups(link: &Key, service: &Key) -> [Lookup; 3] {
        [
            Lookup::Under(Kind::Connection, service.clone()),
            Lookup::Under(Kind::EndedConnection, link.clone()),
            Lookup::One(Kind::ConnectionOrdinals, service.clone()),
        ]
    }

    /// Decodes the rows.
    pub(super) fn load(fetched: &Fetched, link: &Key, service: &Key) -> Result<Self, Error> {
        let all = fetched.all::<Connection>()?;
        let stored_ordinals = fetched.one::<ConnectionOrdinals>(service)?;
        let counted = stored_ordinals.as_ref().map(|row| row.value);
        // The link's own observations are the only ones that were read.
        let observed = fetched.all::<Observed>()?;
        let ordinals = counted
            .unwrap_or_default()
            .including(all.iter().map(|row| row.value.ordinal))
            .including(observed.iter().map(|row| row.value.ordinals));
        let mut stored = all;
        stored.retain(|row| link.is_above(&row.key));
        let stored_ended = fetched.all::<EndedConnection>()?;
        let mut ended: Vec<_> = stored_ended.iter().map(|row| row.value.clone()).collect();
        ended.sort_by_key(|row| row.ended_at);
        Ok(Self {
            current: stored.iter().map(|row| row.value.clone()).collect(),
            ended,
            ordinals,
            ordinals_at_load: ordinals,
            stored,
            stored_ended,
            stored_ordinals,
            service: service.clone(),
        })
    }

    /// Returns the version of the row that changed last; 0 without rows.
    pub(super) fn newest_version(&self) -> u64 {
        let current = self.stored.iter().map(|row| row.version);
        let ended = self.stored_ended.iter().map(|row| row.version);
        current.chain(ended).max().unwrap_or(0)
    }

    /// Applies the changes made by a listing.
    pub(super) fn adopt(&mut self, discovery: Discovery, limits: &EndedLimits, now: Timestamp) {
        let Discovery {
            new,
            changed,
            ended,
            news: _,
        } = discovery;
        let has_ended = |own: &Connection| ended.iter().any(|end| end.id == own.id);
        self.current.retain(|own| !has_ended(own));
        for changed in changed {
            if let Some(slot) = self.current.iter_mut().find(|own| own.id == changed.id) {
                *slot = changed;
            }
        }
        self.ended
            .retain(|row| new.iter().all(|new| new.id != row.connection.id));
        self.current.extend(new);
        if !ended.is_empty() {
            let rows = ended.into_iter().map(|connection| EndedConnection {
                connection,
                ended_at: now,
            });
            self.ended.extend(rows);
            ended_connection::expire(&mut self.ended, limits, now);
        }
    }

    /// Adds the edits of the rows that changed.
    pub(super) fn edits(&self, link: &Link, mut change: Change) -> Result<Change, Error> {
        let (project, service) = (&link.project, &link.service);
        let key = |connection: &Connection| {
            Key::connection(project, service, link.provider, &connection.id)
        };
        for connection in &self.current {
            let stored = self.stored.iter().find(|row| row.value.id == connection.id);
            change = match stored {
                Some(row) if row.value == *connection => change,
                Some(row) => change.update(&Versioned {
                    key: row.key.clone(),
                    version: row.version,
                    value: connection.clone(),
                })?,
                None => change.insert(key(connection), connection)?,
            };
        }
        for row in &self.stored {
            if !self.current.iter().any(|own| own.id == row.value.id) {
                change = change.delete(row);
            }
        }
        for row in &self.ended {
            if !self.stored_ended.iter().any(|stored| stored.value == *row) {
                change = change.put(key(&row.connection), row)?;
            }
        }
        for row in &self.stored_ended {
            if !self.ended.contains(&row.value) {
                change = change.delete(row);
            }
        }
        if self.ordinals == self.ordinals_at_load {
            Ok(change)
        } else {
            self.count(change)
        }
    }

    /// Adds the edit of the ordinals' row.
    fn count(&self, change: Change) -> Result<Change, Error> {
        match &self.stored_ordinals {
            Some(row) if row.value == self.ordinals => Ok(change),
            Some(row) => change.update(&Versioned {
                value: self.ordinals,
                key: row.key.clone(),
                version: row.version,
            }),
            None if self.ordinals == ConnectionOrdinals::default() => Ok(change),
            None => change.insert(self.service.clone(), &self.ordinals),
        }
    }

    /// Adds the removal of every row of the link. The ordinals stay with the service.
    pub(super) fn removal(&self, mut change: Change) -> Result<Change, Error> {
        for row in &self.stored {
            change = change.delete(row);
        }
        for row in &self.stored_ended {
            change = change.delete(row);
        }
        self.count(change)
    }
}
