//! The store in a SQLite file.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::event::Event;
use underpass_model::name::ProjectName;
use underpass_private_file::remove_leftovers;

use super::readers::Readers;
use super::restore::{Restored, restore};
use super::witness::Witness;
use super::writer::{Task, Writer};
use super::{changes, copy, event_counts, events, lineage, moved, rows, schema, witness, work};
use crate::backup::{BackupSource, EncryptedBackup, RestoreError};
use crate::change::Change;
use crate::changed_row::ChangedRows;
use crate::claim::Claim;
use crate::encryption::Cipher;
use crate::error::Error;
use crate::fetched::Fetched;
use crate::history::HistoryPage;
use crate::key::Key;
use crate::kind::Kind;
use crate::lineage::{Lineage, StorePosition};
use crate::lookup::Lookup;
use crate::older_store::OlderStore;
use crate::retention::EventLimits;
use crate::room::Room;
use crate::still_unreadable::still_unreadable;
use crate::store::Store;
use crate::stored_timestamp::StoredTimestamp;
use crate::unreadable::UnreadableRows;
use crate::unreadable_row::UnreadableRow;
use crate::work::ClaimRequest;

/// A store in one file, beside which SQLite keeps a `-wal` and a `-shm` file, and the store a
/// `.position` file, by which it recognises an earlier copy of itself.
///
/// Its futures need no particular runtime. Reads run on the polling thread and take microseconds.
/// Dropping the store waits until the file is closed.
#[derive(Debug)]
pub struct Sqlite {
    // Dropped in this order. The last connection to close performs a checkpoint, for which it must
    // be able to write.
    readers: Readers,
    writer: Writer,
    // After the writer, so that its last write includes every commit.
    witness: Witness,
    older: Option<OlderStore>,
    lineage: Lineage,
    cipher: Arc<Cipher>,
    unreadable: UnreadableRows,
}

impl Sqlite {
    /// Opens the store in a file. Creates the file if it does not exist and migrates an older
    /// schema. Its changes are of `next`, which the caller draws at random for each opening.
    ///
    /// The caller must be the only one that has the store open. Leases of an earlier process are
    /// therefore ended.
    ///
    /// # Errors
    /// - [`Error::Newer`]: a newer version of Underpass wrote the file.
    /// - [`Error::WrongKey`]: the file's secrets were encrypted with another key.
    /// - [`Error::Open`]: the file cannot be created, opened or migrated, or was copied to a database.
    /// - [`Error::Engine`] or [`Error::Unreadable`]: the leases cannot be ended.
    pub fn open(path: &Path, cipher: Cipher, next: Lineage) -> Result<Self, Error> {
        // Copies that a crash left in the middle of a backup.
        remove_leftovers(path).map_err(|error| Error::Open {
            path: path.to_owned(),
            source: Box::new(error),
        })?;
        moved::refuse(path)?;
        let connection = schema::open(path, &cipher)?;
        work::end_leases(&connection)?;
        let unopened = |error: std::io::Error| Error::Open {
            path: path.to_owned(),
            source: Box::new(error),
        };
        let position = StorePosition {
            lineage: lineage::read(&connection)?,
            number: changes::last(&connection)?,
        };
        let older = witness::compare(path, position).map_err(|error| unopened(error.source))?;
        let witness = Witness::start(path, position.number, next).map_err(unopened)?;
        if older.is_none() {
            let unopened = |error: underpass_private_file::Error| unopened(error.source);
            witness.announce(position).map_err(unopened)?;
            lineage::write(&connection, next)?;
            witness.begin().map_err(unopened)?;
        }
        let cipher = Arc::new(cipher);
        let writer =
            Writer::start(connection, Arc::clone(&cipher), witness.handle()).map_err(unopened)?;
        Ok(Self {
            readers: Readers::new(path.to_owned()),
            writer,
            witness,
            older,
            lineage: next,
            cipher,
            unreadable: UnreadableRows::default(),
        })
    }

    /// Returns why the store is not the newest one; `None` if it is, or nothing is known.
    ///
    /// The answer is that of the opening. Every later opening repeats it until
    /// [`Self::accept_as_newest`].
    pub const fn older(&self) -> Option<&OlderStore> {
        self.older.as_ref()
    }

    /// Takes the store for the newest one from now on, and every copy of an earlier time for an older
    /// one.
    ///
    /// The caller first records in the store that it was older.
    ///
    /// # Errors
    /// [`Error::Engine`]: the store, or the file beside it, cannot be written.
    pub async fn accept_as_newest(&self) -> Result<(), Error> {
        let unwritten = |error: underpass_private_file::Error| Error::Engine {
            action: "write the position of the store",
            source: Box::new(error),
        };
        self.witness.announce_replacement().map_err(unwritten)?;
        self.writer.run(Task::BeginLineage(self.lineage)).await?;
        self.witness.begin().map_err(unwritten)
    }

    /// Replaces the store in a file by the one in a backup. The replaced store is kept beside it
    /// under a name that ends in `.before-` and the time `now`. Nothing is replaced before the
    /// backup was decrypted and checked as a whole.
    ///
    /// No process may have the store open.
    ///
    /// # Errors
    /// - [`RestoreError::NotABackup`], [`RestoreError::OtherFormat`], [`RestoreError::OtherKey`],
    ///   [`RestoreError::Altered`]: the file is not a complete backup that was made with this key.
    /// - [`RestoreError::Damaged`]: the store was damaged when it was backed up.
    /// - [`RestoreError::Store`]: a newer version of Underpass wrote the store, or its secrets were
    ///   encrypted with another key.
    /// - [`RestoreError::File`]: a file cannot be read or written.
    pub fn restore(
        backup: &Path,
        store: &Path,
        cipher: &Cipher,
        now: Timestamp,
    ) -> Result<Restored, RestoreError> {
        restore(backup, store, cipher, now)
    }
}

impl BackupSource for Sqlite {
    fn back_up(&self, made_at: Timestamp) -> Result<EncryptedBackup, Error> {
        let copy = copy::copy(self.readers.path())?;
        EncryptedBackup::new(copy, &self.cipher, made_at).map_err(|source| Error::Engine {
            action: "read the copy of the store",
            source: Box::new(source),
        })
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error> {
        self.readers.read(|connection| {
            let mut records = Vec::new();
            for lookup in lookups {
                rows::look_up(connection, &self.cipher, lookup, &mut records)?;
            }
            Ok(Fetched::new(records, self.unreadable.clone()))
        })
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Option<ChangedRows>, Error> {
        self.readers
            .read(|connection| changes::after(connection, after, limit))
    }

    async fn unreadable(&self) -> Result<Vec<UnreadableRow>, Error> {
        still_unreadable(&self.unreadable, self).await
    }

    async fn commit(&self, change: Change) -> Result<(), Error> {
        if change.is_empty() {
            return Ok(());
        }
        self.unreadable.protect(&change)?;
        self.writer.run(Task::Commit(change)).await.map(drop)
    }

    async fn claim(
        &self,
        owner: &str,
        now: Timestamp,
        lease_until: Timestamp,
        room: &Room,
    ) -> Result<Vec<Claim>, Error> {
        let request = ClaimRequest {
            owner: owner.to_owned(),
            now: now.into(),
            until: lease_until.into(),
        };
        self.writer.run(Task::Claim(request, room.clone())).await
    }

    async fn next_due(&self, room: &Room) -> Result<Option<Timestamp>, Error> {
        self.readers
            .read(|connection| work::next_due(connection, room))
            .map(|due| due.map(StoredTimestamp::timestamp))
    }

    async fn history(
        &self,
        project: &ProjectName,
        page: &HistoryPage,
    ) -> Result<Vec<(u64, Event)>, Error> {
        self.readers
            .read(|connection| events::page(connection, project, page))
    }

    async fn trim_events(&self, limits: &EventLimits, limit: usize) -> Result<bool, Error> {
        let has_surplus = || {
            self.readers
                .read(|connection| event_counts::has_surplus(connection, limits))
        };
        if !has_surplus()? {
            return Ok(false);
        }
        self.writer.run(Task::TrimEvents(*limits, limit)).await?;
        has_surplus()
    }

    async fn count(&self, kind: Kind, key: &Key) -> Result<usize, Error> {
        self.readers
            .read(|connection| rows::count(connection, kind, key, usize::MAX))
    }

    async fn check(&self) -> Result<(), Error> {
        self.writer.run(Task::Check).await.map(drop)
    }
}
