//! The writer of a replica, with group commit.
//!
//! Jobs wait in a bounded queue. The writer takes those that wait, up to a limit, and commits their
//! changes in one transaction. A refused change writes nothing and the others continue. Only after the
//! commit are the jobs answered, so a change answered with `Ok` is durable.
//!
//! If the connection is lost before the commit was sent, nothing was written, and the transaction is
//! repeated on another one. If it is lost afterwards, the number of the batch is looked up: the row
//! lock of `sequence` is granted only once the lost transaction has ended, so the answer is certain,
//! and the transaction is answered or repeated. Only if the database cannot be asked within a time,
//! the callers are told that the change may have happened.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

use super::batch::{Batch, WorkSlot};
use super::connector::Connector;
use super::error::{engine, outage, outage_of};
use super::limits::{
    ANSWER_TIME, CHANGES_PER_TRANSACTION, CONNECT_TIMEOUT, OUTCOME_TIME, RECONNECT_PAUSE,
    RECONNECT_TIME, WAITING_JOBS, WRITE_ATTEMPTS,
};
use super::lineage::Position;
use super::locked::Locked;
use super::outage::{Outage, is_lost, is_passing};
use super::prefetch::Needs;
use super::presence::BEAT;
use super::session::{BatchId, Failed, Session};
use super::witness::Known;
use super::{schema, trim};
use crate::change::Change;
use crate::claim::Claim;
use crate::encryption::Cipher;
use crate::error::Error;
use crate::lineage::Lineage;
use crate::retention::EventLimits;
use crate::room::Room;
use crate::work::ClaimRequest;

const ACTION: &str = "write to the store";

/// A task of the writer.
#[derive(Debug)]
pub(super) enum Task {
    /// Commit a change.
    Commit(Change),
    /// Lease rows of work, as many as there is room for.
    Claim(ClaimRequest, Room),
    /// Remove events that are no longer kept, up to a number.
    TrimEvents(EventLimits, usize),
    /// Take the store for the newest one.
    Accept(Lineage),
    /// Perform the smallest possible write.
    Check,
    /// Tell the others that this replica runs, and end the leases of those that ended.
    Beat,
}

/// The leases given. Tasks other than claims give none.
type Answer = Result<Vec<Claim>, Error>;

#[derive(Debug)]
struct Job {
    task: Task,
    answer: oneshot::Sender<Answer>,
}

/// The handle of the writer. Its task ends once the handle is dropped and the waiting jobs are done.
#[derive(Debug)]
pub(super) struct Writer(mpsc::Sender<Job>);

/// An error after the task has ended.
#[derive(Debug, thiserror::Error)]
#[error("the writer of the store has stopped. Restart Underpass")]
struct Stopped;

// === impl Writer ===

impl Writer {
    /// Starts the task.
    pub(super) fn start(
        connector: Connector,
        cipher: Arc<Cipher>,
        known: Arc<Known>,
        replica: String,
        session: Session,
    ) -> (Self, watch::Receiver<u64>) {
        let (jobs, waiting) = mpsc::channel(WAITING_JOBS);
        let (left, left_work) = watch::channel(0);
        let runtime = connector.runtime().clone();
        let task = Writing {
            connector,
            cipher,
            known,
            replica,
            batches: 0,
            session: Some(session),
            is_older: false,
            unknown_leases: Vec::new(),
            left,
        };
        runtime.spawn(task.run(waiting));
        runtime.spawn(beats(jobs.downgrade()));
        (Self(jobs), left_work)
    }

    /// Performs a task and makes its effects durable.
    pub(super) async fn run(&self, task: Task) -> Answer {
        let stopped = || Error::Engine {
            action: "reach the writer of the store",
            source: Box::new(Stopped),
        };
        let (answer, answered) = oneshot::channel();
        let sent = self.0.send(Job { task, answer }).await;
        sent.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

/// Requests beats until the writer is dropped.
async fn beats(writer: mpsc::WeakSender<Job>) {
    loop {
        sleep(BEAT).await;
        let Some(jobs) = writer.upgrade() else { return };
        let (answer, answered) = oneshot::channel();
        let task = Task::Beat;
        if jobs.send(Job { task, answer }).await.is_err() {
            return;
        }
        // Without it, the writer would not end.
        drop(jobs);
        if let Ok(Err(error)) = answered.await {
            tracing::debug!(%error, "failed to tell the other replicas that this one runs");
        }
    }
}

// === the task ===

struct Writing {
    connector: Connector,
    cipher: Arc<Cipher>,
    known: Arc<Known>,
    replica: String,
    batches: i64,
    session: Option<Session>,
    is_older: bool,
    /// Leases that may have been given by a claim whose outcome could not be learned, by their epochs.
    unknown_leases: Vec<i64>,
    /// Work that other replicas left.
    left: watch::Sender<u64>,
}

/// A transaction.
#[derive(Clone, Copy)]
enum Transaction<'a> {
    /// Changes, and checks, which change nothing.
    Changes(&'a [&'a Task]),
    Claim(&'a ClaimRequest, &'a Room),
    TrimEvents(&'a EventLimits, usize),
    Accept(Lineage),
    Beat,
}

/// The answers of a transaction that was committed.
type Answers = Vec<Answer>;

/// An attempt that failed.
enum Attempt {
    /// Nothing was committed.
    Failed(tokio_postgres::Error),
    /// The connection was lost after the commit was sent. The answers are true if it happened.
    Unknown(tokio_postgres::Error, Option<Position>, Answers),
    /// The server did not answer in time before the commit was sent.
    Late,
    /// Another attempt fails as well.
    Refused(Outage),
}

impl From<tokio_postgres::Error> for Attempt {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Failed(error)
    }
}

impl Writing {
    async fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        while let Some(first) = waiting.recv().await {
            let mut jobs = vec![first];
            while jobs.len() < CHANGES_PER_TRANSACTION
                && let Ok(next) = waiting.try_recv()
            {
                jobs.push(next);
            }
            // Jobs that wait together have no order among them.
            let (changes, others): (Vec<_>, Vec<_>) = jobs
                .into_iter()
                .partition(|job| matches!(job.task, Task::Commit(_) | Task::Check));
            self.answer_changes(changes).await;
            for job in others {
                let answer = self.answer_alone(&job.task).await;
                // A caller that dropped its future does not need the answer.
                drop(job.answer.send(answer));
            }
        }
    }

    async fn answer_changes(&mut self, jobs: Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        let tasks: Vec<_> = jobs.iter().map(|job| &job.task).collect();
        let answers = match self.transact(Transaction::Changes(&tasks)).await {
            Ok(answers) => answers,
            // A value that the database refuses fails one change only.
            Err(error) if jobs.len() > 1 && !error.is_outage() => {
                let mut answers = Vec::new();
                for task in tasks {
                    answers.push(self.answer_alone(task).await);
                }
                answers
            }
            Err(error) => refuse_all(error, jobs.len()),
        };
        for (job, answer) in jobs.into_iter().zip(answers) {
            drop(job.answer.send(answer));
        }
    }

    async fn answer_alone(&mut self, task: &Task) -> Answer {
        let tasks = [task];
        let transaction = match task {
            Task::Commit(_) | Task::Check => Transaction::Changes(&tasks),
            Task::Claim(request, room) => Transaction::Claim(request, room),
            Task::TrimEvents(limits, limit) => Transaction::TrimEvents(limits, *limit),
            Task::Accept(next) => Transaction::Accept(*next),
            Task::Beat => Transaction::Beat,
        };
        let answers = self.transact(transaction).await?;
        answers.into_iter().next().unwrap_or_else(|| Ok(Vec::new()))
    }

    /// Performs a transaction, again if it was interrupted.
    async fn transact(&mut self, transaction: Transaction<'_>) -> Result<Answers, Error> {
        self.batches += 1;
        let batch = BatchId {
            replica: self.replica.clone(),
            number: self.batches,
        };
        let mut attempts = 1;
        loop {
            let attempt = self.attempt(transaction, &batch).await?;
            let error = match attempt {
                Ok((position, answers)) => {
                    self.note(position);
                    return Ok(answers);
                }
                Err(Attempt::Unknown(error, position, answers)) => {
                    self.session = None;
                    tracing::warn!(%error, "lost the database during a commit: looking whether it happened");
                    let has_committed = self.has_committed(&batch, error).await;
                    if has_committed.is_err() {
                        let claims = answers.iter().filter_map(|it| it.as_ref().ok()).flatten();
                        let epochs = claims.map(|claim| claim.epoch.cast_signed());
                        self.unknown_leases.extend(epochs);
                    }
                    if has_committed? {
                        self.note(position);
                        return Ok(answers);
                    }
                    None
                }
                Err(Attempt::Failed(error)) if is_lost(&error) => {
                    self.session = None;
                    Some(error)
                }
                Err(Attempt::Failed(error)) if is_passing(&error) => Some(error),
                Err(Attempt::Failed(error)) => return Err(engine(ACTION)(error)),
                Err(Attempt::Late) => {
                    self.session = None;
                    return Err(outage(ACTION, Outage::Late(ANSWER_TIME.as_secs())));
                }
                Err(Attempt::Refused(reason)) => return Err(outage(ACTION, reason)),
            };
            attempts += 1;
            if attempts > WRITE_ATTEMPTS {
                return Err(match error {
                    Some(error) => outage(ACTION, Outage::Unavailable(Arc::new(error))),
                    None => outage(ACTION, Outage::Interrupted),
                });
            }
        }
    }

    fn note(&self, committed: Option<Position>) {
        if let Some(position) = committed {
            self.known.note(position);
        }
    }

    async fn attempt(
        &mut self,
        transaction: Transaction<'_>,
        batch: &BatchId,
    ) -> Result<Result<(Option<Position>, Answers), Attempt>, Error> {
        // A beat is not waited for.
        let time = match transaction {
            Transaction::Beat => Duration::ZERO,
            _ => RECONNECT_TIME,
        };
        let session = self.session(time).await?;
        let cipher = Arc::clone(&self.cipher);
        let done = match self.end_unknown_leases(&session).await {
            Ok(()) => Box::pin(perform(&session, &cipher, transaction, batch)).await,
            Err(error) => Err(Attempt::Failed(error)),
        };
        self.session = Some(session);
        if matches!((transaction, &done), (Transaction::Beat, Ok((Some(_), _)))) {
            self.left.send_modify(|number| *number += 1);
        }
        Ok(done)
    }

    /// Ends the leases of claims whose outcome could not be learned: no pass runs for them. Before the next
    /// claim, which may draw the same epochs if they were not given.
    async fn end_unknown_leases(&mut self, session: &Session) -> Result<(), tokio_postgres::Error> {
        if self.unknown_leases.is_empty() {
            return Ok(());
        }
        let (client, presence) = (&session.client, &session.presence);
        let ended = presence.end_own(client, &self.replica, &self.unknown_leases);
        let (_, count) = session.lock_and(ended).await?;
        client.batch_execute("COMMIT").await?;
        tracing::info!(count, "ended leases whose claims were not answered");
        self.unknown_leases.clear();
        Ok(())
    }

    /// Takes the connection, or opens one.
    async fn session(&mut self, time: Duration) -> Result<Session, Error> {
        if self.is_older {
            return Err(outage(ACTION, Outage::Older));
        }
        if let Some(session) = self.session.take()
            && !session.client.is_closed()
        {
            return Ok(session);
        }
        let begin = Instant::now();
        loop {
            let opened = timeout(CONNECT_TIMEOUT * 2, self.open()).await;
            let error: Outage = match opened {
                Ok(Ok(session)) => return Ok(session),
                Ok(Err(error)) => error,
                Err(_) => Outage::Late(CONNECT_TIMEOUT.as_secs() * 2),
            };
            if self.is_older || begin.elapsed() >= time {
                return Err(outage("connect to the database", error));
            }
            sleep(RECONNECT_PAUSE).await;
        }
    }

    async fn open(&mut self) -> Result<Session, Outage> {
        let unavailable = |error| Outage::Unavailable(Arc::new(error));
        let session = Session::open(&self.connector, &self.replica, self.cipher.key_ids())
            .await
            .map_err(unavailable)?;
        let next = super::lineage::random().ok_or(Outage::NoRandom)?;
        let (history, locked) = session.lineages(next).await.map_err(unavailable)?;
        let known = self.known.position();
        if let Some(older) = known.and_then(|known| history.compare(known, locked.last)) {
            self.is_older = true;
            tracing::error!(
                ?older,
                "the database is older than it was while this process used it: nothing is written \
                 any more. Restart Underpass"
            );
            return Err(Outage::Older);
        }
        Ok(session)
    }

    /// Returns whether a batch was committed whose answer was lost.
    ///
    /// # Errors
    /// The database cannot be asked.
    async fn has_committed(
        &mut self,
        batch: &BatchId,
        lost: tokio_postgres::Error,
    ) -> Result<bool, Error> {
        let begin = Instant::now();
        while begin.elapsed() < OUTCOME_TIME && !self.is_older {
            let left = OUTCOME_TIME.saturating_sub(begin.elapsed());
            let Ok(session) = self.session(left).await else {
                continue;
            };
            if let Ok(Ok(has_committed)) = timeout(left, session.has_committed(batch)).await {
                self.session = Some(session);
                return Ok(has_committed);
            }
        }
        Err(outage(ACTION, Outage::Uncertain(Arc::new(lost))))
    }
}

fn refuse_all(error: Error, jobs: usize) -> Answers {
    // All causes of a failed transaction are outages, or there was one job.
    let reason = outage_of(&error).cloned();
    let mut first = Some(error);
    let refuse = |_| {
        Err(match (first.take(), &reason) {
            (Some(error), _) => error,
            (None, Some(reason)) => outage(ACTION, Outage::clone(reason)),
            (None, None) => outage(ACTION, Outage::Interrupted),
        })
    };
    (0..jobs).map(refuse).collect()
}

/// Performs a transaction on a connection.
async fn perform(
    session: &Session,
    cipher: &Cipher,
    transaction: Transaction<'_>,
    batch: &BatchId,
) -> Result<(Option<Position>, Answers), Attempt> {
    match transaction {
        Transaction::Changes(tasks) => commit(session, cipher, tasks, batch).await,
        Transaction::Claim(request, room) => claim(session, request, room, batch).await,
        Transaction::TrimEvents(limits, limit) => {
            let (locked, ()) = begin(session, async { Ok(()) }).await?;
            if let Err(error) = trim::trim(&session.client, limits, limit).await {
                session.roll_back().await;
                return Err(error.into());
            }
            let unchanged = Batch::default().at(&locked);
            let answers = vec![Ok(Vec::new())];
            finish(session, &unchanged, &locked, batch, answers, true).await
        }
        Transaction::Accept(next) => {
            let position = session.accept(next).await?;
            Ok((Some(position), vec![Ok(Vec::new())]))
        }
        Transaction::Beat => beat(session, batch).await,
    }
}

/// Writes the time into the row of this replica, and ends the leases of those that ended.
async fn beat(session: &Session, batch: &BatchId) -> Result<(Option<Position>, Answers), Attempt> {
    let (client, presence) = (&session.client, &session.presence);
    presence.beat(client, &batch.replica).await?;
    let gone = presence.gone(client, &batch.replica).await?;
    let answers = vec![Ok(Vec::new())];
    if gone.is_empty() {
        return Ok((None, answers));
    }
    // Again under the lock, and under the locks of those replicas.
    let (locked, gone) = begin(session, presence.gone(client, &batch.replica)).await?;
    match presence.end_leases(client, &gone).await {
        Ok(0) => {
            session.roll_back().await;
            Ok((None, answers))
        }
        Ok(count) => {
            tracing::warn!(count, replicas = ?gone, "ended the leases of replicas that ended");
            let unchanged = Batch::default().at(&locked);
            finish(session, &unchanged, &locked, batch, answers, true).await
        }
        Err(error) => {
            session.roll_back().await;
            Err(error.into())
        }
    }
}

async fn commit(
    session: &Session,
    cipher: &Cipher,
    tasks: &[&Task],
    batch: &BatchId,
) -> Result<(Option<Position>, Answers), Attempt> {
    let needs = Needs::of(tasks.iter().filter_map(|task| match task {
        Task::Commit(change) => Some(change),
        _ => None,
    }));
    let reads = needs.read(&session.client, &session.reads, &session.work);
    let (locked, read) = begin(session, reads).await?;
    let mut state = read.at(&locked);
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(if let Task::Commit(change) = task {
            state.apply(cipher, change).map(|()| Vec::new())
        } else {
            // The smallest possible write.
            state.draw();
            Ok(Vec::new())
        });
    }
    finish(session, &state, &locked, batch, answers, false).await
}

/// Leases due work.
async fn claim(
    session: &Session,
    request: &ClaimRequest,
    room: &Room,
    batch: &BatchId,
) -> Result<(Option<Position>, Answers), Attempt> {
    let (client, statements) = (&session.client, &session.work);
    let (locked, due) = begin(session, statements.due(client, request, room)).await?;
    let keys: Vec<_> = due.iter().map(|(_, _, _, key, _)| key).collect();
    let mut rows = if keys.is_empty() {
        std::collections::BTreeMap::new()
    } else {
        match statements.lock(client, &keys).await {
            Ok(rows) => rows,
            Err(error) => {
                session.roll_back().await;
                return Err(error.into());
            }
        }
    };
    let mut state = Batch::default().at(&locked);
    let mut claims = Vec::new();
    for text in keys {
        let Some(row) = rows.remove(text) else {
            continue;
        };
        let epoch = state.draw();
        let row = if let Ok(key) = text.parse() {
            let (row, claim) = row.after_claim(key, request, epoch);
            claims.push(claim);
            row
        } else {
            // Due again when its lease ends, perhaps for the version that knows the kind.
            tracing::error!(
                work = text,
                "failed to read the key of due work: it is set aside"
            );
            row.after_setting_aside(request, epoch)
        };
        let slot = WorkSlot {
            was_stored: true,
            row: Some(row),
            is_changed: true,
        };
        state.work.insert(text.clone(), slot);
    }
    let answers = vec![Ok(claims)];
    finish(session, &state, &locked, batch, answers, false).await
}

/// Begins a transaction under the lock and reads.
async fn begin<T>(
    session: &Session,
    reads: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<(Locked, T), Attempt> {
    let begun = timeout(ANSWER_TIME, session.lock_and(reads)).await;
    let (locked, read) = begun.map_err(|_| Attempt::Late)??;
    if locked.min_reader > schema::known() {
        session.roll_back().await;
        return Err(Attempt::Refused(Outage::Newer));
    }
    Ok((locked, read))
}

/// Writes and commits. `has_written`: the transaction contains writes beside those of `state`.
async fn finish(
    session: &Session,
    state: &Batch,
    locked: &Locked,
    batch: &BatchId,
    answers: Answers,
    has_written: bool,
) -> Result<(Option<Position>, Answers), Attempt> {
    let position = locked.position().map(|position| Position {
        number: state.last,
        ..position
    });
    if state.is_empty() && !has_written {
        session.roll_back().await;
        return Ok((position, answers));
    }
    let writes = session.writes.write(&session.client, state);
    let commit = session.commit(Box::pin(writes), state.last, state.last_event, batch);
    match Box::pin(commit).await {
        Ok(()) => Ok((position, answers)),
        Err(Failed::Whole(error)) => Err(Attempt::Failed(error)),
        Err(Failed::Unknown(error)) => Err(Attempt::Unknown(error, position, answers)),
    }
}
