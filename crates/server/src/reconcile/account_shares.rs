//! Shares of the cloud accounts in passes and sweeps: an account that answers slowly, or not at all,
//! uses nothing of another one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use underpass_clouds::{Error as CloudError, Reachability};
use underpass_model::condition::AccountOutage;
use underpass_model::name::{AccountName, ProjectName};
use underpass_store::{Claim, Room};

use super::breaker::{Breaker, Permission};
use super::listing_failure::ListingFailure;
use super::wakeup::Wakeup;
use crate::ids::Ids;

/// Most concurrent passes of one account: 8. A pass mostly waits for a cloud, whose write budget (200
/// and 10/s for each subscription) is exhausted by fewer passes.
pub(super) const PASSES_PER_ACCOUNT: usize = 8;

/// Most concurrent passes whose account is not known yet: 16. They read the store, and then enter
/// the share of an account or give their work back.
const UNASSIGNED_PASSES: usize = 16;

/// Name of the metric of the breakers.
const REACHABLE: &str = "underpass_cloud_account_reachable";

/// Name of the metric of limited requests.
const THROTTLED: &str = "underpass_cloud_account_throttled";

/// Shares of all accounts; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct AccountShares {
    wakeup: Wakeup,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Passes whose account is not known yet.
    unassigned: usize,
    shares: BTreeMap<AccountName, Share>,
    /// Passes of each project.
    running: BTreeMap<ProjectName, usize>,
}

#[derive(Debug, Default)]
struct Share {
    passes: usize,
    breaker: Breaker,
}

/// One pass or sweep that runs; ends when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    shares: AccountShares,
    /// The account in whose share it is; `None` while that is not known.
    account: Option<AccountName>,
    project: Option<ProjectName>,
    is_pass: bool,
    is_attempt: bool,
}

// === impl AccountShares ===

impl AccountShares {
    /// Creates shares that wake the workers when there is room again.
    pub fn new(wakeup: Wakeup) -> Self {
        Self {
            wakeup,
            state: Arc::default(),
        }
    }

    /// Returns the room for a claim of at most `total` rows: none of an account whose share is
    /// used up, or that is not called now. A project with fewer passes comes before one with more.
    pub(super) fn room(&self, total: usize, now: Timestamp) -> Room {
        let state = self.state();
        let unassigned = UNASSIGNED_PASSES.saturating_sub(state.unassigned);
        let room = Room::by_account(total, PASSES_PER_ACCOUNT).account(None, unassigned);
        let running = state.running.iter();
        let room = running.fold(room, |room, (project, passes)| {
            room.running(project, *passes)
        });
        state.shares.iter().fold(room, |room, (account, share)| {
            room.account(Some(account.clone()), share.room(now))
        })
    }

    /// Begins a pass over a row; in no share, if that of its account is used up.
    pub(super) fn start(&self, claim: &Claim, now: Timestamp) -> Slot {
        let (account, project) = (claim.account.as_ref(), claim.key.project().cloned());
        let mut state = self.state();
        let mut is_attempt = false;
        let account = account.filter(|account| {
            let share = state.share(account);
            let fits = share.passes < PASSES_PER_ACCOUNT;
            if fits {
                share.passes += 1;
                is_attempt = share.breaker.begin_attempt(now);
            }
            fits
        });
        if account.is_none() {
            state.unassigned += 1;
        }
        if let Some(project) = project.clone() {
            *state.running.entry(project).or_default() += 1;
        }
        Slot {
            shares: self.clone(),
            account: account.cloned(),
            project,
            is_pass: true,
            is_attempt,
        }
    }

    /// Begins a sweep of an account.
    ///
    /// # Errors
    /// The reason why the account is not called now.
    pub(super) fn start_sweep(
        &self,
        account: &AccountName,
        now: Timestamp,
    ) -> Result<Slot, ListingFailure> {
        let mut state = self.state();
        let breaker = &mut state.share(account).breaker;
        let is_attempt = breaker.begin_attempt(now);
        if let (false, Permission::Until(until)) = (is_attempt, breaker.permission(now)) {
            return Err(match breaker.outage() {
                Some((since, error, _)) => ListingFailure::lasting(format!(
                    "account `{account}` does not answer since {since}: {error}. The next attempt \
                     is at {until}"
                )),
                None => ListingFailure::passing(format!(
                    "account `{account}` limits requests until {until}"
                )),
            });
        }
        Ok(Slot {
            shares: self.clone(),
            account: Some(account.clone()),
            project: None,
            is_pass: false,
            is_attempt,
        })
    }

    /// Records the result of a call.
    pub(super) fn record(
        &self,
        account: &AccountName,
        result: Result<(), &CloudError>,
        ids: &Ids,
        now: Timestamp,
    ) {
        let reachability = match result {
            Ok(()) => Some(Reachability::Answering),
            Err(error) => error.reachability(),
        };
        let mut state = self.state();
        let breaker = &mut state.share(account).breaker;
        match reachability {
            Some(Reachability::Answering) if breaker.succeed() => {
                tracing::info!(cloud.account = %account, "the account answers again");
                self.wakeup.notify();
            }
            Some(Reachability::Answering) | None => {}
            Some(Reachability::Throttled { after }) => {
                breaker.succeed();
                breaker.throttle(after, now);
            }
            Some(Reachability::Unreachable) => {
                let error = result.err().map(|error| error.failure().message);
                let error = error.unwrap_or_default();
                if breaker.fail(error.clone(), now, || ids.jitter()) {
                    tracing::warn!(
                        cloud.account = %account,
                        error,
                        "failed to call the account several times in a row; its work waits until it \
                         answers"
                    );
                }
            }
        }
    }

    /// Returns the earliest time at which an account that is not called now may be called again.
    pub(super) fn next_attempt(&self, now: Timestamp) -> Option<Timestamp> {
        let state = self.state();
        let waiting = state.shares.values();
        waiting
            .filter_map(|share| match share.breaker.permission(now) {
                Permission::Until(until) => Some(until),
                Permission::Open | Permission::OneAttempt => None,
            })
            .min()
    }

    /// Returns the outage of an account, if it does not answer.
    pub fn outage(&self, account: &AccountName) -> Option<AccountOutage> {
        let state = self.state();
        let (since, error, next_attempt) = state.shares.get(account)?.breaker.outage()?;
        Some(AccountOutage {
            account: account.clone(),
            since,
            error: error.to_owned(),
            next_attempt,
        })
    }

    /// Writes the state of the accounts in the text exposition format.
    pub fn metrics<'a>(
        &self,
        accounts: impl Iterator<Item = &'a AccountName>,
        now: Timestamp,
    ) -> String {
        let state = self.state();
        let mut reachable = format!(
            "# HELP {REACHABLE} Whether the account answers: 0 after several failures in a row.\n\
             # TYPE {REACHABLE} gauge\n"
        );
        let mut throttled = format!(
            "# HELP {THROTTLED} Whether the account limits requests now.\n\
             # TYPE {THROTTLED} gauge\n"
        );
        for account in accounts {
            let breaker = state.shares.get(account).map(|share| &share.breaker);
            let is_reachable = breaker.is_none_or(|it| it.outage().is_none());
            let is_throttled = breaker.is_some_and(|it| it.is_throttled(now));
            let (is_reachable, is_throttled) = (u8::from(is_reachable), u8::from(is_throttled));
            // Writing to a string cannot fail.
            let _ok = writeln!(
                reachable,
                "{REACHABLE}{{account=\"{account}\"}} {is_reachable}"
            );
            let _ok = writeln!(
                throttled,
                "{THROTTLED}{{account=\"{account}\"}} {is_throttled}"
            );
        }
        reachable + &throttled
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that changes the shares panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl State ===

impl State {
    fn end_of(&mut self, project: &ProjectName) {
        if let Some(running) = self.running.get_mut(project) {
            *running = running.saturating_sub(1);
            if *running == 0 {
                self.running.remove(project);
            }
        }
    }

    fn share(&mut self, account: &AccountName) -> &mut Share {
        self.shares.entry(account.clone()).or_default()
    }
}

// === impl Share ===

impl Share {
    fn room(&self, now: Timestamp) -> usize {
        let free = PASSES_PER_ACCOUNT.saturating_sub(self.passes);
        match self.breaker.permission(now) {
            Permission::Open => free,
            Permission::OneAttempt => free.min(1),
            Permission::Until(_) => 0,
        }
    }
}

// === impl Slot ===

impl Slot {
    /// Enters the share of the object's account; returns whether the pass may go on.
    pub(super) fn enter(&mut self, account: &AccountName, now: Timestamp) -> bool {
        if self.account.as_ref() == Some(account) {
            return true;
        }
        let mut state = self.shares.state();
        let share = state.share(account);
        if share.room(now) == 0 {
            return false;
        }
        share.passes += 1;
        let is_attempt = share.breaker.begin_attempt(now);
        state.leave(self.account.as_ref(), self.is_attempt);
        self.account = Some(account.clone());
        self.is_attempt = is_attempt;
        // There is room for another row whose account is not known.
        self.shares.wakeup.notify();
        true
    }
}

impl State {
    fn leave(&mut self, account: Option<&AccountName>, is_attempt: bool) {
        let Some(account) = account else {
            self.unassigned = self.unassigned.saturating_sub(1);
            return;
        };
        let share = self.share(account);
        share.passes = share.passes.saturating_sub(1);
        if is_attempt {
            share.breaker.end_attempt();
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.shares.state();
        if self.is_pass {
            state.leave(self.account.as_ref(), self.is_attempt);
            if let Some(project) = &self.project {
                state.end_of(project);
            }
            drop(state);
            // The next work may be due sooner than computed.
            self.shares.wakeup.notify();
        } else if let (Some(account), true) = (&self.account, self.is_attempt) {
            state.share(account).breaker.end_attempt();
        }
    }
}
