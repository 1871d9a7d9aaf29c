//! Connections that read, each in a snapshot of its own, beside the writer.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::limits::IDLE_READERS;
use super::{engine, schema};
use crate::Error;

/// Reads happen on the thread that asks: they take microseconds, less than handing them over.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Readers of this file, which a writer has open.
    pub(super) const fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Reads as of one moment.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut connection = match self.take() {
            Some(connection) => connection,
            None => schema::open_to_read(&self.path)?,
        };
        // Deferred: the moment is that of the first statement, and nobody waits.
        let transaction = connection.transaction().map_err(engine("begin to read"))?;
        let answer = read(&transaction);
        transaction.finish().map_err(engine("end reading"))?;
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
