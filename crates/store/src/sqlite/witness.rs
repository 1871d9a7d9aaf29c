//! The file that remembers the newest store, beside the store.
//!
//! Theory of operation.
//! Every commit draws numbers from one sequence of the store. The highest one that is known to be
//! committed, and the lineage of the store, are in a file beside it, which no copy or backup of the
//! store contains. A store that is opened with another lineage or a lower number is not the newest one:
//! a copy was put in its place. A restore leaves a mark in the file. The rule, and the order of the
//! writes that begin a lineage, are in [`crate::witness_record`].
//!
//! Numbers are written by a thread of its own, never while a commit is answered, and not while
//! nothing is committed. The file is always behind the store, so a crash makes it miss the last
//! seconds, and never makes the store look older.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use underpass_private_file::{self as private_file, remove_leftovers};

use super::limits::WITNESS_PAUSE;
use crate::lineage::{Lineage, StorePosition};
use crate::older_store::OlderStore;
use crate::witness_record::{WitnessRecord, compare_without_record};

/// Extension of the file.
const EXTENSION: &str = "position";

/// Returns the path of the file beside a store.
fn path_beside(store: &Path) -> PathBuf {
    store.with_extension(EXTENSION)
}

/// Returns why a store is not the newest one; `None` if it is, or nothing is known.
pub(super) fn compare(
    store: &Path,
    position: StorePosition,
) -> Result<Option<OlderStore>, private_file::Error> {
    let record = read(&path_beside(store))?;
    Ok(match record {
        Some(record) => record.compare(position),
        None => compare_without_record(position),
    })
}

/// Marks a store as restored.
pub(super) fn mark_restored(store: &Path, now: Timestamp) -> Result<(), private_file::Error> {
    let path = path_beside(store);
    let before = read(&path)?.unwrap_or_default();
    write(&path, &before.restored(now))
}

fn read(path: &Path) -> Result<Option<WitnessRecord>, private_file::Error> {
    let text = private_file::read(path)?;
    Ok(text.map(|text| WitnessRecord::read(&text)))
}

fn write(path: &Path, record: &WitnessRecord) -> Result<(), private_file::Error> {
    let mut text = serde_json::json!(record).to_string();
    text.push('\n');
    private_file::write(path, text.as_bytes())
}

/// Shared with the writer of the store and the thread.
#[derive(Debug)]
struct Shared {
    path: PathBuf,
    /// The lineage that begins with this opening.
    lineage: Lineage,
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
    /// Starts the thread for a store at a position. The file keeps what it says until
    /// [`Self::begin`].
    pub(super) fn start(store: &Path, position: u64, lineage: Lineage) -> std::io::Result<Self> {
        let path = path_beside(store);
        // A crash while the file was written.
        remove_leftovers(&path).map_err(|error| error.source)?;
        let shared = Arc::new(Shared {
            path,
            lineage,
            progress: Mutex::new(Progress {
                committed: position,
                written: None,
                is_paused: true,
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

    /// Announces the lineage for a store that is the newest one, durably. The caller then writes it to
    /// the store and calls [`Self::begin`].
    pub(super) fn announce(&self, store: StorePosition) -> Result<(), private_file::Error> {
        let record = WitnessRecord::of(store).announcing(self.shared.lineage);
        write(&self.shared.path, &record)
    }

    /// Announces the lineage for a store that is not the newest one: until the store has it, the file
    /// says the same about every store as before. Otherwise as [`Self::announce`].
    pub(super) fn announce_replacement(&self) -> Result<(), private_file::Error> {
        let path = &self.shared.path;
        let before = read(path)?.unwrap_or_default();
        write(path, &before.announcing(self.shared.lineage))
    }

    /// Begins the lineage, which the store has, durably: the store is the newest one from now on.
    pub(super) fn begin(&self) -> Result<(), private_file::Error> {
        let mut progress = self.shared.lock();
        let committed = progress.committed;
        write(&self.shared.path, &self.shared.record(committed))?;
        progress.written = Some(committed);
        progress.is_paused = false;
        // Changes that were noted meanwhile.
        self.shared.changed.notify_one();
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

    fn record(&self, committed: u64) -> WitnessRecord {
        WitnessRecord::of(StorePosition {
            lineage: Some(self.lineage),
            number: committed,
        })
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
        if let Err(error) = write(&self.path, &self.record(committed)) {
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
