//! One turn of a worker over one wish.
//!
//! Theory of operation.
//! Each round reads the wish afresh, folds in what the last step saw, and decides anew.
//! Before a write, one commit records what was seen so far and that the part to be written is now
//! unknown; only then is the call made.
//! So a crash anywhere leaves either nothing begun or a part marked unknown, which the next turn
//! reads; and a wish that changed midway is simply a different next decision.
//! Every commit expects the lease, so a worker that lost it stops; the provider's own
//! preconditions stop its last write.
//!
//! The function is `async` but names no runtime: with a store and a cloud that answer at once it
//! runs to the end in one poll, which the simulation relies on.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use underpass_clouds::{Error as CloudError, ErrorKind, Report};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::reconcile::{self, Next, Step};
use underpass_store::{Claim, Error, Expectation, Store, WorkEdit};

use super::reconciliation::Reconciliation;
use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::ids::Ids;
use crate::publish::Publisher;

/// How long a lease lasts: 3 minutes, several exchanges of the longest kind (30 s each).
pub const LEASE: SignedDuration = SignedDuration::from_mins(3);

/// A step is begun only while this much of the lease is left: 2 minutes, because one step may be
/// three exchanges (token, read, write) of at most 30 s each.
const LEASE_RESERVE: SignedDuration = SignedDuration::from_mins(2);

/// Most steps of one turn: 256. A link of 64 nodes with all its approvals needs fewer; what is
/// left after that goes on in the next turn, behind others that wait.
const MAX_STEPS: u32 = 256;

/// How often a commit is tried again when somebody else changed the same rows: 8 times.
const MAX_CONFLICTS: u32 = 8;

/// What turns work with; cheap to clone.
#[derive(Clone)]
pub struct Engine {
    /// Where intent is kept.
    pub store: Arc<dyn Store>,
    /// The drivers.
    pub accounts: Accounts,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and jitter.
    pub ids: Arc<Ids>,
    /// Keeps DNS equal to what is active.
    pub publisher: Arc<Publisher>,
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PassOutcome {
    /// The wish rests.
    Rested,
    /// The wish waits until then.
    Waiting(Timestamp),
    /// The wish is gone, and its rows with it.
    Gone,
    /// Somebody else holds the lease now.
    Lost,
}

/// Brings a claimed wish as far as it goes now.
///
/// # Errors
/// When the store fails. The lease then simply runs out.
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
        let Some(mut reconciliation) = Reconciliation::load(store, &claim.key).await? else {
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
                    reconciliation.removal(now).work(forget),
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
            let names_move = end == Some(PassOutcome::Gone) || reconciliation.looks_different();
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
        // Without an account nothing is wanted and nothing was ever built.
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
            tracing::debug!(work = %target.ownership.managed, ?step, outcome = ?report.outcome, "perform step");
        }
        Err(error) => log_failure(target, step, error),
    }
    answer
}

/// What the next look mends is no news; what passes by itself is little; the rest needs a person.
fn log_failure(target: &CloudTarget, step: &Step, error: &CloudError) {
    let (managed, part) = (&target.ownership.managed, step.part());
    let text = error_reporter::Report::new(error).to_string();
    match error.kind {
        ErrorKind::Conflict => {
            tracing::debug!(work = %managed, %part, error = text, "perform step");
        }
        ErrorKind::Retry { .. } => {
            tracing::info!(work = %managed, %part, error = text, "perform step");
        }
        ErrorKind::Missing
        | ErrorKind::Denied
        | ErrorKind::Quota
        | ErrorKind::Invalid
        | ErrorKind::NotOurs
        | ErrorKind::InDoubt => {
            tracing::warn!(work = %managed, %part, error = text, "perform step");
        }
    }
}

fn unknown_account(target: &CloudTarget) -> CloudError {
    CloudError {
        kind: ErrorKind::Denied,
        action: "find the cloud account".to_owned(),
        code: "UnknownAccount".to_owned(),
        message: format!("account `{}` is not configured any more", target.account),
        remedy: Some(format!("Configure account `{}` again", target.account)),
        source: None,
    }
}
