//! What is committed together.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;
use underpass_model::event::Event;
use underpass_model::id::Generation;
use underpass_model::work::{Enqueue, WorkKey};

use crate::Error;
use crate::key::{Key, Kind};
use crate::record::Body;
use crate::stored_document::{StoredDocument, Versioned};

/// A set of edits that is committed whole, if its expectations hold.
///
/// The expectations are about the state before the change. Then rows are written, leases ended,
/// work asked for and history appended, in this order: a change that ends a lease and asks for
/// the same work leaves it due.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// What must be true at the moment of the commit.
    pub expectations: Vec<Expectation>,
    /// Rows to write or remove, in order.
    pub writes: Vec<Write>,
    /// What becomes of leased work.
    pub work: Vec<WorkEdit>,
    /// Work to ask for.
    pub enqueue: Vec<Enqueue>,
    /// History to append.
    pub events: Vec<Event>,
}

/// Something that must be true at the moment of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// There is no such row.
    Absent(Kind, Key),
    /// The row is there and has this version.
    Version(Kind, Key, u64),
    /// There is no row below this key.
    NoneUnder(Kind, Key),
    /// The work is leased with this epoch, expired or not: nobody took it over.
    Lease(WorkKey, u64),
}

/// An edit of a row.
#[derive(Clone, PartialEq)]
pub enum Write {
    /// Makes the row be this.
    Put(Kind, Key, Value),
    /// Removes the row; nothing happens when it is not there.
    Remove(Kind, Key),
}

/// What becomes of leased work. Each is carried out only while the lease's epoch is the row's,
/// expired or not; otherwise it does nothing, and the rest of the change is committed all the
/// same. Add [`Expectation::Lease`] where that is not wanted.
///
/// What was asked for since the lease was given is never lost: it stays due at its own time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkEdit {
    /// The wish of this generation rests: nothing is due, but for what was asked meanwhile; a
    /// newer generation that was asked for meanwhile is due at once. The lease ends.
    Finish {
        /// Which work.
        key: WorkKey,
        /// The lease.
        epoch: u64,
        /// The generation that was looked at.
        generation: Generation,
    },
    /// Looked at; due again at this time, or earlier if that was asked for meanwhile, or at once
    /// if a newer generation was. The lease ends.
    Reschedule {
        /// Which work.
        key: WorkKey,
        /// The lease.
        epoch: u64,
        /// The generation that was looked at.
        generation: Generation,
        /// When to look again.
        due_at: Timestamp,
    },
    /// The wish is gone: nothing is due, but for what was asked meanwhile, since that may be
    /// about a wish made anew under the same key. The lease ends.
    Forget {
        /// Which work.
        key: WorkKey,
        /// The lease.
        epoch: u64,
    },
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(kind, key) => write!(f, "\"no {} `{key}`\"", kind.as_str()),
            Self::Version(kind, key, version) => {
                write!(f, "\"{} `{key}` has version {version}\"", kind.as_str())
            }
            Self::NoneUnder(kind, key) => write!(f, "\"no {} below `{key}`\"", kind.as_str()),
            Self::Lease(key, epoch) => write!(f, "\"lease {epoch} on `{key}`\""),
        }
    }
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(kind, key, body) => f
                .debug_tuple("Put")
                .field(kind)
                .field(key)
                .field(&Body(*kind, body))
                .finish(),
            Self::Remove(kind, key) => f.debug_tuple("Remove").field(kind).field(key).finish(),
        }
    }
}

// === impl WorkEdit ===

impl WorkEdit {
    /// Which work it is about.
    pub const fn key(&self) -> &WorkKey {
        match self {
            Self::Finish { key, .. } | Self::Reschedule { key, .. } | Self::Forget { key, .. } => {
                key
            }
        }
    }

    /// The lease it ends.
    pub const fn epoch(&self) -> u64 {
        match self {
            Self::Finish { epoch, .. }
            | Self::Reschedule { epoch, .. }
            | Self::Forget { epoch, .. } => *epoch,
        }
    }
}

// === impl Change ===

impl Change {
    /// A change of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row that must not be there yet.
    pub fn insert<N: StoredDocument>(mut self, key: Key, noun: &N) -> Result<Self, Error> {
        self.expectations
            .push(Expectation::Absent(N::KIND, key.clone()));
        self.put(key, noun)
    }

    /// Replaces a row that must still be the one that was read.
    pub fn update<N: StoredDocument>(mut self, row: &Versioned<N>) -> Result<Self, Error> {
        self.expectations
            .push(Expectation::Version(N::KIND, row.key.clone(), row.version));
        self.put(row.key.clone(), &row.value)
    }

    /// Writes a row, whatever is there.
    pub fn put<N: StoredDocument>(mut self, key: Key, noun: &N) -> Result<Self, Error> {
        let body = serde_json::to_value(noun).map_err(|source| Error::Engine {
            doing: "encode row",
            source: Box::new(source),
        })?;
        self.writes.push(Write::Put(N::KIND, key, body));
        Ok(self)
    }

    /// Removes a row that must still be the one that was read.
    #[must_use]
    pub fn delete<N: StoredDocument>(mut self, row: &Versioned<N>) -> Self {
        self.expectations
            .push(Expectation::Version(N::KIND, row.key.clone(), row.version));
        self.writes.push(Write::Remove(N::KIND, row.key.clone()));
        self
    }

    /// Removes a row, whatever it is.
    #[must_use]
    pub fn remove<N: StoredDocument>(mut self, key: Key) -> Self {
        self.writes.push(Write::Remove(N::KIND, key));
        self
    }

    /// Requires something.
    #[must_use]
    pub fn expect(mut self, expectation: Expectation) -> Self {
        self.expectations.push(expectation);
        self
    }

    /// Requires that a row is still the one that was read, without changing it.
    #[must_use]
    pub fn expect_unchanged<N: StoredDocument>(self, row: &Versioned<N>) -> Self {
        let expectation = Expectation::Version(N::KIND, row.key.clone(), row.version);
        self.expect(expectation)
    }

    /// Asks for work.
    #[must_use]
    pub fn enqueue(mut self, enqueue: Enqueue) -> Self {
        self.enqueue.push(enqueue);
        self
    }

    /// Says what becomes of leased work.
    #[must_use]
    pub fn work(mut self, edit: WorkEdit) -> Self {
        self.work.push(edit);
        self
    }

    /// Appends to the history.
    #[must_use]
    pub fn event(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// Whether committing it would do nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
