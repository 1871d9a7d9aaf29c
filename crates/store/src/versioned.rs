//! Documents with the versions of their rows.

use crate::error::Error;
use crate::key::Key;
use crate::record::Record;
use crate::stored_document::StoredDocument;

/// A document with the version of its row, for optimistic concurrency control.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<D> {
    /// The row's key.
    pub key: Key,
    /// The row's version.
    pub version: u64,
    /// The document.
    pub value: D,
}

impl<D: StoredDocument> Versioned<D> {
    pub(crate) fn decode(record: &Record) -> Result<Self, Error> {
        Ok(Self {
            key: record.key.clone(),
            version: record.version,
            value: record.read()?,
        })
    }
}
