//! What becomes of a row of work; every engine asks here, so that they cannot differ.

use underpass_model::id::Generation;
use underpass_model::work::{Enqueue, Priority, WorkKey};

use crate::Claim;
use crate::change::WorkEdit;
use crate::stored_timestamp::StoredTimestamp;

/// A row of work: asked for, leased, or both. A row that is neither is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// What was asked for and not yet taken over by a lease.
    pub(crate) pending: Option<PendingRequest>,
    /// Who is at it.
    pub(crate) lease: Option<Lease>,
    /// The highest that was asked for since the row appeared: whoever waits for a wish waits for
    /// it through any number of passes.
    pub(crate) priority: Priority,
}

/// A request for a pass, or several as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PendingRequest {
    /// The earliest.
    pub(crate) due_at: StoredTimestamp,
    /// The newest.
    pub(crate) generation: Generation,
}

/// The exclusive right to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    /// Who has it.
    pub(crate) owner: String,
    /// When it was given.
    pub(crate) since: StoredTimestamp,
    /// When others may take over.
    pub(crate) until: StoredTimestamp,
    /// Tells it from every other lease ever given.
    pub(crate) epoch: u64,
    /// The newest generation asked for when it was given.
    pub(crate) generation: Generation,
}

/// What a claim asks for.
#[derive(Debug, Clone)]
pub(crate) struct ClaimRequest {
    /// Who claims.
    pub(crate) owner: String,
    /// The time of the claim.
    pub(crate) now: StoredTimestamp,
    /// When the lease ends.
    pub(crate) until: StoredTimestamp,
}

// === impl Row ===

impl Row {
    /// When a claim may take the row.
    pub(crate) fn ready_at(&self) -> Option<StoredTimestamp> {
        match (&self.lease, self.pending) {
            (Some(lease), _) => Some(lease.until),
            (None, pending) => pending.map(|pending| pending.due_at),
        }
    }

    /// Whether this lease is the row's.
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
            },
            Some(row) => Self {
                pending: Some(row.pending.map_or(pending, |before| before.joined(pending))),
                lease: row.lease,
                priority: row.priority.max(request.priority),
            },
        }
    }

    /// The row after somebody claimed it, and the claim.
    ///
    /// What was asked for a later time than now, which happens beside a lease that ran out, stays
    /// asked for.
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
            pending: self.pending.filter(|pending| pending.due_at > request.now),
            lease: Some(lease),
            priority: self.priority,
        };
        let claim = Claim {
            key,
            epoch,
            generation: newest,
            priority: row.priority,
        };
        (row, claim)
    }

    /// The row after its holder is surely gone: others may take over at once.
    pub(crate) fn after_loss(mut self) -> Self {
        if let Some(lease) = &mut self.lease {
            lease.until = lease.since;
        }
        self
    }

    /// The row after its holder said what becomes of it; `None` when nothing is left of it.
    pub(crate) fn after_edit(self, edit: &WorkEdit) -> Option<Self> {
        if !self.is_leased_as(edit.epoch()) {
            return Some(self);
        }
        let since = self.lease.map(|lease| lease.since)?;
        let pending = match edit {
            WorkEdit::Forget { .. } => self.pending,
            WorkEdit::Finish { generation, .. } => self
                .pending
                .map(|pending| pending.brought_forward(since, *generation)),
            WorkEdit::Reschedule {
                generation, due_at, ..
            } => {
                let again = PendingRequest {
                    due_at: StoredTimestamp::from(*due_at),
                    generation: *generation,
                };
                let pending = self
                    .pending
                    .map(|pending| pending.brought_forward(since, *generation));
                Some(pending.map_or(again, |pending| pending.joined(again)))
            }
        };
        pending.map(|pending| Self {
            pending: Some(pending),
            lease: None,
            priority: self.priority,
        })
    }
}

// === impl Asked ===

impl PendingRequest {
    fn joined(self, other: Self) -> Self {
        Self {
            due_at: self.due_at.min(other.due_at),
            generation: self.generation.max(other.generation),
        }
    }

    /// Due at once if it is about a newer generation than the one looked at. "At once" is the
    /// start of the lease: surely past, and no earlier than the wait has lasted.
    fn brought_forward(self, since: StoredTimestamp, looked_at: Generation) -> Self {
        let due_at = if self.generation > looked_at {
            self.due_at.min(since)
        } else {
            self.due_at
        };
        Self { due_at, ..self }
    }
}
