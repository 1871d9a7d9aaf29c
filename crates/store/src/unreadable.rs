//! Rows that cannot be decoded: they are set aside, and everything else goes on.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::change::{Change, Write};
use crate::error::Error;
use crate::key::Key;
use crate::kind::Kind;
use crate::lookup::Lookup;
use crate::record::Record;
use crate::store::Store;

/// A row that this version of Underpass cannot decode. Its content is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableRow {
    /// Its kind.
    pub kind: Kind,
    /// Its key.
    pub key: Key,
    /// Its version.
    pub version: u64,
    /// The defect.
    pub defect: Defect,
}

/// The reason why a row cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// The document has a newer format than this version supports.
    Newer,
    /// The document cannot be decrypted with the key.
    Undecryptable,
    /// The document is not JSON.
    Malformed,
    /// The document is JSON in a form that this version does not support.
    Unsupported,
}

/// The unreadable rows that reads of one store met; cheap to clone.
///
/// Each row is logged once per version.
#[derive(Clone, Default)]
pub(crate) struct UnreadableRows(Arc<Mutex<Known>>);

/// The version and the defect of each row.
type Known = BTreeMap<(Kind, Key), (u64, Defect)>;

// === impl UnreadableRow ===

impl UnreadableRow {
    /// The name of the project that it belongs to; `None` for rows of the installation.
    pub fn project(&self) -> Option<&str> {
        let below = match self.kind {
            Kind::Observed => self.key.as_str().split_once('/')?.1,
            Kind::Project | Kind::CaKey => self.key.as_str(),
            kind if kind.is_below_project() => self.key.as_str(),
            _ => return None,
        };
        below.split('/').next()
    }
}

// === impl Defect ===

impl Defect {
    /// The name, for logs and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newer => "newer",
            Self::Undecryptable => "undecryptable",
            Self::Malformed => "malformed",
            Self::Unsupported => "unsupported",
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl UnreadableRows ===

impl UnreadableRows {
    /// Remembers and logs a row that cannot be decoded.
    pub(crate) fn report(&self, record: &Record, error: &Error) {
        let defect = record.defect(error);
        let found = (record.version, defect);
        let row = (record.kind, record.key.clone());
        if self.rows().insert(row, found) == Some(found) {
            return;
        }
        tracing::error!(
            document.kind = record.kind.as_str(),
            document.key = %record.key,
            document.version = record.version,
            defect = defect.as_str(),
            cause = std::error::Error::source(error),
            "failed to read a stored document: it is set aside and left unchanged"
        );
    }

    /// Refuses a change that writes over an unreadable row, or removes it: the row may be readable
    /// for another version.
    ///
    /// # Errors
    /// [`Error::Unreadable`]: the change writes such a row.
    pub(crate) fn protect(&self, change: &Change) -> Result<(), Error> {
        let rows = self.rows();
        if rows.is_empty() {
            return Ok(());
        }
        for write in &change.writes {
            let (Write::Put(kind, key, _) | Write::Remove(kind, key)) = write;
            if let Some((_, defect)) = rows.get(&(*kind, key.clone())) {
                return Err(Error::Unreadable {
                    kind: kind.as_str(),
                    key: key.to_string(),
                    source: format!("the stored document is {defect}").into(),
                });
            }
        }
        Ok(())
    }

    /// Returns the rows that still have the version that cannot be decoded.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn confirmed(&self, store: &dyn Store) -> Result<Vec<UnreadableRow>, Error> {
        let met: Vec<UnreadableRow> = self
            .rows()
            .iter()
            .map(|((kind, key), (version, defect))| UnreadableRow {
                kind: *kind,
                key: key.clone(),
                version: *version,
                defect: *defect,
            })
            .collect();
        if met.is_empty() {
            return Ok(met);
        }
        let lookups: Vec<_> = met
            .iter()
            .map(|row| Lookup::One(row.kind, row.key.clone()))
            .collect();
        let fetched = store.fetch(&lookups).await?;
        let (confirmed, outdated): (Vec<_>, Vec<_>) = met.into_iter().partition(|row| {
            let is_same = |record: &Record| {
                (record.kind, &record.key, record.version) == (row.kind, &row.key, row.version)
            };
            fetched.records().iter().any(is_same)
        });
        let mut rows = self.rows();
        for row in outdated {
            rows.remove(&(row.kind, row.key));
        }
        Ok(confirmed)
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<(Kind, Key), (u64, Defect)>> {
        // No code that holds the lock panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for UnreadableRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UnreadableRows")
            .field(&self.rows().len())
            .finish()
    }
}
