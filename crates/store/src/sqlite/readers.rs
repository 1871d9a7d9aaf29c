//! A pool of read connections, each of which reads from its own snapshot.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::error::engine;
use super::limits::IDLE_READERS;
use super::schema;
use crate::error::Error;

/// A pool of read connections. Reads run on the caller's thread: they take microseconds, less than
/// a switch to another thread.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Creates the pool of a file that a writer has open.
    pub(super) const fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// The database file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads from one snapshot.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut connection = match self.take() {
            Some(connection) => connection,
            None => schema::open_to_read(&self.path)?,
        };
        // Deferred: the snapshot is taken at the first statement, without waiting for the writer.
        let transaction = connection
            .transaction()
            .map_err(engine("begin read transaction"))?;
        let answer = read(&transaction);
        transaction
            .finish()
            .map_err(engine("end read transaction"))?;
        self.give_back(connection);
        answer
    }

    fn take(&self) -> Option<Connection> {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_READERS {
            idle.push(connection);
        }
    }
}
