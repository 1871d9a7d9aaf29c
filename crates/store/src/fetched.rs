//! Rows read from one snapshot.

use crate::error::Error;
use crate::key::Key;
use crate::kind::Kind;
use crate::record::Record;
use crate::stored_document::{StoredDocument, check};
use crate::unreadable::UnreadableRows;
use crate::versioned::Versioned;

/// Rows read from one snapshot.
#[derive(Debug, Clone, Default)]
pub struct Fetched {
    records: Vec<Record>,
    unreadable: UnreadableRows,
}

impl PartialEq for Fetched {
    fn eq(&self, other: &Self) -> bool {
        self.records == other.records
    }
}

impl Fetched {
    /// Collects the rows that an engine read: in key order, each row once even if several lookups
    /// select it. Rows that cannot be decoded are reported to `unreadable`.
    pub(crate) fn new(mut records: Vec<Record>, unreadable: UnreadableRows) -> Self {
        records.sort_by(|a, b| (a.kind, &a.key).cmp(&(b.kind, &b.key)));
        records.dedup_by(|a, b| (a.kind, &a.key) == (b.kind, &b.key));
        Self {
            records,
            unreadable,
        }
    }

    /// The rows, by kind and then by key.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Decodes the document of a key, if it was read.
    ///
    /// # Errors
    /// [`Error::Unreadable`] or [`Error::Encryption`]: the document cannot be decoded.
    pub fn one<D: StoredDocument>(&self, key: &Key) -> Result<Option<Versioned<D>>, Error> {
        self.record(D::KIND, key)
            .map(|record| self.decode(record))
            .transpose()
    }

    /// Decodes every document of a type that was read, in key order. For readers that decide on the
    /// whole; others use [`Self::readable`].
    ///
    /// # Errors
    /// [`Error::Unreadable`] or [`Error::Encryption`]: a document cannot be decoded.
    pub fn all<D: StoredDocument>(&self) -> Result<Vec<Versioned<D>>, Error> {
        self.of_kind(D::KIND)
            .map(|record| self.decode(record))
            .collect()
    }

    /// Decodes the documents of a type that were read, in key order, without those that cannot be
    /// decoded.
    pub fn readable<D: StoredDocument>(&self) -> Vec<Versioned<D>> {
        self.of_kind(D::KIND)
            .filter_map(|record| self.decode(record).ok())
            .collect()
    }

    /// Decodes the document of a key, if it was read and can be decoded.
    pub fn readable_one<D: StoredDocument>(&self, key: &Key) -> Option<Versioned<D>> {
        self.record(D::KIND, key)
            .and_then(|record| self.decode(record).ok())
    }

    /// Returns the keys of the documents of a type that were read and cannot be decoded.
    pub fn unreadable<D: StoredDocument>(&self) -> Vec<&Key> {
        self.of_kind(D::KIND)
            .filter(|record| self.decode::<D>(record).is_err())
            .map(|record| &record.key)
            .collect()
    }

    /// Returns whether the document of a key was read and cannot be decoded.
    pub fn is_unreadable<D: StoredDocument>(&self, key: &Key) -> bool {
        self.record(D::KIND, key)
            .is_some_and(|record| self.decode::<D>(record).is_err())
    }

    /// Decodes every row as a document of its kind, so that [`Store::unreadable`] lists those for
    /// which that fails.
    ///
    /// [`Store::unreadable`]: crate::Store::unreadable
    pub fn check(&self) {
        for record in &self.records {
            if let Err(error) = check(record) {
                self.unreadable.report(record, &error);
            }
        }
    }

    fn record(&self, kind: Kind, key: &Key) -> Option<&Record> {
        let order = |record: &Record| (record.kind, &record.key).cmp(&(kind, key));
        let index = self.records.binary_search_by(order).ok()?;
        self.records.get(index)
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Record> {
        self.records
            .iter()
            .filter(move |record| record.kind == kind)
    }

    fn decode<D: StoredDocument>(&self, record: &Record) -> Result<Versioned<D>, Error> {
        Versioned::decode(record).inspect_err(|error| self.unreadable.report(record, error))
    }
}
