//! The one thread that writes.
//!
//! Jobs wait in a bounded queue. The writer takes all that wait, up to a limit, and carries them
//! out one after the other in one transaction, each inside a savepoint: a job that is refused
//! leaves no trace, and the others go on. The transaction is committed, which syncs the file once
//! for all of them; only then are the jobs answered. So what was answered `Ok` is durable, and a
//! job sees what the jobs before it did.

use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::limits::{JOBS_PER_TRANSACTION, WAITING_JOBS};
use super::{events, rows, work};
use crate::change::{Change, Expectation, Write};
use crate::encryption::Cipher;
use crate::work::ClaimRequest;
use crate::{Claim, Error};

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Task {
    /// Commit a change.
    Commit(Change),
    /// Lease up to so many rows of work.
    Claim(ClaimRequest, usize),
    /// Write as little as can be.
    Check,
}

/// The leases given: none but for a claim.
type Answer = Result<Vec<Claim>, Error>;

#[derive(Debug)]
struct Job {
    task: Task,
    answer: oneshot::Sender<Answer>,
}

/// The way to the writer. Dropping it waits until the writer has closed the file.
#[derive(Debug)]
pub(super) struct Writer {
    // Both are `None` only while being dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// The writer ended, which it does only when it panicked.
#[derive(Debug, thiserror::Error)]
#[error("the writer of the store has ended; restart Underpass")]
struct Ended;

// === impl Writer ===

impl Writer {
    /// Starts the thread.
    pub(super) fn start(connection: Connection, cipher: Arc<Cipher>) -> std::io::Result<Self> {
        let (jobs, waiting) = mpsc::channel(WAITING_JOBS);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write(connection, &cipher, waiting))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Has a task done and made durable.
    pub(super) async fn run(&self, task: Task) -> Answer {
        let ended = || Error::Engine {
            doing: "reach the writer",
            source: Box::new(Ended),
        };
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(ended)?;
        jobs.send(Job { task, answer }).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has said so on its own.
            drop(thread.join());
        }
    }
}

// === the thread ===

fn write(mut connection: Connection, cipher: &Cipher, mut waiting: mpsc::Receiver<Job>) {
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
            // Whoever does not wait any more does not want to know.
            drop(job.answer.send(answer));
        }
    }
}

/// Carries out the jobs in one transaction.
///
/// # Errors
/// When the transaction as a whole failed, so that none of the jobs is known to be committed.
fn write_together(
    connection: &mut Connection,
    cipher: &Cipher,
    jobs: &[Job],
) -> rusqlite::Result<Vec<Answer>> {
    // Immediate: a transaction that reads first and writes later could be refused at once when
    // another process wrote in between, whatever the busy timeout.
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        let mut savepoint = transaction.savepoint()?;
        let answer = perform(&savepoint, cipher, &job.task);
        if answer.is_err() {
            // Fails when the trouble was such that the whole transaction is gone already.
            savepoint.rollback()?;
        }
        savepoint.commit()?;
        answers.push(answer);
    }
    transaction.commit()?;
    Ok(answers)
}

fn refuse_all(error: rusqlite::Error, jobs: usize) -> Vec<Answer> {
    let error = Arc::new(error);
    let refuse = |_| {
        Err(Error::Engine {
            doing: "write to the store",
            source: Box::new(Arc::clone(&error)),
        })
    };
    (0..jobs).map(refuse).collect()
}

fn perform(connection: &Connection, cipher: &Cipher, task: &Task) -> Answer {
    match task {
        Task::Commit(change) => commit(connection, cipher, change).map(|()| Vec::new()),
        Task::Claim(request, limit) => work::claim(connection, request, *limit),
        Task::Check => rows::try_to_write(connection).map(|()| Vec::new()),
    }
}

fn commit(connection: &Connection, cipher: &Cipher, change: &Change) -> Result<(), Error> {
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
                let version = rows::next_number(connection)?;
                rows::put(connection, cipher, *kind, key, version, body)?;
            }
            Write::Remove(kind, key) => rows::remove(connection, *kind, key)?,
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
        Expectation::Version(kind, key, wanted) => {
            rows::version(connection, *kind, key).map(|version| version == Some(*wanted))
        }
        Expectation::NoneUnder(kind, key) => {
            rows::any_below(connection, *kind, key).map(|any| !any)
        }
        Expectation::Lease(key, epoch) => work::is_leased_as(connection, key, *epoch),
    }
}

#[cfg(test)]
mod tests;
