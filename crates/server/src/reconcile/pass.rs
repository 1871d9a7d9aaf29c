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

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use underpass_clouds::{Error as CloudError, ErrorKind, Report};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::reconcile::{self, AbsenceRule, Next, Step};
use underpass_store::{Claim, Error, Expectation, Store, WorkEdit};

use super::reconciliation::Reconciliation;
use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::ids::Ids;
use crate::publish::Publisher;

/// Duration of a lease: 3 minutes, several of the longest HTTP exchanges (30 s each).
pub const LEASE: SignedDuration = SignedDuration::from_mins(3);

/// Remaining lease required to begin a step: 2 minutes, because one step has up to three exchanges
/// (token, read, write) of at most 30 s each.
const LEASE_RESERVE: SignedDuration = SignedDuration::from_mins(2);

/// Most steps of one pass: 256. A link of 64 nodes with all its approvals needs fewer; further
/// steps follow in the next pass, after other due work.
const MAX_STEPS: u32 = 256;

/// Consecutive conflicting commits after which a pass ends: 8.
const MAX_CONFLICTS: u32 = 8;

/// Dependencies of reconcile passes; cheap to clone.
#[derive(Clone)]
pub struct Engine {
    /// Store of the desired and observed state.
    pub store: Arc<dyn Store>,
    /// Cloud accounts with their drivers.
    pub accounts: Accounts,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Source of IDs and jitter.
    pub ids: Arc<Ids>,
    /// Zone publisher.
    pub publisher: Arc<Publisher>,
    /// When a part that a cloud does not show any more counts as gone.
    pub absence: AbsenceRule,
}

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

/// Performs the steps of a claimed object that are possible now.
///
/// # Errors
/// If the store fails; the lease then expires.
pub async fn reconcile_pass(
    engine: &Engine,
    claim: &Claim,
    lease_until: Timestamp,
) -> Result<PassOutcome, Error> {
    let store = &*engine.store;
    let mut done: Option<(Step, Result<Report, CloudError>)> = None;
    let (mut steps, mut conflicts) = (0, 0);
    while conflicts < MAX_CONFLICTS {
        let now = engine.clock.now();
        let Some(mut reconciliation) =
            Reconciliation::load(store, &claim.key, engine.absence).await?
        else {
            let forget = WorkEdit::Forget {
                key: claim.key.clone(),
                epoch: claim.epoch,
            };
            let change = underpass_store::Change::new().work(forget);
            return store.commit(change).await.map(|()| PassOutcome::Gone);
        };
        if let Some((step, answer)) = &done {
            reconciliation.fold(step, answer, &engine.ids, now);
        }
        let pass_step = decide(&reconciliation, now, lease_until, steps);
        let (change, end) = match &pass_step {
            PassStep::Remove => {
                let forget = WorkEdit::Forget {
                    key: claim.key.clone(),
                    epoch: claim.epoch,
                };
                (
                    reconciliation.removal(now)?.work(forget),
                    Some(PassOutcome::Gone),
                )
            }
            PassStep::Do(step) => {
                if step.is_write() {
                    reconciliation.mark_unknown(step.part(), now);
                }
                (reconciliation.change()?, None)
            }
            PassStep::Wait(due_at) => {
                let edit = WorkEdit::Reschedule {
                    key: claim.key.clone(),
                    epoch: claim.epoch,
                    generation: reconciliation.picture.generation,
                    due_at: *due_at,
                };
                (
                    reconciliation.change()?.work(edit),
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
                    reconciliation.change()?.work(edit),
                    Some(PassOutcome::Rested),
                )
            }
        };
        if !change.is_empty() {
            let lease = Expectation::Lease(claim.key.clone(), claim.epoch);
            let names_move =
                end == Some(PassOutcome::Gone) || reconciliation.shown_states_changed();
            match store.commit(change.expect(lease)).await {
                Ok(()) if names_move => engine.publisher.refresh().await?,
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
            let answer = perform(engine, target, &step).await;
            done = Some((step, answer));
        }
    }
    Ok(PassOutcome::Lost)
}

enum PassStep {
    Remove,
    Do(Step),
    Wait(Timestamp),
    Rest,
}

fn decide(
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
        Next::Do(_) if steps >= MAX_STEPS => PassStep::Wait(now),
        Next::Do(_) if now.saturating_add(LEASE_RESERVE).unwrap_or(now) > lease_until => {
            PassStep::Wait(now)
        }
        Next::Do(step) => PassStep::Do(step),
        Next::Wait { until, .. } => PassStep::Wait(until),
        Next::Rest => PassStep::Rest,
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
        source: None,
    }
}
