//! Dependencies of reconcile passes and sweeps.

use std::sync::Arc;

use underpass_model::google::RejectList;
use underpass_model::reconcile::AbsenceRule;
use underpass_store::Store;

use super::account_shares::AccountShares;
use super::compared::ComparedAccounts;
use super::link_index::LinkIndex;
use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::ids::Ids;
use crate::limits::CurrentLimits;
use crate::proof_key::ProofKey;

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
    /// When a part that a cloud does not show any more counts as gone.
    pub absence: AbsenceRule,
    /// Limits within which ended connections and links are kept.
    pub limits: CurrentLimits,
    /// Use of the reject list of service attachments on Google.
    pub reject_list: RejectList,
    /// Key of the proofs of our links and decisions.
    pub proof_key: ProofKey,
    /// Shares of the accounts in passes and sweeps, and their outages.
    pub shares: AccountShares,
    /// Accounts to which may be written.
    pub compared: ComparedAccounts,
    /// Links by scope, for sweeps.
    pub links: LinkIndex,
}
