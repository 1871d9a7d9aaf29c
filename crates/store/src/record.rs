//! Stored rows.

use std::fmt;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::encryption::EncryptionError;
use crate::error::Error;
use crate::key::Key;
use crate::kind::Kind;
use crate::unreadable_row::Defect;

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
    /// The format of the document. That of a newer version of Underpass is not decoded: this version
    /// would lose what it does not know at the next write.
    pub(crate) format: u32,
    /// False if the row could not be decrypted, in which case the body is empty.
    pub(crate) is_decrypted: bool,
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
        if !self.is_decrypted {
            return Err(Error::Encryption {
                kind: self.kind.as_str(),
                key: self.key.to_string(),
                source: EncryptionError::Undecryptable,
            });
        }
        if self.format > self.kind.format() {
            let (found, known) = (self.format, self.kind.format());
            return Err(self.unreadable(
                format!("it has format {found}, and this version supports formats up to {known}")
                    .into(),
            ));
        }
        serde_json::from_str(&self.body).map_err(|source| {
            self.unreadable(if self.kind.is_encrypted() {
                // The parser's text may quote a secret.
                "the decrypted document has another form".into()
            } else {
                Box::new(source)
            })
        })
    }

    /// Returns the defect for which the body was not decoded.
    pub(crate) fn defect(&self, error: &Error) -> Defect {
        if matches!(error, Error::Encryption { .. }) {
            Defect::Undecryptable
        } else if self.format > self.kind.format() {
            Defect::Newer
        } else if serde_json::from_str::<IgnoredAny>(&self.body).is_err() {
            Defect::Malformed
        } else {
            Defect::Unsupported
        }
    }

    fn unreadable(&self, source: Box<dyn std::error::Error + Send + Sync>) -> Error {
        Error::Unreadable {
            kind: self.kind.as_str(),
            key: self.key.to_string(),
            source,
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("kind", &self.kind)
            .field("key", &self.key)
            .field("version", &self.version)
            .field("body", &Redacted(self.kind, &self.body))
            .finish_non_exhaustive()
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
