//! Reconcile pass: one run of the loop for one managed object.
//!
//! Each round loads the object, applies the observations of the last step, and decides. Before a
//! write, one commit stores the observations so far and marks the part to be written as unknown;
//! then the call is made. After a crash, either nothing was written or a part is marked unknown,
//! which the next pass reads. A desired state that changed during the pass leads to a different
//! next decision. Every commit expects the lease, so a worker that lost it stops; the cloud's
//! preconditions refuse its last write.
//!
//! The function is `async` but uses no runtime. With a store and a cloud that answer immediately it
//! completes in one poll, as the simulation requires.

use jiff::{SignedDuration, Timestamp};
use underpass_clouds::{Error as CloudError, ErrorKind, Report};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::name::AccountName;
use underpass_model::reconcile::{self, Next, Step};
use underpass_model::work::Priority;
use underpass_store::{Change, Claim, Error, Expectation, WorkEdit};

use super::account_shares::Slot;
use super::engine::Engine;
use super::reconciliation::Reconciliation;

/// Duration of a lease: 3 minutes, several of the longest HTTP exchanges (30 s each).
pub const LEASE: SignedDuration = SignedDuration::from_mins(3);

/// Remaining lease required to begin a step: 2 minutes, because one step has up to three exchanges
/// (token, read, write) of at most 30 s each.
const LEASE_RESERVE: SignedDuration = SignedDuration::from_mins(2);

/// Most steps of one pass: 256. A link of 64 nodes with all its approvals needs fewer; further
/// steps follow in the next pass, after other due work.
const MAX_STEPS: u32 = 256;

/// Pause before the next attempt to write to an account that was not compared with the store yet: 1
/// second. The comparison begins with the process, and takes a few list calls.
const UNCOMPARED_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// Pause while a part of an orphan cannot be read, whose other parts could be deleted: 30 seconds.
const UNREAD_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// Pause of an object with a document that cannot be read: 10 minutes. Nothing but another version of
/// Underpass or another copy of the store helps, and both begin with the start of a process.
const UNREADABLE_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// Consecutive conflicting commits after which a pass ends: 8.
const MAX_CONFLICTS: u32 = 8;

/// Outcome of a reconcile pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PassOutcome {
    /// No step is left.
    Rested,
    /// The object waits until a time.
    Waiting(Timestamp),
    /// The object was deleted with its rows.
    Gone,
    /// Another worker holds the lease, or commits conflicted too often.
    Lost,
}

/// Leaves an object alone that cannot be read whole; the store has logged the document.
async fn set_aside(engine: &Engine, claim: &Claim, now: Timestamp) -> Result<PassOutcome, Error> {
    let due_at = now.saturating_add(UNREADABLE_PAUSE).unwrap_or(now);
    let edit = WorkEdit::Reschedule {
        key: claim.key.clone(),
        epoch: claim.epoch,
        generation: claim.generation,
        due_at,
        priority: Priority::Background,
    };
    let change = underpass_store::Change::new().work(edit);
    engine.store.commit(change).await?;
    Ok(PassOutcome::Waiting(due_at))
}

/// Performs the steps of a claimed object that are possible now.
///
/// # Errors
/// If the store fails; the lease then expires.
pub async fn reconcile_pass(
    engine: &Engine,
    claim: &Claim,
    lease_until: Timestamp,
) -> Result<PassOutcome, Error> {
    let slot = engine.shares.start(claim, engine.clock.now());
    pass_in_slot(engine, claim, lease_until, slot).await
}

/// Performs the steps of a claimed object, in a slot of its account.
///
/// # Errors
/// As [`reconcile_pass`].
pub(super) async fn pass_in_slot(
    engine: &Engine,
    claim: &Claim,
    lease_until: Timestamp,
    mut slot: Slot,
) -> Result<PassOutcome, Error> {
    let store = &*engine.store;
    let mut done: Option<Performed> = None;
    let (mut steps, mut conflicts) = (0, 0);
    while conflicts < MAX_CONFLICTS {
        let now = engine.clock.now();
        let loaded = match Reconciliation::load(engine, &claim.key).await {
            Err(error) if error.is_unreadable() => return set_aside(engine, claim, now).await,
            loaded => loaded?,
        };
        let Some(mut reconciliation) = loaded else {
            let change = Change::new().work(forget(claim));
            return store.commit(change).await.map(|()| PassOutcome::Gone);
        };
        let account = reconciliation.target.as_ref().map(|it| &it.account);
        if let (Some(account), None) = (account, &done)
            && !slot.enter(account, now)
        {
            let change = give_back(claim, account, now);
            return store
                .commit(change)
                .await
                .map(|()| PassOutcome::Waiting(now));
        }
        if let Some(done) = &done {
            done.fold_into(&mut reconciliation, engine, now);
            reconciliation.replace_refused_range(store, now).await?;
        }
        let pass_step = decide(engine, &reconciliation, now, lease_until, steps);
        let (mut change, end) = match &pass_step {
            PassStep::Remove => (
                reconciliation.removal(now)?.work(forget(claim)),
                Some(PassOutcome::Gone),
            ),
            PassStep::Do(step) => {
                if step.is_write() && reconciliation.refuse(step).is_none() {
                    reconciliation.picture.observed.begin_write(step, now);
                }
                (reconciliation.change(now)?, None)
            }
            PassStep::Wait(due_at) => {
                let edit = WorkEdit::Reschedule {
                    key: claim.key.clone(),
                    epoch: claim.epoch,
                    generation: reconciliation.picture.generation,
                    due_at: *due_at,
                    priority: if reconciliation.has_failures() {
                        Priority::Background
                    } else {
                        claim.priority
                    },
                };
                (
                    reconciliation.change(now)?.work(edit),
                    Some(PassOutcome::Waiting(*due_at)),
                )
            }
            PassStep::Rest => {
                let edit = WorkEdit::Finish {
                    key: claim.key.clone(),
                    epoch: claim.epoch,
                    generation: reconciliation.picture.generation,
                };
                (
                    reconciliation.change(now)?.work(edit),
                    Some(PassOutcome::Rested),
                )
            }
        };
        if !change.is_empty() {
            let account = reconciliation.target.as_ref().map(|it| it.account.clone());
            if let Some(account) = account.filter(|it| claim.account.as_ref() != Some(it)) {
                change.work.insert(0, assign(claim, account));
            }
            let lease = Expectation::Lease(claim.key.clone(), claim.epoch);
            match store.commit(change.expect(lease)).await {
                Ok(()) => {}
                Err(error) if error.is_conflict() => {
                    conflicts += 1;
                    continue;
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(end) = end {
            return Ok(end);
        }
        conflicts = 0;
        steps += 1;
        if let (PassStep::Do(step), Some(target)) = (pass_step, &reconciliation.target) {
            let answer = attempt(engine, &reconciliation, target, &step).await;
            done = Some(Performed {
                object: target.object.clone(),
                step,
                answer,
            });
        }
    }
    Ok(PassOutcome::Lost)
}

/// Returns the edit that ends the claimed work, because its object is gone.
fn forget(claim: &Claim) -> WorkEdit {
    WorkEdit::Forget {
        key: claim.key.clone(),
        epoch: claim.epoch,
    }
}

/// Returns the edit that records the account of the claimed work.
fn assign(claim: &Claim, account: AccountName) -> WorkEdit {
    WorkEdit::Assign {
        key: claim.key.clone(),
        epoch: claim.epoch,
        account,
    }
}

/// Returns the change that gives the claimed work back to its account, where it is due.
fn give_back(claim: &Claim, account: &AccountName, now: Timestamp) -> Change {
    let again = WorkEdit::Reschedule {
        key: claim.key.clone(),
        epoch: claim.epoch,
        generation: claim.generation,
        due_at: now,
        priority: claim.priority,
    };
    Change::new()
        .work(assign(claim, account.clone()))
        .work(again)
}

/// A step with its answer.
struct Performed {
    /// ID of the object that it was performed on.
    object: String,
    step: Step,
    answer: Result<Report, CloudError>,
}

impl Performed {
    /// Records the answer, unless a recovery put another link in the place of the object meanwhile.
    fn fold_into(&self, reconciliation: &mut Reconciliation, engine: &Engine, now: Timestamp) {
        let target = reconciliation.target.as_ref();
        if target.is_none_or(|target| target.object == self.object) {
            reconciliation.fold(&self.step, &self.answer, &engine.ids, now);
        }
    }
}

enum PassStep {
    Remove,
    Do(Step),
    Wait(Timestamp),
    Rest,
}

fn decide(
    engine: &Engine,
    reconciliation: &Reconciliation,
    now: Timestamp,
    lease_until: Timestamp,
    steps: u32,
) -> PassStep {
    if reconciliation.is_over() {
        return PassStep::Remove;
    }
    match reconcile::next(&reconciliation.picture, now) {
        // Without an account there are no parts.
        Next::Do(_) if reconciliation.target.is_none() => PassStep::Rest,
        // Continued by the end of the hold. Meanwhile every part is read once.
        Next::Do(step) if step.is_write() && reconciliation.is_held() => {
            match reconciliation.unread_part() {
                Some(part) if steps < MAX_STEPS => PassStep::Do(Step::Read(part.clone())),
                Some(_) => PassStep::Wait(now),
                // A person waits for the proof that a part is absent.
                None => reconciliation
                    .next_absence_read(now)
                    .map_or(PassStep::Rest, PassStep::Wait),
            }
        }
        Next::Do(step) if step.is_write() && !is_compared(engine, reconciliation) => {
            PassStep::Wait(now.saturating_add(UNCOMPARED_PAUSE).unwrap_or(now))
        }
        Next::Do(Step::Delete(_)) if reconciliation.is_unread_orphan() => {
            PassStep::Wait(now.saturating_add(UNREAD_PAUSE).unwrap_or(now))
        }
        Next::Do(_) if steps >= MAX_STEPS => PassStep::Wait(now),
        Next::Do(_) if now.saturating_add(LEASE_RESERVE).unwrap_or(now) > lease_until => {
            PassStep::Wait(now)
        }
        Next::Do(step) => PassStep::Do(step),
        Next::Wait { until, .. } => PassStep::Wait(until),
        Next::Rest => PassStep::Rest,
    }
}

/// Returns whether the account of an object was compared with the store.
fn is_compared(engine: &Engine, reconciliation: &Reconciliation) -> bool {
    let target = reconciliation.target.as_ref();
    target.is_none_or(|target| engine.compared.contains(&target.account))
}

/// Performs a step, unless it is refused before the cloud is asked.
async fn attempt(
    engine: &Engine,
    reconciliation: &Reconciliation,
    target: &CloudTarget,
    step: &Step,
) -> Result<Report, CloudError> {
    match reconciliation.refuse(step) {
        Some(refused) => Err(refused),
        None => perform(engine, target, step).await,
    }
}

async fn perform(engine: &Engine, target: &CloudTarget, step: &Step) -> Result<Report, CloudError> {
    let Some(account) = engine.accounts.get(&target.account) else {
        return Err(unknown_account(target));
    };
    let answer = account
        .cloud
        .perform(target, step, engine.clock.now())
        .await;
    engine.shares.record(
        &target.account,
        answer.as_ref().map(drop),
        &engine.ids,
        engine.clock.now(),
    );
    match &answer {
        Ok(report) => {
            tracing::debug!(work = %target.ownership.managed, ?step, outcome = ?report.outcome, "performed step");
        }
        Err(error) => log_failure(target, step, error),
    }
    answer
}

/// Logs a failed step: conflicts at DEBUG, temporary failures at INFO, and at WARN those that need
/// the operator.
fn log_failure(target: &CloudTarget, step: &Step, error: &CloudError) {
    let (managed, part) = (&target.ownership.managed, step.part());
    let text = error_reporter::Report::new(error).to_string();
    match error.kind {
        ErrorKind::Conflict => {
            tracing::debug!(work = %managed, %part, error = text, "failed to perform step");
        }
        ErrorKind::Retry { .. } => {
            tracing::info!(work = %managed, %part, error = text, "failed to perform step");
        }
        ErrorKind::Missing
        | ErrorKind::Denied
        | ErrorKind::Quota
        | ErrorKind::Invalid
        | ErrorKind::NotOurs
        | ErrorKind::InDoubt => {
            tracing::warn!(work = %managed, %part, error = text, "failed to perform step");
        }
    }
}

fn unknown_account(target: &CloudTarget) -> CloudError {
    CloudError {
        kind: ErrorKind::Denied,
        action: "find the cloud account".to_owned(),
        code: "UnknownAccount".to_owned(),
        message: format!("account `{}` is no longer configured", target.account),
        remedy: Some(format!("Configure account `{}` again", target.account)),
        status: None,
        source: None,
    }
}
