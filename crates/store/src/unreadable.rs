//! Rows that cannot be decoded: they are set aside, and everything else goes on.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::change::{Change, Write};
use crate::error::Error;
use crate::key::Key;
use crate::kind::Kind;
use crate::record::Record;
use crate::unreadable_row::{Defect, UnreadableRow};

/// The unreadable rows that reads of one store met; cheap to clone.
///
/// Each row is logged once per version.
#[derive(Clone, Default)]
pub(crate) struct UnreadableRows(Arc<Mutex<Known>>);

/// The version and the defect of each row.
type Known = BTreeMap<(Kind, Key), (u64, Defect)>;

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

    /// Returns the rows that were met.
    pub(crate) fn met(&self) -> Vec<UnreadableRow> {
        self.rows()
            .iter()
            .map(|((kind, key), (version, defect))| UnreadableRow {
                kind: *kind,
                key: key.clone(),
                version: *version,
                defect: *defect,
            })
            .collect()
    }

    /// Forgets rows that have changed since.
    pub(crate) fn forget(&self, outdated: Vec<UnreadableRow>) {
        let mut rows = self.rows();
        for row in outdated {
            rows.remove(&(row.kind, row.key));
        }
    }

    fn rows(&self) -> MutexGuard<'_, Known> {
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
