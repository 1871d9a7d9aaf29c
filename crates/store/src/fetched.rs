//! Rows read from one snapshot.

use crate::error::Error;
use crate::key::Key;
use crate::record::Record;
use crate::stored_document::StoredDocument;
use crate::versioned::Versioned;

/// Rows read from one snapshot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fetched {
    records: Vec<Record>,
}

impl Fetched {
    /// Collects the rows that an engine read: in key order, each row once even if several lookups
    /// select it.
    pub fn new(mut records: Vec<Record>) -> Self {
        records.sort_by(|a, b| (a.kind, &a.key).cmp(&(b.kind, &b.key)));
        records.dedup_by(|a, b| (a.kind, &a.key) == (b.kind, &b.key));
        Self { records }
    }

    /// The rows, by kind and then by key.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Decodes the document of a key, if it was read.
    ///
    /// # Errors
    /// [`Error::Unreadable`]: the document cannot be decoded.
    pub fn one<D: StoredDocument>(&self, key: &Key) -> Result<Option<Versioned<D>>, Error> {
        self.records
            .iter()
            .find(|record| record.kind == D::KIND && record.key == *key)
            .map(Versioned::decode)
            .transpose()
    }

    /// Decodes every document of a type that was read, in key order.
    ///
    /// # Errors
    /// [`Error::Unreadable`]: a document cannot be decoded.
    pub fn all<D: StoredDocument>(&self) -> Result<Vec<Versioned<D>>, Error> {
        self.records
            .iter()
            .filter(|record| record.kind == D::KIND)
            .map(Versioned::decode)
            .collect()
    }
}
