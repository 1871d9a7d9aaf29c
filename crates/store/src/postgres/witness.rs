//! The memory of how far the store was, in the process and in a file of the replica.
//!
//! The file is written after the first commit, then at most every 3 s, and at the stop. It never has a
//! higher number than the store, so a crash makes it miss the last seconds, and never makes the store
//! look older.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use underpass_private_file as private_file;

use super::limits::WITNESS_PAUSE;
use super::lineage::Position;
use crate::lineage::StorePosition;
use crate::witness_record::WitnessRecord;

/// Shared by the writer, the readers and the task that writes the file.
#[derive(Debug)]
pub(super) struct Known {
    path: Option<PathBuf>,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// `None` from the opening of an older store until it is accepted: nothing is known of it.
    position: Option<Position>,
    written: Option<Position>,
}

/// Content of the file.
#[derive(Debug)]
pub(super) enum Remembered {
    /// There is no file.
    Nothing,
    /// The file cannot be understood.
    Damaged,
    /// The store was there.
    Position(Position),
}

/// The task that writes the file. Dropping it writes the file a last time.
#[derive(Debug)]
pub(super) struct Witness {
    known: Arc<Known>,
    task: JoinHandle<()>,
}

// === impl Known ===

impl Known {
    pub(super) fn new(path: Option<PathBuf>) -> Self {
        Self {
            path,
            state: Mutex::default(),
            changed: Notify::new(),
        }
    }

    pub(super) fn remembered(&self) -> Result<Remembered, private_file::Error> {
        let Some(path) = &self.path else {
            return Ok(Remembered::Nothing);
        };
        let Some(text) = private_file::read(path)? else {
            return Ok(Remembered::Nothing);
        };
        Ok(match WitnessRecord::read(&text).position() {
            Some(StorePosition {
                lineage: Some(lineage),
                number,
            }) => Remembered::Position(Position { lineage, number }),
            _ => Remembered::Damaged,
        })
    }

    pub(super) fn position(&self) -> Option<Position> {
        self.lock().position
    }

    /// Notes what was committed. Nothing is noted of an older store.
    pub(super) fn note(&self, committed: Position) {
        let mut state = self.lock();
        if let Some(known) = &mut state.position
            && (known.lineage != committed.lineage || known.number < committed.number)
        {
            *known = committed;
            self.changed.notify_one();
        }
    }

    /// Takes the store at this position for the newest one from now on.
    pub(super) fn accept(&self, position: Position) -> Result<(), private_file::Error> {
        self.lock().position = Some(position);
        self.write()
    }

    /// Writes the file, unless it says the same.
    fn write(&self) -> Result<(), private_file::Error> {
        let Some(position) = self.position() else {
            return Ok(());
        };
        if self.lock().written == Some(position) {
            return Ok(());
        }
        if let Some(path) = &self.path {
            let record = WitnessRecord::of(StorePosition {
                lineage: Some(position.lineage),
                number: position.number,
            });
            let mut text = serde_json::json!(record).to_string();
            text.push('\n');
            private_file::write(path, text.as_bytes())?;
        }
        self.lock().written = Some(position);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A failure leaves an older number, which is correct; the next commit writes again.
    fn write_or_warn(&self) {
        if let Err(error) = self.write() {
            let path = error.path.display().to_string();
            let error = error.source.to_string();
            tracing::warn!(path, error, "failed to write the position of the store");
        }
    }
}

// === impl Witness ===

impl Witness {
    pub(super) fn start(known: Arc<Known>, runtime: &Handle) -> Self {
        let of_task = Arc::clone(&known);
        let task = runtime.spawn(async move {
            loop {
                of_task.changed.notified().await;
                let of_thread = Arc::clone(&of_task);
                let written = tokio::task::spawn_blocking(move || of_thread.write_or_warn());
                // A panic was reported by the panic hook.
                drop(written.await);
                tokio::time::sleep(WITNESS_PAUSE).await;
            }
        });
        Self { known, task }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.task.abort();
        self.known.write_or_warn();
    }
}
