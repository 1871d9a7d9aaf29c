//! A model's durable state: every change on disk before anybody hears of it.
//!
//! One file of lines. The first names the journal; every other is a *frame*: the changes of one
//! group, with a checksum (see [`record`]). Reading all frames in order gives the state back.
//!
//! **Order.** Changes are handed over under the model's own lock, so that the journal's order is
//! the model's. [`Journal::append`] only queues them and answers a [`Position`]; one thread writes
//! whatever has queued up as one frame, syncs, and announces the position reached. Requests that
//! arrive together therefore share one sync. A reply waits for the last position that was handed
//! out when it was made, its own or another's: nobody can be told of a state that a crash undoes.
//!
//! **Crashes.** A frame is synced before the next is written, so only the last line of a file can
//! be torn. Opening drops such a line, which nobody was told about. A bad line with another after
//! it is damage done from outside and is refused.
//!
//! **Size.** At start, and when it has grown by a multiple, the file is replaced by a snapshot:
//! written beside it, synced, renamed. The snapshot takes its place in the queue like an append.
//!
//! **Failure.** After a failed write or sync nothing is known about what the disk holds, so the
//! journal stops for good: every wait fails and the service ends with the reason.

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

use crate::limits;
use crate::private_file;
pub(crate) use error::Error;
use writer::Writer;

/// How many appends have been handed over; grows by one with each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position(u64);

/// The open journal. Dropping it writes what is queued and ends its thread.
#[derive(Debug)]
pub(crate) struct Journal {
    shared: Arc<Shared>,
    progress: watch::Receiver<Progress>,
    thread: Option<JoinHandle<()>>,
    /// Held for the life of the journal, so that no second process writes the same file.
    _lock: File,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
}

/// What the writer thread has not taken yet.
#[derive(Debug, Default)]
struct Queue {
    /// Encoded changes, each followed by a comma.
    changes: Vec<u8>,
    /// A snapshot that replaces everything before `changes`.
    snapshot: Option<Vec<u8>>,
    /// Position of the last append.
    last: Position,
    /// A snapshot is wanted: the file has grown.
    grown: bool,
    closed: bool,
}

/// What the writer thread has taken and writes as one group.
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
    /// Opens the journal `name` in `directory`, or begins one, and gives all changes in it.
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

    /// Queues changes; call it under the model's lock. The answer is the position to wait for.
    ///
    /// Without changes this is the position of the last append by anybody.
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

    /// Whether the file has grown so much that [`Journal::replace`] should be called.
    pub(crate) fn needs_snapshot(&self) -> bool {
        self.shared.lock().grown
    }

    /// Replaces everything appended so far by a snapshot; call it under the model's lock.
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

    /// Waits until everything up to `position` survives a crash.
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

    /// Waits until the journal fails; for as long as it works this does not return.
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
            tracing::error!("the journal's thread panicked");
        }
    }
}

// === impl Shared ===

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        // No code that holds this lock can panic half-way through a change.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for work; `None` once the journal is closed and nothing is left.
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
                tracing::error!(reason = %failure, "the journal has stopped");
                announce.send_modify(|progress| progress.failure = Some(failure));
                return;
            }
        }
    }
}

/// Takes the lock that the operating system gives up with the process, however it ends.
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
