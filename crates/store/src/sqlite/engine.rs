//! The store in a SQLite file.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::event::Event;
use underpass_model::name::ProjectName;

use super::readers::Readers;
use super::writer::{Task, Writer};
use super::{events, rows, schema, work};
use crate::change::Change;
use crate::claim::Claim;
use crate::encryption::Cipher;
use crate::error::Error;
use crate::fetched::Fetched;
use crate::history::HistoryPage;
use crate::lookup::Lookup;
use crate::store::Store;
use crate::stored_timestamp::StoredTimestamp;
use crate::work::ClaimRequest;

/// A store in one file, beside which SQLite keeps a `-wal` and a `-shm` file.
///
/// Its futures need no particular runtime. Reads run on the polling thread and take microseconds.
/// Dropping the store waits until the file is closed.
#[derive(Debug)]
pub struct Sqlite {
    // Dropped in this order. The last connection to close performs a checkpoint, for which it must
    // be able to write.
    readers: Readers,
    writer: Writer,
    cipher: Arc<Cipher>,
}

impl Sqlite {
    /// Opens the store in a file. Creates the file if it does not exist and migrates an older
    /// schema.
    ///
    /// The caller must be the only one that has the store open. Leases of an earlier process are
    /// therefore ended.
    ///
    /// # Errors
    /// - [`Error::Newer`]: a newer version of Underpass wrote the file.
    /// - [`Error::WrongKey`]: the file's secrets were encrypted with another key.
    /// - [`Error::Open`]: the file cannot be created, opened or migrated.
    /// - [`Error::Engine`] or [`Error::Unreadable`]: the leases cannot be ended.
    pub fn open(path: &Path, cipher: Cipher) -> Result<Self, Error> {
        let connection = schema::open(path, &cipher)?;
        work::end_leases(&connection)?;
        let cipher = Arc::new(cipher);
        let writer =
            Writer::start(connection, Arc::clone(&cipher)).map_err(|error| Error::Open {
                path: path.to_owned(),
                source: Box::new(error),
            })?;
        Ok(Self {
            readers: Readers::new(path.to_owned()),
            writer,
            cipher,
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
            Ok(Fetched::new(records))
        })
    }

    async fn commit(&self, change: Change) -> Result<(), Error> {
        if change.is_empty() {
            return Ok(());
        }
        self.writer.run(Task::Commit(change)).await.map(drop)
    }

    async fn claim(
        &self,
        owner: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Claim>, Error> {
        let request = ClaimRequest {
            owner: owner.to_owned(),
            now: now.into(),
            until: lease_until.into(),
        };
        self.writer.run(Task::Claim(request, limit)).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        self.readers
            .read(work::next_due)
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

    async fn check(&self) -> Result<(), Error> {
        self.writer.run(Task::Check).await.map(drop)
    }
}
