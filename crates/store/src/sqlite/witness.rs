//! The file that remembers how far a store had come, beside the store.
//!
//! Theory of operation.
//! Every commit draws numbers from one sequence of the store. The highest one that is known to be
//! committed is in a file beside the store, which no copy or backup of the store contains. A store
//! that is opened with a lower number is older than itself was: an earlier copy was put in its place.
//! A restore leaves a mark in the file, so that it is recognised even without any later change.
//!
//! The file is written by a thread of its own, never while a commit is answered, and not while
//! nothing is committed. It is always behind the store, so a crash makes it miss the last seconds,
//! and never makes the store look older.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use underpass_private_file::{self as private_file, remove_leftovers};

use super::limits::WITNESS_PAUSE;

/// Extension of the file.
const EXTENSION: &str = "position";

/// A store that is older than it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OlderStore {
    /// A backup was restored at this time.
    Restored(Timestamp),
    /// An earlier copy of the file was put in its place.
    PutBack {
        /// The last number of the store.
        found: u64,
        /// The last number that it is known to have had.
        expected: u64,
    },
    /// The file beside the store cannot be understood, so nothing is known.
    Unreadable,
}

/// Content of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// The last number that is known to be committed.
    position: u64,
    /// Time of a restore after which the store was not opened yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restored_at: Option<Timestamp>,
}

/// Returns the path of the file beside a store.
fn path_beside(store: &Path) -> PathBuf {
    store.with_extension(EXTENSION)
}

/// Returns whether a store at a position is older than it was; `None` without a file, and for a store
/// without any content, which knows nothing that it could undo.
pub(super) fn compare(
    store: &Path,
    position: u64,
) -> Result<Option<OlderStore>, private_file::Error> {
    let Some(text) = private_file::read(&path_beside(store))? else {
        return Ok(None);
    };
    if position == 0 {
        return Ok(None);
    }
    Ok(match serde_json::from_slice::<Record>(&text) {
        Err(_) => Some(OlderStore::Unreadable),
        Ok(Record {
            restored_at: Some(at),
            ..
        }) => Some(OlderStore::Restored(at)),
        Ok(record) if position < record.position => Some(OlderStore::PutBack {
            found: position,
            expected: record.position,
        }),
        Ok(_) => None,
    })
}

/// Marks a store as restored.
pub(super) fn mark_restored(store: &Path, now: Timestamp) -> Result<(), private_file::Error> {
    let path = path_beside(store);
    let before = private_file::read(&path)?;
    let before = before.and_then(|text| serde_json::from_slice::<Record>(&text).ok());
    write(
        &path,
        &Record {
            restored_at: Some(now),
            ..before.unwrap_or_default()
        },
    )
}

fn write(path: &Path, record: &Record) -> Result<(), private_file::Error> {
    let mut text = serde_json::json!(record).to_string();
    text.push('\n');
    private_file::write(path, text.as_bytes())
}

/// Shared with the writer of the store and the thread.
#[derive(Debug)]
struct Shared {
    path: PathBuf,
    progress: Mutex<Progress>,
    changed: Condvar,
}

#[derive(Debug)]
struct Progress {
    committed: u64,
    written: Option<u64>,
    /// True while the file must keep what it says.
    is_paused: bool,
    is_stopping: bool,
}

impl Progress {
    fn is_due(&self) -> bool {
        !self.is_paused && self.written.is_none_or(|written| written < self.committed)
    }
}

/// The file and its thread. Dropping it writes the file a last time.
#[derive(Debug)]
pub(super) struct Witness {
    shared: Arc<Shared>,
    // `None` only during drop.
    thread: Option<JoinHandle<()>>,
}

/// Tells the thread what is committed.
#[derive(Debug, Clone)]
pub(super) struct WitnessHandle(Arc<Shared>);

impl WitnessHandle {
    /// Notes the last committed number.
    pub(super) fn note(&self, committed: u64) {
        let mut progress = self.0.lock();
        if committed > progress.committed {
            progress.committed = committed;
            self.0.changed.notify_one();
        }
    }
}

impl Witness {
    /// Starts the thread for a store at a position. With `is_paused` the file keeps what it says until
    /// [`Self::resume`].
    pub(super) fn start(store: &Path, position: u64, is_paused: bool) -> std::io::Result<Self> {
        let path = path_beside(store);
        // A crash while the file was written.
        remove_leftovers(&path).map_err(|error| error.source)?;
        let shared = Arc::new(Shared {
            path,
            progress: Mutex::new(Progress {
                committed: position,
                // An unchanged store needs no write.
                written: Some(position),
                is_paused,
                is_stopping: false,
            }),
            changed: Condvar::new(),
        });
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("store-witness".to_owned())
            .spawn(move || of_thread.run())?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    pub(super) fn handle(&self) -> WitnessHandle {
        WitnessHandle(Arc::clone(&self.shared))
    }

    /// Takes the store for the newest one from now on, durably.
    pub(super) fn resume(&self) -> Result<(), private_file::Error> {
        let mut progress = self.shared.lock();
        let committed = progress.committed;
        let record = Record {
            position: committed,
            restored_at: None,
        };
        write(&self.shared.path, &record)?;
        progress.written = Some(committed);
        progress.is_paused = false;
        Ok(())
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.shared.lock().is_stopping = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported by the panic hook.
            drop(thread.join());
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let idle = |progress: &mut Progress| !progress.is_stopping && !progress.is_due();
        loop {
            let progress = self.changed.wait_while(self.lock(), idle);
            let progress = progress.unwrap_or_else(PoisonError::into_inner);
            let (is_due, committed) = (progress.is_due(), progress.committed);
            let is_stopping = progress.is_stopping;
            drop(progress);
            if is_due {
                self.write(committed);
            }
            if is_stopping {
                return;
            }
            self.pause(WITNESS_PAUSE);
        }
    }

    /// A failure leaves an older number, which is correct; the next commit writes again.
    fn write(&self, committed: u64) {
        let record = Record {
            position: committed,
            restored_at: None,
        };
        if let Err(error) = write(&self.path, &record) {
            let path = error.path.display().to_string();
            let error = error.source.to_string();
            tracing::warn!(path, error, "failed to write the position of the store");
        }
        self.lock().written = Some(committed);
    }

    /// Waits, unless the store is closed.
    fn pause(&self, time: Duration) {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), time, |progress| !progress.is_stopping);
        drop(waited);
    }
}

#[cfg(test)]
mod tests;
