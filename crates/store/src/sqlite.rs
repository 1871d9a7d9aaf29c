//! The engine on SQLite: one writer thread with group commit, and reads inline.

mod events;
mod limits;
mod readers;
mod rows;
mod schema;
mod work;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::ErrorCode;
use underpass_model::event::Event;
use underpass_model::name::ProjectName;

use self::readers::Readers;
use self::writer::{Task, Writer};
use crate::encryption::Cipher;
use crate::history::HistoryPage;
use crate::record::{Fetched, Lookup};
use crate::stored_timestamp::StoredTimestamp;
use crate::work::ClaimRequest;
use crate::{Change, Claim, Error, Store};

/// A store in one file, with the `-wal` and `-shm` files that SQLite keeps beside it.
///
/// Its futures need no particular runtime. Reads are done on the thread that polls; they take
/// microseconds. Dropping it waits for the file to be closed.
#[derive(Debug)]
pub struct Sqlite {
    // Dropped in this order: the last connection to close tidies up, which only a writer can.
    readers: Readers,
    writer: Writer,
    cipher: Arc<Cipher>,
}

impl Sqlite {
    /// Opens the store in this file, made if there is none, migrated if it is older. Whoever
    /// calls this must be the only one to have the store open, so no lease outlives the process
    /// that held it.
    ///
    /// # Errors
    /// [`Error::Newer`] and [`Error::WrongKey`] as they say, [`Error::Open`] for the rest.
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

fn engine(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Error {
    move |source| Error::Engine {
        doing,
        source: Box::new(source),
    }
}

/// Whether SQLite says that it could not write to its files ("Result and Error Codes":
/// SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN).
pub(crate) fn is_outage(error: &(dyn std::error::Error + 'static)) -> bool {
    // The writer's refusals share one error.
    let shared = error.downcast_ref::<Arc<rusqlite::Error>>();
    let error = error.downcast_ref().or(shared.map(Arc::as_ref));
    matches!(
        error.and_then(rusqlite::Error::sqlite_error_code),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
        )
    )
}

fn unreadable<E>(kind: &'static str, key: &str) -> impl FnOnce(E) -> Error
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |source| Error::Unreadable {
        kind,
        key: key.to_owned(),
        source: Box::new(source),
    }
}
