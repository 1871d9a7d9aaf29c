//! What a store promises, and the engines that keep it.
//!
//! A store holds versioned documents, one table of work and one history of events.
//! Everything that changes together goes into one [`Change`]; it is committed whole or not at
//! all, and what was committed survives the process being killed.
//!
//! Two engines keep the promise: [`Memory`], which answers at once and is therefore what
//! simulations run on, and [`Sqlite`]. What they decide about work is one function for both;
//! [`conformance`] holds what any engine must do.
//!
//! # Work
//! A row of work exists while somebody asked for a pass or holds a lease. Claiming takes over
//! what was asked so far; what is asked afterwards is kept beside the lease, so it outlives
//! [`WorkEdit::Finish`] and [`WorkEdit::Forget`] whichever generation it names. The generations of
//! a wish that is made anew begin again, so only those asked since the claim are compared.
//! A lease that ran out is due from then on, until somebody claims it or its holder ends it.
//!
//! Times are kept in whole microseconds.

mod change;
pub mod conformance;
mod encryption;
mod history;
mod key;
mod memory;
mod private_file;
mod record;
mod sqlite;
mod stored_document;
mod stored_timestamp;
mod work;

use std::path::PathBuf;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::event::Event;
use underpass_model::id::Generation;
use underpass_model::name::ProjectName;
use underpass_model::work::{Priority, WorkKey};

pub use self::change::{Change, Expectation, WorkEdit, Write};
pub use self::encryption::{Cipher, EncryptionError};
pub use self::history::{HistoryOrder, HistoryPage};
pub use self::key::{Key, Kind};
pub use self::memory::Memory;
pub use self::record::{Fetched, Lookup, Record};
pub use self::sqlite::Sqlite;
pub use self::stored_document::{
    HostLabelClaim, NatRangeClaim, StoredDocument, Versioned, VpcResident,
};

/// A place where intent is kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// Reads several rows as of one moment.
    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error>;

    /// Commits a change whole, or nothing of it. Once this answered `Ok`, the change survives
    /// the process being killed and every later read sees it.
    ///
    /// A future that is dropped before it answered may have committed.
    ///
    /// # Errors
    /// [`Error::Conflict`] when an expectation does not hold: read again and decide again.
    /// After any other error it is not known whether the change will be found.
    async fn commit(&self, change: Change) -> Result<(), Error>;

    /// Leases up to `limit` due rows of work until `lease_until`, the more urgent first.
    ///
    /// A row is due when its time has come and nobody holds an unexpired lease on it. Among the
    /// equally urgent the one due longest comes first, then the first by the text of its key.
    async fn claim(
        &self,
        owner: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Claim>, Error>;

    /// When [`Store::claim`] next has something to give: the earliest due time, or the end of the
    /// earliest lease if that comes first.
    async fn next_due(&self) -> Result<Option<Timestamp>, Error>;

    /// A part of a project's history, each event with its position.
    async fn history(
        &self,
        project: &ProjectName,
        page: &HistoryPage,
    ) -> Result<Vec<(u64, Event)>, Error>;

    /// A project's history after a position, oldest first.
    async fn events(
        &self,
        project: &ProjectName,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Event)>, Error> {
        self.history(project, &HistoryPage::after(after, limit))
            .await
    }

    /// Proves that a write is possible, by writing; for readiness probes.
    async fn check(&self) -> Result<(), Error>;
}

/// A lease on a row of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The wish to look at.
    pub key: WorkKey,
    /// Tells this lease from every other ever given; drawn from one sequence of the whole store,
    /// so a wish that is made anew under an old key cannot be mistaken for the old one.
    pub epoch: u64,
    /// The newest generation that was asked for when the lease was given.
    pub generation: Generation,
    /// How urgent it is.
    pub priority: Priority,
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An expectation of the change did not hold; nothing was changed.
    #[error("commit change: {expectation} does not hold any more")]
    Conflict {
        /// The expectation, for logs.
        expectation: String,
    },
    /// The store cannot be opened.
    #[error("open store `{}`", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// What refused.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store's schema is of a version that this program does not know.
    #[error(
        "open store `{}`: it was written by a newer version of Underpass (schema {found}, this one \
         knows up to {known}); run that version, or restore an older copy",
        path.display()
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The schema version found.
        found: i64,
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
        /// Which file.
        path: PathBuf,
    },
    /// A row cannot be encrypted or decrypted.
    #[error("encrypt or decrypt {kind} `{key}`")]
    Encryption {
        /// Which table.
        kind: &'static str,
        /// Which row.
        key: String,
        /// What is wrong.
        #[source]
        source: EncryptionError,
    },
    /// A stored row cannot be read by this version.
    #[error("read {kind} `{key}`: stored by another version, or damaged")]
    Unreadable {
        /// Which table.
        kind: &'static str,
        /// Which row.
        key: String,
        /// What the decoder said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The engine failed.
    #[error("{doing}")]
    Engine {
        /// What was attempted, as a present-tense phrase.
        doing: &'static str,
        /// What the engine said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// Whether another attempt after a fresh read can succeed.
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// Whether the disk is to blame, not what the engine was asked or keeps: it is full, or
    /// read-only. Nothing was written, and it passes once somebody has seen to it.
    pub fn is_outage(&self) -> bool {
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            if sqlite::is_outage(error) {
                return true;
            }
            cause = error.source();
        }
        false
    }
}
