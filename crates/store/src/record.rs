//! Stored rows.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Error;
use crate::key::Key;
use crate::kind::Kind;

/// A row of a document.
#[derive(Clone, PartialEq)]
pub struct Record {
    /// The kind of the document.
    pub kind: Kind,
    /// The key of the row within its kind.
    pub key: Key,
    /// The version, which grows with each write of the row and is unique within the store.
    pub version: u64,
    /// The document as JSON text. A parsed tree would dominate the cost of reading thousands of
    /// rows.
    pub body: String,
}

/// A row's JSON in logs: omits the content of kinds that are encrypted at rest.
pub(crate) struct Redacted<'a, T>(pub(crate) Kind, pub(crate) &'a T);

// === impl Record ===

impl Record {
    /// Parses the body as a JSON tree.
    ///
    /// # Errors
    /// [`Error::Unreadable`]: the body is not JSON.
    pub fn json(&self) -> Result<Value, Error> {
        self.read()
    }

    /// Parses the body as a document type.
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
            .field("body", &Redacted(self.kind, &self.body))
            .finish()
    }
}

// === impl Redacted ===

impl<T: fmt::Debug> fmt::Debug for Redacted<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(kind, body) = self;
        if kind.is_encrypted() {
            f.write_str("…")
        } else {
            body.fmt(f)
        }
    }
}
