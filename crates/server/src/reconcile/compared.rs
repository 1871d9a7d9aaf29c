//! The accounts that were compared with the store.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use underpass_model::name::AccountName;

/// Accounts whose clouds were listed and compared with the store since the process started; cheap to
/// clone.
///
/// Nothing is written to another account: the store may be older than its cloud, and the first write
/// would undo what was decided since.
#[derive(Debug, Clone, Default)]
pub struct ComparedAccounts {
    accounts: Arc<Mutex<BTreeSet<AccountName>>>,
}

impl ComparedAccounts {
    /// Creates an instance that contains these accounts: for tests whose store is never older.
    pub fn of(accounts: impl IntoIterator<Item = AccountName>) -> Self {
        let compared = Self::default();
        compared.extend(accounts);
        compared
    }

    /// Returns whether an account was compared.
    pub fn contains(&self, account: &AccountName) -> bool {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.contains(account)
    }

    /// Adds accounts.
    pub fn extend(&self, accounts: impl IntoIterator<Item = AccountName>) {
        let mut compared = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        compared.extend(accounts);
    }
}
