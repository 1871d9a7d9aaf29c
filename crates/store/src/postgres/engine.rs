//! The store in a PostgreSQL database.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;
use underpass_model::event::Event;
use underpass_model::name::ProjectName;

use super::connector::Connector;
use super::error::{engine, outage};
use super::lineage::random;
use super::listener::Listener;
use super::options::PostgresOptions;
use super::outage::Outage;
use super::presence::lease_owner;
use super::readers::{Readers, read};
use super::session::Session;
use super::witness::{Known, Remembered, Witness};
use super::writer::{Task, Writer};
use super::{changes, events, rows, schema, shifts, trim, work};
use crate::backup::{BackupSource, EncryptedBackup};
use crate::change::Change;
use crate::changed_row::ChangedRows;
use crate::claim::Claim;
use crate::encryption::Cipher;
use crate::error::Error;
use crate::fetched::Fetched;
use crate::history::HistoryPage;
use crate::key::Key;
use crate::kind::Kind;
use crate::lookup::Lookup;
use crate::news::News;
use crate::older_store::OlderStore;
use crate::retention::EventLimits;
use crate::room::Room;
use crate::shift::{self, Shift};
use crate::still_unreadable::still_unreadable;
use crate::store::Store;
use crate::stored_timestamp::StoredTimestamp;
use crate::unreadable::UnreadableRows;
use crate::unreadable_row::UnreadableRow;
use crate::work::ClaimRequest;

/// A store in a PostgreSQL database, which any number of replicas use at the same time.
///
/// Its connections are driven by the runtime on which it was opened.
pub struct Postgres {
    readers: Readers,
    writer: Writer,
    /// ID of this process in the database.
    replica: String,
    known: Arc<Known>,
    older: Option<OlderStore>,
    cipher: Arc<Cipher>,
    unreadable: UnreadableRows,
    listener: Listener,
    left_work: watch::Receiver<u64>,
    _witness: Witness,
}

impl Postgres {
    /// Opens the store in a database. Creates its tables if there are none, and migrates an older
    /// schema; other replicas may use the store meanwhile. Leases of other processes go on.
    ///
    /// # Errors
    /// - [`Error::Newer`]: a newer version of Underpass migrated the database.
    /// - [`Error::WrongKey`]: the database's secrets were encrypted with another key.
    /// - [`Error::Open`]: the address cannot be understood, the server is too old, or the file with the
    ///   position cannot be read.
    /// - [`Error::Engine`]: the server cannot be reached, or refuses.
    pub async fn connect(options: &PostgresOptions, cipher: Cipher) -> Result<Self, Error> {
        let connector = Connector::new(options).map_err(|source| Error::Open {
            // The address may contain a password.
            path: PathBuf::from("postgresql://…"),
            source,
        })?;
        let address = connector.address();
        let unopened = |source: Box<dyn std::error::Error + Send + Sync>| Error::Open {
            path: PathBuf::from(&address),
            source,
        };
        let failed = |error| engine("connect to the database")(error);
        let client = connector.open().await.map_err(failed)?;
        schema::prepare(&client, &cipher, &address).await?;
        drop(client);
        let no_random = || outage("draw a lineage", Outage::NoRandom);
        let replica = random().ok_or_else(no_random)?.to_string();
        let session = Session::open(&connector, &replica, cipher.key_ids())
            .await
            .map_err(failed)?;
        let next = random().ok_or_else(no_random)?;
        let (history, locked) = session.lineages(next).await.map_err(failed)?;
        let known = Arc::new(Known::new(options.position_file.clone()));
        let remembered = known.remembered();
        let older = match remembered.map_err(|error| unopened(Box::new(error.source)))? {
            Remembered::Nothing => None,
            Remembered::Damaged => Some(OlderStore::Unknown),
            Remembered::Position(position) => history.compare(position, locked.last),
        };
        if older.is_none()
            && let Some(position) = locked.position()
        {
            let accepted = known.accept(position);
            accepted.map_err(|error| unopened(Box::new(error.source)))?;
        }
        let cipher = Arc::new(cipher);
        let readers = Readers::new(&connector, options.readers).map_err(unopened)?;
        let witness = Witness::start(Arc::clone(&known), connector.runtime());
        let listener = Listener::start(connector.clone());
        let (writer, left_work) = Writer::start(
            connector,
            Arc::clone(&cipher),
            Arc::clone(&known),
            replica.clone(),
            session,
        );
        Ok(Self {
            readers,
            _witness: witness,
            listener,
            writer,
            left_work,
            replica,
            known,
            older,
            cipher,
            unreadable: UnreadableRows::default(),
        })
    }

    /// Returns why the store is not the newest one; `None` if it is, or nothing is known.
    ///
    /// The answer is that of the opening. A store that becomes an older one while it is open accepts no
    /// writes any more, and the next opening tells.
    pub const fn older(&self) -> Option<&OlderStore> {
        self.older.as_ref()
    }

    /// Takes the store for the newest one from now on, for all replicas.
    ///
    /// The caller first records in the store that it was older.
    ///
    /// # Errors
    /// [`Error::Engine`]: the store, or the file with the position, cannot be written.
    pub async fn accept_as_newest(&self) -> Result<(), Error> {
        let no_random = || outage("draw a lineage", Outage::NoRandom);
        let next = random().ok_or_else(no_random)?;
        self.writer.run(Task::Accept(next)).await?;
        let client = self.readers.take().await?;
        let sql = "SELECT last FROM sequence WHERE id = 1";
        let read = async { client.query_one(sql, &[]).await?.try_get::<_, i64>(0) };
        let number = read.await.map_err(engine("read the last number"))?;
        let position = super::lineage::Position {
            lineage: next,
            number: number.cast_unsigned(),
        };
        self.known.accept(position).map_err(|error| Error::Engine {
            action: "write the position of the store",
            source: Box::new(error.source),
        })
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

impl BackupSource for Postgres {
    /// A copy of a database is made by its own tools, which also keep it consistent.
    fn back_up(&self, _: Timestamp) -> Result<EncryptedBackup, Error> {
        Err(Error::BackupElsewhere)
    }
}

#[async_trait]
impl Store for Postgres {
    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error> {
        let records = read!(self.readers, "read rows",
            client => rows::fetch(&client, &self.cipher, lookups))?;
        Ok(Fetched::new(records, self.unreadable.clone()))
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Option<ChangedRows>, Error> {
        read!(self.readers, "read changed rows", client => changes::after(&client, after, limit))
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
            owner: lease_owner(&self.replica, owner),
            now: now.into(),
            until: lease_until.into(),
        };
        // Replicas look often and find nothing most of the time, for which the lock is not needed.
        let is_any = read!(self.readers, "read due work",
            client => work::is_any_due(&client, &request, room))?;
        if !is_any {
            return Ok(Vec::new());
        }
        self.writer.run(Task::Claim(request, room.clone())).await
    }

    async fn next_due(&self, room: &Room) -> Result<Option<Timestamp>, Error> {
        read!(self.readers, "read next due time", client => work::next_due(&client, room))
            .map(|due| due.map(StoredTimestamp::timestamp))
    }

    async fn history(
        &self,
        project: &ProjectName,
        page: &HistoryPage,
    ) -> Result<Vec<(u64, Event)>, Error> {
        read!(self.readers, "read events", client => events::page(&client, project, page))
    }

    async fn trim_events(&self, limits: &EventLimits, limit: usize) -> Result<bool, Error> {
        let has_surplus = read!(self.readers, "look for events to remove",
            client => trim::has_surplus(&client, limits))?;
        if !has_surplus {
            return Ok(false);
        }
        self.writer.run(Task::TrimEvents(*limits, limit)).await?;
        read!(self.readers, "look for events to remove",
            client => trim::has_surplus(&client, limits))
    }

    async fn count(&self, kind: Kind, key: &Key) -> Result<usize, Error> {
        read!(self.readers, "count rows below a key", client => rows::count(&client, kind, key))
    }

    async fn check(&self) -> Result<(), Error> {
        self.writer.run(Task::Check).await.map(drop)
    }

    async fn take_shift(&self, task: &shift::Task<'_>) -> Result<Shift, Error> {
        read!(self.readers, "write the shift of a task", client => shifts::take(&client, task))
    }

    async fn end_shift(&self, task: &shift::Task<'_>, number: u64) -> Result<(), Error> {
        read!(self.readers, "write the end of a shift", client => shifts::end(&client, task, number))
    }

    fn news(&self) -> Option<News> {
        Some(News {
            commits: self.listener.hints(),
            left_work: self.left_work.clone(),
        })
    }
}
