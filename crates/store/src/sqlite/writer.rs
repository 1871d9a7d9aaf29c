//! The writer thread, with group commit.
//!
//! Jobs wait in a bounded queue. The writer takes the waiting jobs, up to a limit, and performs them
//! one after the other in one transaction, each inside a savepoint. A refused job is rolled back and
//! the others continue. The commit of the transaction syncs the file once for all of them, and only
//! then does the writer answer the jobs. So a change answered with `Ok` is durable, and each job
//! sees the effects of the jobs before it.

use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::limits::{JOBS_PER_TRANSACTION, WAITING_JOBS};
use super::numbers::Numbers;
use super::witness::WitnessHandle;
use super::{changes, event_counts, events, lineage, rows, work};
use crate::change::{Change, Expectation, Write};
use crate::claim::Claim;
use crate::encryption::Cipher;
use crate::error::Error;
use crate::lineage::Lineage;
use crate::retention::EventLimits;
use crate::room::Room;
use crate::work::ClaimRequest;

/// A task of the writer.
#[derive(Debug)]
pub(super) enum Task {
    /// Commit a change.
    Commit(Change),
    /// Lease rows of work, as many as there is room for.
    Claim(ClaimRequest, Room),
    /// Remove events that are no longer kept, up to a number.
    TrimEvents(EventLimits, usize),
    /// Give the store a lineage.
    BeginLineage(Lineage),
    /// Perform the smallest possible write.
    Check,
}

/// The leases given. Tasks other than claims give none.
type Answer = Result<Vec<Claim>, Error>;

#[derive(Debug)]
struct Job {
    task: Task,
    answer: oneshot::Sender<Answer>,
}

/// The handle of the writer thread. Dropping it waits until the thread has closed the file.
#[derive(Debug)]
pub(super) struct Writer {
    // Both are `None` only during drop.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// An error after the writer thread panicked.
#[derive(Debug, thiserror::Error)]
#[error("the writer thread of the store has stopped. Restart Underpass")]
struct WriterStopped;

// === impl Writer ===

impl Writer {
    /// Starts the thread.
    pub(super) fn start(
        connection: Connection,
        cipher: Arc<Cipher>,
        witness: WitnessHandle,
    ) -> std::io::Result<Self> {
        let (jobs, waiting) = mpsc::channel(WAITING_JOBS);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write(connection, &cipher, &witness, waiting))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Performs a task and makes its effects durable.
    pub(super) async fn run(&self, task: Task) -> Answer {
        let stopped = || Error::Engine {
            action: "reach the writer thread",
            source: Box::new(WriterStopped),
        };
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(Job { task, answer })
            .await
            .map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported by the panic hook.
            drop(thread.join());
        }
    }
}

// === writer thread ===

fn write(
    mut connection: Connection,
    cipher: &Cipher,
    witness: &WitnessHandle,
    mut waiting: mpsc::Receiver<Job>,
) {
    while let Some(first) = waiting.blocking_recv() {
        let mut jobs = vec![first];
        while jobs.len() < JOBS_PER_TRANSACTION
            && let Ok(next) = waiting.try_recv()
        {
            jobs.push(next);
        }
        let answers = match write_together(&mut connection, cipher, &jobs) {
            Ok(answers) => answers,
            Err(error) => refuse_all(error, jobs.len()),
        };
        for (job, answer) in jobs.into_iter().zip(answers) {
            // A caller that dropped its future does not need the answer.
            drop(job.answer.send(answer));
        }
        // Only after the answers. A number that is missed is noted with the next one.
        if let Ok(committed) = changes::last(&connection) {
            witness.note(committed);
        }
    }
}

/// Performs the jobs in one transaction.
///
/// # Errors
/// The transaction failed. None of the jobs is known to be committed.
fn write_together(
    connection: &mut Connection,
    cipher: &Cipher,
    jobs: &[Job],
) -> rusqlite::Result<Vec<Answer>> {
    // Immediate: SQLite fails a transaction that reads first and writes later without waiting for
    // the busy timeout if another process wrote in between.
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut numbers = Numbers::load(&transaction)?;
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        let mut savepoint = transaction.savepoint()?;
        let answer = perform(&savepoint, cipher, &mut numbers, &job.task);
        if answer.is_err() {
            // Fails if the error has already rolled back the whole transaction.
            savepoint.rollback()?;
        }
        savepoint.commit()?;
        answers.push(answer);
    }
    numbers.save(&transaction)?;
    transaction.commit()?;
    Ok(answers)
}

fn refuse_all(error: rusqlite::Error, jobs: usize) -> Vec<Answer> {
    let error = Arc::new(error);
    let refuse = |_| {
        Err(Error::Engine {
            action: "write to the store",
            source: Box::new(Arc::clone(&error)),
        })
    };
    (0..jobs).map(refuse).collect()
}

fn perform(connection: &Connection, cipher: &Cipher, numbers: &mut Numbers, task: &Task) -> Answer {
    match task {
        Task::Commit(change) => commit(connection, cipher, numbers, change).map(|()| Vec::new()),
        Task::Claim(request, room) => work::claim(connection, request, room, numbers),
        Task::TrimEvents(limits, limit) => {
            event_counts::trim(connection, limits, *limit).map(|()| Vec::new())
        }
        Task::BeginLineage(next) => lineage::write(connection, *next).map(|()| Vec::new()),
        // The smallest possible write. A transaction alone would prove nothing, since SQLite permits it on
        // a read-only file. Nor would an equal value: SQLite skips unchanged pages, so that a full disk
        // would go unnoticed.
        Task::Check => {
            numbers.draw();
            Ok(Vec::new())
        }
    }
}

fn commit(
    connection: &Connection,
    cipher: &Cipher,
    numbers: &mut Numbers,
    change: &Change,
) -> Result<(), Error> {
    for expectation in &change.expectations {
        if !holds(connection, expectation)? {
            return Err(Error::Conflict {
                expectation: expectation.to_string(),
            });
        }
    }
    for write in &change.writes {
        match write {
            Write::Put(kind, key, body) => {
                let version = numbers.draw();
                rows::put(connection, cipher, *kind, key, version, body)?;
            }
            Write::Remove(kind, key) => {
                if rows::remove(connection, *kind, key)? {
                    let number = numbers.draw();
                    changes::remember_removal(connection, *kind, key, number)?;
                }
            }
        }
    }
    for edit in &change.work {
        work::edit(connection, edit)?;
    }
    for request in &change.enqueue {
        work::enqueue(connection, request)?;
    }
    for event in &change.events {
        events::append(connection, event)?;
    }
    Ok(())
}

fn holds(connection: &Connection, expectation: &Expectation) -> Result<bool, Error> {
    match expectation {
        Expectation::Absent(kind, key) => {
            rows::version(connection, *kind, key).map(|version| version.is_none())
        }
        Expectation::Version(kind, key, expected) => {
            rows::version(connection, *kind, key).map(|version| version == Some(*expected))
        }
        Expectation::NoneUnder(kind, key) => {
            rows::any_below(connection, *kind, key).map(|any| !any)
        }
        Expectation::FewerUnder(kind, key, number) => {
            rows::count(connection, *kind, key, *number).map(|count| count < *number)
        }
        Expectation::Lease(key, epoch) => work::is_leased_as(connection, key, *epoch),
    }
}

#[cfg(test)]
mod tests;
