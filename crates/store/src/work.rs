//! Transitions of a row of work, shared by every engine.

use jiff::SignedDuration;
use underpass_model::id::Generation;
use underpass_model::name::AccountName;
use underpass_model::work::{Enqueue, Priority, WorkKey};

use crate::claim::Claim;
use crate::stored_timestamp::StoredTimestamp;
use crate::work_edit::WorkEdit;

/// A row of work: requested, leased, or both. A row that is neither is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The request that no lease has taken over yet.
    pub(crate) pending: Option<PendingRequest>,
    /// The current lease.
    pub(crate) lease: Option<Lease>,
    /// The highest priority requested since the row was created, unless a pass lowered it. It applies
    /// until the object is reconciled, however many passes that takes.
    pub(crate) priority: Priority,
    /// The account of the object, once a pass assigned it.
    pub(crate) account: Option<AccountName>,
}

/// A request for a reconcile pass, or several requests merged into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PendingRequest {
    /// The earliest time requested.
    pub(crate) due_at: StoredTimestamp,
    /// The newest generation requested.
    pub(crate) generation: Generation,
}

/// The exclusive right to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    /// The holder.
    pub(crate) owner: String,
    /// The time at which the lease was given.
    pub(crate) since: StoredTimestamp,
    /// The time from which another claim may take over.
    pub(crate) until: StoredTimestamp,
    /// Identifies this lease among all leases ever given.
    pub(crate) epoch: u64,
    /// The newest generation requested when the lease was given.
    pub(crate) generation: Generation,
}

/// The longest time for which work waits, with a margin: 2 hours. No pause of the reconcile loop is
/// longer than one hour, and a lease lasts minutes.
const HORIZON: SignedDuration = SignedDuration::from_hours(2);

/// The parameters of a claim.
#[derive(Debug, Clone)]
pub(crate) struct ClaimRequest {
    /// The holder of the lease.
    pub(crate) owner: String,
    /// The time of the claim.
    pub(crate) now: StoredTimestamp,
    /// The end of the lease.
    pub(crate) until: StoredTimestamp,
}

impl ClaimRequest {
    /// Returns the times at which a row may be claimed: those that have come, and those so far ahead
    /// that only a clock that was ahead can have set them, which would park the work.
    pub(crate) fn is_due(&self, ready_at: StoredTimestamp) -> bool {
        ready_at <= self.now || ready_at > self.horizon()
    }

    /// The time beyond which nothing sets a row's time.
    pub(crate) fn horizon(&self) -> StoredTimestamp {
        let now = self.now.timestamp();
        StoredTimestamp::from(now.saturating_add(HORIZON).unwrap_or(now))
    }
}

// === impl Row ===

impl Row {
    /// The time from which a claim may take the row.
    pub(crate) fn ready_at(&self) -> Option<StoredTimestamp> {
        match (&self.lease, self.pending) {
            (Some(lease), _) => Some(lease.until),
            (None, pending) => pending.map(|pending| pending.due_at),
        }
    }

    /// Returns whether the row is leased with this epoch.
    pub(crate) fn is_leased_as(&self, epoch: u64) -> bool {
        self.lease
            .as_ref()
            .is_some_and(|lease| lease.epoch == epoch)
    }

    /// The row after a request.
    pub(crate) fn after_request(row: Option<Self>, request: &Enqueue) -> Self {
        let pending = PendingRequest {
            due_at: StoredTimestamp::from(request.due_at),
            generation: request.generation,
        };
        match row {
            None => Self {
                pending: Some(pending),
                lease: None,
                priority: request.priority,
                account: None,
            },
            Some(row) => Self {
                pending: Some(row.pending.map_or(pending, |before| before.merged(pending))),
                lease: row.lease,
                priority: row.priority.max(request.priority),
                account: row.account,
            },
        }
    }

    /// The row after a claim, and the claim.
    ///
    /// A request for a later time, which may exist beside an expired lease, stays pending.
    pub(crate) fn after_claim(
        self,
        key: WorkKey,
        request: &ClaimRequest,
        epoch: u64,
    ) -> (Self, Claim) {
        let before = self.lease.map(|lease| lease.generation);
        let newest = before
            .max(self.pending.map(|pending| pending.generation))
            .unwrap_or_default();
        let lease = Lease {
            owner: request.owner.clone(),
            since: request.now,
            until: request.until,
            epoch,
            generation: newest,
        };
        let row = Self {
            pending: self
                .pending
                .filter(|pending| !request.is_due(pending.due_at)),
            lease: Some(lease),
            priority: self.priority,
            account: self.account,
        };
        let claim = Claim {
            key,
            epoch,
            generation: newest,
            priority: row.priority,
            account: row.account.clone(),
        };
        (row, claim)
    }

    /// The row after it was set aside: leased for as long as a lease may last.
    pub(crate) fn after_setting_aside(mut self, request: &ClaimRequest, epoch: u64) -> Self {
        let generation = self.pending.map(|pending| pending.generation);
        self.lease = Some(Lease {
            owner: request.owner.clone(),
            since: request.now,
            until: request.horizon(),
            epoch,
            generation: generation.unwrap_or_default(),
        });
        self
    }

    /// The row after its holder has ended: another claim may take over immediately.
    pub(crate) fn after_loss(mut self) -> Self {
        if let Some(lease) = &mut self.lease {
            lease.until = lease.since;
        }
        self
    }

    /// The row after an edit by its holder; `None` if it is neither requested nor leased any more.
    pub(crate) fn after_edit(self, edit: &WorkEdit) -> Option<Self> {
        if !self.is_leased_as(edit.epoch()) {
            return Some(self);
        }
        let since = self.lease.as_ref().map(|lease| lease.since)?;
        let mut priority = self.priority;
        let pending = match edit {
            WorkEdit::Assign { account, .. } => {
                return Some(Self {
                    account: Some(account.clone()),
                    ..self
                });
            }
            WorkEdit::Forget { .. } => self.pending,
            WorkEdit::Finish { generation, .. } => self
                .pending
                .map(|pending| pending.brought_forward(since, *generation)),
            WorkEdit::Reschedule {
                generation,
                due_at,
                priority: next,
                ..
            } => {
                // The priority of a request that was made meanwhile is part of the row's.
                if self.pending.is_none() {
                    priority = *next;
                }
                let again = PendingRequest {
                    due_at: StoredTimestamp::from(*due_at),
                    generation: *generation,
                };
                let pending = self
                    .pending
                    .map(|pending| pending.brought_forward(since, *generation));
                Some(pending.map_or(again, |pending| pending.merged(again)))
            }
        };
        pending.map(|pending| Self {
            pending: Some(pending),
            lease: None,
            priority,
            account: self.account,
        })
    }
}

// === impl Asked ===

impl PendingRequest {
    fn merged(self, other: Self) -> Self {
        Self {
            due_at: self.due_at.min(other.due_at),
            generation: self.generation.max(other.generation),
        }
    }

    /// Makes a request due immediately if it names a newer generation than the reconciled one.
    /// "Immediately" is the start of the lease, which is in the past and does not exaggerate how
    /// long the request has waited.
    fn brought_forward(self, since: StoredTimestamp, reconciled: Generation) -> Self {
        let due_at = if self.generation > reconciled {
            self.due_at.min(since)
        } else {
            self.due_at
        };
        Self { due_at, ..self }
    }
}

/// Returns the project in the text of a key; of an orphan, its account.
pub(crate) fn project_of(key: &str) -> &str {
    key.split('/').nth(1).unwrap_or_default()
}
