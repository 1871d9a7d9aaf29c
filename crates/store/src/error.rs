//! The errors of a store.

use std::path::PathBuf;

use crate::encryption::EncryptionError;
use crate::{postgres, sqlite};

/// An error of a store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An expectation of the change did not hold; nothing was changed.
    #[error("commit change: {expectation} no longer holds")]
    Conflict {
        /// The expectation, for logs.
        expectation: String,
    },
    /// The store cannot be opened.
    #[error("open store `{}`", path.display())]
    Open {
        /// The database file, or the address of the database.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store's schema is of a newer version, and this program cannot use it.
    #[error(
        "open store `{}`: it was written by a newer version of Underpass (schema {found}, for \
         versions that support schema {min_reader}; this version supports schemas up to {known}). \
         Run a newer version, or restore an older copy of the store",
        path.display()
    )]
    Newer {
        /// The database file, or the address of the database.
        path: PathBuf,
        /// The schema version found.
        found: i64,
        /// The oldest schema whose version can use the store.
        min_reader: i64,
        /// The newest schema version known.
        known: i64,
    },
    /// The store's secrets were encrypted with another key.
    #[error(
        "open store `{}`: its secrets were encrypted with another key. Restore the key file that \
         belongs to it",
        path.display()
    )]
    WrongKey {
        /// The database file, or the address of the database.
        path: PathBuf,
    },
    /// A row cannot be encrypted or decrypted.
    #[error("encrypt or decrypt {kind} `{key}`")]
    Encryption {
        /// The kind of the row.
        kind: &'static str,
        /// The key of the row.
        key: String,
        /// The cause.
        #[source]
        source: EncryptionError,
    },
    /// A stored row cannot be decoded by this version.
    #[error("read {kind} `{key}`: stored by another version, or damaged")]
    Unreadable {
        /// The kind of the row.
        kind: &'static str,
        /// The key of the row.
        key: String,
        /// The decoder's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store is backed up by other tools.
    #[error(
        "make a backup: the store is a PostgreSQL database. Back it up with its own tools, for instance \
         `pg_dump --format=custom --file=underpass.dump DATABASE`, and keep the key file elsewhere"
    )]
    BackupElsewhere,
    /// The engine failed.
    #[error("{action}")]
    Engine {
        /// The attempted operation, as a present-tense phrase.
        action: &'static str,
        /// The engine's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// Returns whether another attempt after a fresh read can succeed.
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// Returns whether a stored document is the cause, which cannot be decoded or decrypted.
    pub const fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable { .. } | Self::Encryption { .. })
    }

    /// Returns whether the disk or the database is the cause: the disk is full or read-only, the database
    /// cannot be reached. Nothing was written unless [`Self::is_uncertain`]. The store works again once
    /// the operator has repaired the cause.
    pub fn is_outage(&self) -> bool {
        self.has_cause(|error| sqlite::is_outage(error) || postgres::is_outage(error))
    }

    /// Returns whether the change may have been committed: the database was lost in between, and could
    /// not be asked.
    pub fn is_uncertain(&self) -> bool {
        self.has_cause(postgres::is_uncertain)
    }

    fn has_cause(&self, is: impl Fn(&(dyn std::error::Error + 'static)) -> bool) -> bool {
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            if is(error) {
                return true;
            }
            cause = error.source();
        }
        false
    }
}
