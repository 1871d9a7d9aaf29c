//! Sets of edits that are committed together.

use std::fmt;

use serde_json::Value;
use underpass_model::event::Event;
use underpass_model::work::{Enqueue, WorkKey};

use crate::error::Error;
use crate::key::Key;
use crate::kind::Kind;
use crate::record::Redacted;
use crate::stored_document::StoredDocument;
use crate::versioned::Versioned;
use crate::work_edit::WorkEdit;

/// A set of edits that is committed whole if its expectations hold.
///
/// The expectations concern the state before the change. Then rows are written, leases ended, work
/// enqueued and events appended, in this order: a change that ends a lease and enqueues the same
/// work leaves it due.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// Conditions that must hold at the commit.
    pub expectations: Vec<Expectation>,
    /// Rows to write or remove, in order.
    pub writes: Vec<Write>,
    /// Leases to end.
    pub work: Vec<WorkEdit>,
    /// Work to enqueue.
    pub enqueue: Vec<Enqueue>,
    /// Events to append to the history.
    pub events: Vec<Event>,
}

/// A condition that must hold at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// The row does not exist.
    Absent(Kind, Key),
    /// The row exists and has this version.
    Version(Kind, Key, u64),
    /// No row exists below this key.
    NoneUnder(Kind, Key),
    /// Fewer rows than this number exist below this key.
    FewerUnder(Kind, Key, usize),
    /// The work is leased with this epoch: no other claim took it over. The lease may have expired.
    Lease(WorkKey, u64),
}

/// An edit of a row.
#[derive(Clone, PartialEq)]
pub enum Write {
    /// Creates or replaces the row.
    Put(Kind, Key, Value),
    /// Removes the row if it exists.
    Remove(Kind, Key),
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(kind, key) => write!(f, "\"no {} `{key}`\"", kind.as_str()),
            Self::Version(kind, key, version) => {
                write!(f, "\"{} `{key}` has version {version}\"", kind.as_str())
            }
            Self::NoneUnder(kind, key) => write!(f, "\"no {} below `{key}`\"", kind.as_str()),
            Self::FewerUnder(kind, key, number) => {
                write!(f, "\"fewer than {number} {} below `{key}`\"", kind.as_str())
            }
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
                .field(&Redacted(*kind, body))
                .finish(),
            Self::Remove(kind, key) => f.debug_tuple("Remove").field(kind).field(key).finish(),
        }
    }
}

// === impl Change ===

impl Change {
    /// Creates an empty change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row that must not exist yet.
    ///
    /// # Errors
    /// [`Error::Engine`]: the document cannot be encoded.
    pub fn insert<D: StoredDocument>(mut self, key: Key, document: &D) -> Result<Self, Error> {
        self.expectations
            .push(Expectation::Absent(D::KIND, key.clone()));
        self.put(key, document)
    }

    /// Replaces a row that must be unchanged since it was read.
    ///
    /// # Errors
    /// [`Error::Engine`]: the document cannot be encoded.
    pub fn update<D: StoredDocument>(mut self, row: &Versioned<D>) -> Result<Self, Error> {
        self.expectations
            .push(Expectation::Version(D::KIND, row.key.clone(), row.version));
        self.put(row.key.clone(), &row.value)
    }

    /// Creates or replaces a row unconditionally.
    ///
    /// # Errors
    /// [`Error::Engine`]: the document cannot be encoded.
    pub fn put<D: StoredDocument>(mut self, key: Key, document: &D) -> Result<Self, Error> {
        let body = serde_json::to_value(document).map_err(|source| Error::Engine {
            action: "encode row",
            source: Box::new(source),
        })?;
        self.writes.push(Write::Put(D::KIND, key, body));
        Ok(self)
    }

    /// Removes a row that must be unchanged since it was read.
    #[must_use]
    pub fn delete<D: StoredDocument>(mut self, row: &Versioned<D>) -> Self {
        self.expectations
            .push(Expectation::Version(D::KIND, row.key.clone(), row.version));
        self.writes.push(Write::Remove(D::KIND, row.key.clone()));
        self
    }

    /// Removes a row unconditionally.
    #[must_use]
    pub fn remove<D: StoredDocument>(mut self, key: Key) -> Self {
        self.writes.push(Write::Remove(D::KIND, key));
        self
    }

    /// Adds an expectation.
    #[must_use]
    pub fn expect(mut self, expectation: Expectation) -> Self {
        self.expectations.push(expectation);
        self
    }

    /// Expects that a row is unchanged since it was read, without writing it.
    #[must_use]
    pub fn expect_unchanged<D: StoredDocument>(self, row: &Versioned<D>) -> Self {
        let expectation = Expectation::Version(D::KIND, row.key.clone(), row.version);
        self.expect(expectation)
    }

    /// Enqueues work.
    #[must_use]
    pub fn enqueue(mut self, enqueue: Enqueue) -> Self {
        self.enqueue.push(enqueue);
        self
    }

    /// Ends a lease.
    #[must_use]
    pub fn work(mut self, edit: WorkEdit) -> Self {
        self.work.push(edit);
        self
    }

    /// Appends an event to the history.
    #[must_use]
    pub fn event(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// Returns whether the change contains no edits and no expectations.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
