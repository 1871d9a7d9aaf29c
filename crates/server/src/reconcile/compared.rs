//! The accounts that were compared with the store.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use underpass_clouds::Scope;
use underpass_model::name::AccountName;

/// A scope of an account.
pub(super) type AccountScope = (AccountName, Scope);

/// Accounts whose clouds were listed and compared with the store since the process started; cheap to
/// clone.
///
/// Nothing is written to another account: the store may be older than its cloud, and the first write
/// would undo what was decided since.
#[derive(Debug, Clone, Default)]
pub struct ComparedAccounts {
    accounts: Arc<Mutex<BTreeSet<AccountName>>>,
    /// Scopes whose full listing was tried. A scope that is new may contain links that the store does not
    /// know: the network of a lost project VPC that was made again.
    scopes: Arc<Mutex<BTreeSet<AccountScope>>>,
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

    /// Returns whether the full listing of a scope was tried.
    pub(super) fn contains_scope(&self, scope: &AccountScope) -> bool {
        let scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        scopes.contains(scope)
    }

    /// Adds a scope whose full listing was tried.
    pub(super) fn add_scope(&self, scope: AccountScope) {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        scopes.insert(scope);
    }

    /// Adds accounts.
    pub fn extend(&self, accounts: impl IntoIterator<Item = AccountName>) {
        let mut compared = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        compared.extend(accounts);
    }
}
