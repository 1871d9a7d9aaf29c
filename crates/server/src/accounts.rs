//! The cloud accounts the operator configured.

use std::collections::BTreeMap;
use std::sync::Arc;

use underpass_clouds::Cloud;
use underpass_model::cloud::{CloudName, Provider};
use underpass_model::name::AccountName;

/// A driver and which clouds it serves.
#[derive(Clone)]
pub struct Account {
    /// Whose cloud it is.
    pub provider: Provider,
    /// The regions it is used in; empty: every region of the provider.
    pub regions: Vec<String>,
    /// For people: the subscription or project it acts in.
    pub label: String,
    /// The driver.
    pub cloud: Arc<dyn Cloud>,
}

/// Every configured account, by name.
#[derive(Clone, Default)]
pub struct Accounts {
    accounts: BTreeMap<AccountName, Account>,
}

impl Accounts {
    /// Wraps the configured accounts.
    pub const fn new(accounts: BTreeMap<AccountName, Account>) -> Self {
        Self { accounts }
    }

    /// The account of that name.
    pub fn get(&self, name: &AccountName) -> Option<&Account> {
        self.accounts.get(name)
    }

    /// The first account, by name, that serves a cloud.
    pub fn serving(&self, cloud: &CloudName) -> Option<&AccountName> {
        self.accounts
            .iter()
            .find(|(_, account)| {
                account.provider == cloud.provider()
                    && (account.regions.is_empty()
                        || account
                            .regions
                            .iter()
                            .any(|region| region == cloud.region()))
            })
            .map(|(name, _)| name)
    }
}
