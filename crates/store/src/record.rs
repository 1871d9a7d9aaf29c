//! Rows as read.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;
use crate::key::{Key, Kind};
use crate::stored_document::{StoredDocument, Versioned};

/// A row.
#[derive(Clone, PartialEq)]
pub struct Record {
    /// Which noun.
    pub kind: Kind,
    /// Which one.
    pub key: Key,
    /// Grows with each write of the row; unique over the store's life.
    pub version: u64,
    /// The noun as JSON, as it was stored: text, since to build a tree of each and take it apart
    /// again is most of the cost of reading thousands of rows.
    pub body: String,
}

/// A row's JSON as it may be logged: nothing of what is encrypted at rest.
pub(crate) struct Body<'a, T>(pub(crate) Kind, pub(crate) &'a T);

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The row of this key, if there.
    One(Kind, Key),
    /// Every row below this key, in key order; the row of the key itself is not among them.
    Under(Kind, Key),
}

/// Rows read as of one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fetched {
    records: Vec<Record>,
}

// === impl Record ===

impl Record {
    /// The body as a tree.
    pub fn json(&self) -> Result<Value, Error> {
        self.read()
    }

    /// The body as a noun of some type.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.body).map_err(|source| Error::Unreadable {
            kind: self.kind.as_str(),
            key: self.key.to_string(),
            source: Box::new(source),
        })
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("kind", &self.kind)
            .field("key", &self.key)
            .field("version", &self.version)
            .field("body", &Body(self.kind, &self.body))
            .finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for Body<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(kind, body) = self;
        if kind.is_encrypted() {
            f.write_str("…")
        } else {
            body.fmt(f)
        }
    }
}

// === impl Fetched ===

impl Fetched {
    /// Wraps what an engine read: in key order, each row once however many lookups found it.
    pub fn new(mut records: Vec<Record>) -> Self {
        records.sort_by(|a, b| (a.kind, &a.key).cmp(&(b.kind, &b.key)));
        records.dedup_by(|a, b| (a.kind, &a.key) == (b.kind, &b.key));
        Self { records }
    }

    /// The rows themselves, by kind and then by key.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The noun of that key, if it was read.
    pub fn one<N: StoredDocument>(&self, key: &Key) -> Result<Option<Versioned<N>>, Error> {
        self.records
            .iter()
            .find(|record| record.kind == N::KIND && record.key == *key)
            .map(Versioned::decode)
            .transpose()
    }

    /// Every noun of that type that was read, in key order.
    pub fn all<N: StoredDocument>(&self) -> Result<Vec<Versioned<N>>, Error> {
        self.records
            .iter()
            .filter(|record| record.kind == N::KIND)
            .map(Versioned::decode)
            .collect()
    }
}
