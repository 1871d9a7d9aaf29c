//! Room for claims: the number of rows that one claim may take.

use std::collections::BTreeMap;

use underpass_model::name::{AccountName, ProjectName};

/// The number of rows that a claim may take, in all and of each cloud account.
///
/// Rows of one account do not wait behind those of another. `None` stands for the rows whose account
/// no pass has recorded yet. The projects of an account take turns: the one with the fewest rows that
/// are being worked on comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    total: usize,
    each: usize,
    accounts: BTreeMap<Option<AccountName>, usize>,
    /// Rows of each project that the caller works on.
    running: BTreeMap<String, usize>,
}

impl Room {
    /// Room for this many rows, of any account.
    pub const fn of(total: usize) -> Self {
        Self::by_account(total, total)
    }

    /// Room for `total` rows, of which at most `each` are of the same account.
    pub const fn by_account(total: usize, each: usize) -> Self {
        Self {
            total,
            each,
            accounts: BTreeMap::new(),
            running: BTreeMap::new(),
        }
    }

    /// Sets the room of one account; 0 leaves it out.
    #[must_use]
    pub fn account(mut self, account: Option<AccountName>, rows: usize) -> Self {
        self.accounts.insert(account, rows);
        self
    }

    /// Sets the number of rows of a project that the caller works on.
    #[must_use]
    pub fn running(mut self, project: &ProjectName, rows: usize) -> Self {
        self.running.insert(project.to_string(), rows);
        self
    }

    /// The number of rows of a project that the caller works on. An orphan has the name of its account
    /// in the place of the project.
    pub(crate) fn running_of(&self, project: &str) -> usize {
        self.running.get(project).copied().unwrap_or(0)
    }

    /// The number of rows in all.
    pub const fn total(&self) -> usize {
        self.total
    }

    /// The number of rows of an account without a room of its own.
    pub(crate) const fn each(&self) -> usize {
        self.each
    }

    /// The accounts with a room of their own.
    pub(crate) fn own(&self) -> impl Iterator<Item = (Option<&AccountName>, usize)> {
        let own = self.accounts.iter();
        own.map(|(account, rows)| (account.as_ref(), *rows))
    }

    /// The number of rows of one account.
    pub fn of_account(&self, account: Option<&AccountName>) -> usize {
        let rows = self
            .accounts
            .get(&account.cloned())
            .copied()
            .unwrap_or(self.each);
        rows.min(self.total)
    }
}
