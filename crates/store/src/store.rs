//! The interface of every engine.

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::event::Event;
use underpass_model::name::ProjectName;

use crate::change::Change;
use crate::changed_row::ChangedRows;
use crate::claim::Claim;
use crate::error::Error;
use crate::fetched::Fetched;
use crate::history::HistoryPage;
use crate::key::Key;
use crate::kind::Kind;
use crate::lookup::Lookup;
use crate::news::News;
use crate::retention::EventLimits;
use crate::room::Room;
use crate::shift::{Shift, Task};
use crate::unreadable_row::UnreadableRow;

/// Durable storage of documents, work and history.
#[async_trait]
pub trait Store: Send + Sync {
    /// Reads rows from one snapshot.
    ///
    /// # Errors
    /// [`Error::Engine`] or [`Error::Open`]: the engine cannot read.
    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error>;

    /// Reads which rows changed after a position: at most `limit` of them, in the order of their last
    /// changes. Position 0 is the beginning, after which every row is a changed one. `None`: the
    /// position is too old, and the reader begins again at 0, where removed rows are not listed.
    ///
    /// A change with a lower number than one that was read is never committed later.
    ///
    /// # Errors
    /// [`Error::Engine`] or [`Error::Open`]: the engine cannot read.
    async fn changes(&self, after: u64, limit: usize) -> Result<Option<ChangedRows>, Error>;

    /// Returns the rows that reads met so far and could not decode. They are kept unchanged: a change
    /// that writes one of them is refused.
    ///
    /// # Errors
    /// [`Error::Engine`] or [`Error::Open`]: the engine cannot read.
    async fn unreadable(&self) -> Result<Vec<UnreadableRow>, Error>;

    /// Commits a change whole, or nothing of it. After `Ok`, the change survives a crash of the
    /// process and every later read sees it.
    ///
    /// If the future is dropped before it completes, the change may or may not be committed.
    ///
    /// # Errors
    /// - [`Error::Conflict`]: an expectation does not hold and nothing was changed. Read and decide
    ///   again.
    /// - [`Error::Unreadable`]: the change writes an unreadable row; nothing was changed.
    /// - Any other error: the change may or may not be committed.
    async fn commit(&self, change: Change) -> Result<(), Error>;

    /// Leases due rows of work until `lease_until`: as many as there is room for, those of higher
    /// priority first. An account without room delays no other one.
    ///
    /// A row is due when its time has come and no unexpired lease is held on it. A time or a lease
    /// more than two hours ahead was set by a clock that was ahead, and counts as past. Rows of equal
    /// priority are ordered by due time, then by the text of their keys.
    ///
    /// # Errors
    /// [`Error::Engine`]: the engine cannot write. Leases may have been given.
    async fn claim(
        &self,
        owner: &str,
        now: Timestamp,
        lease_until: Timestamp,
        room: &Room,
    ) -> Result<Vec<Claim>, Error>;

    /// Returns the time of the next due row of the accounts with room: the earliest due time, or the end
    /// of the earliest lease if that comes first.
    ///
    /// # Errors
    /// [`Error::Engine`] or [`Error::Open`]: the engine cannot read.
    async fn next_due(&self, room: &Room) -> Result<Option<Timestamp>, Error>;

    /// Reads a page of a project's history: events with their positions. An event that cannot be
    /// decoded is left out.
    ///
    /// # Errors
    /// [`Error::Engine`] or [`Error::Open`]: the engine cannot read.
    async fn history(
        &self,
        project: &ProjectName,
        page: &HistoryPage,
    ) -> Result<Vec<(u64, Event)>, Error>;

    /// Reads a project's history after a position, oldest first.
    ///
    /// # Errors
    /// As [`Self::history`].
    async fn events(
        &self,
        project: &ProjectName,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Event)>, Error> {
        self.history(project, &HistoryPage::after(after, limit))
            .await
    }

    /// Removes events that are no longer kept, the oldest first, at most `limit` of them. Returns
    /// whether there are more. Without such events, nothing is written.
    ///
    /// Positions are never used again.
    ///
    /// # Errors
    /// [`Error::Engine`] or [`Error::Open`]: the engine cannot read or write.
    async fn trim_events(&self, limits: &EventLimits, limit: usize) -> Result<bool, Error>;

    /// Counts the rows below a key without reading them.
    ///
    /// # Errors
    /// [`Error::Engine`] or [`Error::Open`]: the engine cannot read.
    async fn count(&self, kind: Kind, key: &Key) -> Result<usize, Error>;

    /// Proves that a write is possible by writing; for readiness probes.
    ///
    /// # Errors
    /// [`Error::Engine`]: the engine cannot write.
    async fn check(&self) -> Result<(), Error>;

    /// Takes the shift of a task that one of the processes on the store does at an interval.
    ///
    /// # Errors
    /// [`Error::Engine`]: the engine cannot write. The shift may have been taken.
    async fn take_shift(&self, _task: &Task<'_>) -> Result<Shift, Error> {
        Ok(Shift::Alone)
    }

    /// Ends a shift that was taken, by its number.
    ///
    /// # Errors
    /// [`Error::Engine`]: the engine cannot write. The shift ends by time then.
    async fn end_shift(&self, _task: &Task<'_>, _number: u64) -> Result<(), Error> {
        Ok(())
    }

    /// Returns the news of other processes that use the same store; `None` if none can.
    fn news(&self) -> Option<News> {
        None
    }
}
