//! Write-ahead log (WAL) of a model's state: a change is on disk before a reply shows it.
//!
//! It is a log of this crate's own, not the WAL or the journal of SQLite.
//!
//! **Format.** A file of lines. The first line names the journal; every other line is a *record*: the
//! changes of one group, with a checksum (see [`record`]). All records in order give the state.
//!
//! **Order.** Changes are appended under the lock of the model, so the journal has the order of the
//! model. [`Journal::append`] only queues them and returns a [`Position`]. One thread writes all
//! queued changes as one record, syncs the file, and announces the position. Concurrent requests
//! therefore share one sync. A reply waits for the last position at the time it was computed, its own
//! or that of another request, so no reply shows a state that a crash could undo.
//!
//! **Crashes.** A record is synced before the next one is written, so only the last line can be
//! incomplete. Opening discards such a line; it was never acknowledged. An invalid line before the
//! last one was caused from outside, and the journal is refused.
//!
//! **Size.** At start, and when it has outgrown its last snapshot, the file is replaced by a snapshot:
//! written to a new file, synced, renamed. A snapshot is queued like an append.
//!
//! **Failure.** After a failed write or sync the content of the disk is unknown. The journal then stops
//! permanently: every wait fails, and the service ends with the reason.

mod error;
mod record;
#[cfg(test)]
mod tests;
mod writer;

use std::fs::{File, TryLockError};
use std::mem;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use error_reporter::Report;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use underpass_private_file as private_file;

use crate::limits;
pub(crate) use error::Error;
use writer::Writer;

/// Position in the journal: the number of appends so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position(u64);

/// An open journal. Dropping it writes the queued changes and ends its thread.
#[derive(Debug)]
pub(crate) struct Journal {
    shared: Arc<Shared>,
    progress: watch::Receiver<Progress>,
    thread: Option<JoinHandle<()>>,
    /// Locked while the journal is open, so that no second process writes the same file.
    _lock: File,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
}

/// Changes that the writer thread has not taken yet.
#[derive(Debug, Default)]
struct Queue {
    /// Encoded changes, each followed by a comma.
    changes: Vec<u8>,
    /// A snapshot that replaces everything before `changes`.
    snapshot: Option<Vec<u8>>,
    /// Position of the last append.
    last: Position,
    /// The file has outgrown its last snapshot.
    grown: bool,
    closed: bool,
}

/// Changes that the writer thread writes as one record.
#[derive(Debug)]
struct Batch {
    changes: Vec<u8>,
    snapshot: Option<Vec<u8>>,
    position: Position,
}

#[derive(Debug, Clone, Default)]
struct Progress {
    durable: Position,
    failure: Option<String>,
}

// === impl Journal ===

impl Journal {
    /// Opens or creates the journal `name` in `directory`; returns all changes in it.
    ///
    /// # Errors
    /// When another process uses the directory, or the file cannot be read or is damaged.
    pub(crate) fn open<C: DeserializeOwned>(
        directory: &Path,
        name: &'static str,
    ) -> Result<(Self, Vec<C>), Error> {
        let lock = lock(&directory.join(format!("{name}.lock")))?;
        let path = directory.join(format!("{name}.journal"));
        let (writer, changes) = Writer::open(path, name)?;

        let shared = Arc::new(Shared::default());
        let (announce, progress) = watch::channel(Progress::default());
        let thread = thread::Builder::new()
            .name(format!("{name}-journal"))
            .spawn({
                let shared = Arc::clone(&shared);
                move || write_until_closed(writer, &shared, &announce)
            })
            .map_err(private_file::Error::at("start the writer of", directory))?;
        Ok((
            Self {
                shared,
                progress,
                thread: Some(thread),
                _lock: lock,
            },
            changes,
        ))
    }

    /// Queues changes and returns the position to wait for; to be called under the lock of the model.
    ///
    /// Without changes this is the position of the last append of any request.
    ///
    /// # Errors
    /// When a change cannot be encoded.
    pub(crate) fn append<C: Serialize>(&self, changes: &[C]) -> Result<Position, Error> {
        let mut encoded = Vec::new();
        for change in changes {
            serde_json::to_writer(&mut encoded, change).map_err(Error::Encode)?;
            encoded.push(b',');
        }
        let mut queue = self.shared.lock();
        if !encoded.is_empty() {
            queue.changes.append(&mut encoded);
            queue.last.0 += 1;
            self.shared.filled.notify_one();
        }
        Ok(queue.last)
    }

    /// Reports whether the file has outgrown its last snapshot, so that [`Journal::replace`] is due.
    pub(crate) fn needs_snapshot(&self) -> bool {
        self.shared.lock().grown
    }

    /// Replaces all earlier appends by a snapshot; to be called under the lock of the model.
    ///
    /// # Errors
    /// When the snapshot cannot be encoded.
    pub(crate) fn replace<C: Serialize>(&self, snapshot: &[C]) -> Result<Position, Error> {
        let encoded = serde_json::to_vec(snapshot).map_err(Error::Encode)?;
        let mut queue = self.shared.lock();
        queue.changes.clear();
        queue.snapshot = Some(encoded);
        queue.grown = false;
        queue.last.0 += 1;
        self.shared.filled.notify_one();
        Ok(queue.last)
    }

    /// Waits until everything up to `position` is durable.
    ///
    /// # Errors
    /// When the journal has stopped before.
    pub(crate) async fn durable(&self, position: Position) -> Result<(), Error> {
        let mut progress = self.progress.clone();
        let reached = progress
            .wait_for(|now| now.durable >= position || now.failure.is_some())
            .await
            .map_err(|_| Error::Stopped("its thread has ended".to_owned()))?;
        match &reached.failure {
            Some(reason) if reached.durable < position => Err(Error::Stopped(reason.clone())),
            _ => Ok(()),
        }
    }

    /// Returns when the journal has failed.
    pub(crate) async fn failed(&self) -> Error {
        let mut progress = self.progress.clone();
        match progress.wait_for(|now| now.failure.is_some()).await {
            Ok(now) => Error::Stopped(now.failure.clone().unwrap_or_default()),
            Err(_) => Error::Stopped("its thread has ended".to_owned()),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.filled.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("failed to end the journal: its thread panicked");
        }
    }
}

// === impl Shared ===

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        // No code under this lock can panic in the middle of a change.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for queued changes; `None` when the journal is closed and the queue is empty.
    fn take(&self) -> Option<Batch> {
        let mut queue = self.lock();
        loop {
            if !queue.changes.is_empty() || queue.snapshot.is_some() {
                return Some(Batch {
                    changes: mem::take(&mut queue.changes),
                    snapshot: queue.snapshot.take(),
                    position: queue.last,
                });
            }
            if queue.closed {
                return None;
            }
            queue = self
                .filled
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn write_until_closed(mut writer: Writer, shared: &Shared, announce: &watch::Sender<Progress>) {
    while let Some(batch) = shared.take() {
        match writer.write(batch.snapshot.as_deref(), &batch.changes) {
            Ok(()) => {
                if writer.has_outgrown(limits::JOURNAL_BYTES, limits::JOURNAL_GROWTH) {
                    shared.lock().grown = true;
                }
                announce.send_modify(|progress| progress.durable = batch.position);
            }
            Err(error) => {
                let failure = Report::new(&error).to_string();
                tracing::error!(reason = %failure, "failed to write the journal; it has stopped");
                announce.send_modify(|progress| progress.failure = Some(failure));
                return;
            }
        }
    }
}

/// Takes the lock file. The operating system releases it when the process ends.
fn lock(path: &Path) -> Result<File, Error> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(private_file::Error::at("open", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(private_file::Error::at("lock", path)(source))?,
    }
}
