//! Cloud accounts that the operator configured.

use std::collections::BTreeMap;
use std::sync::Arc;

use underpass_clouds::Cloud;
use underpass_model::cloud::{CloudName, Provider};
use underpass_model::name::AccountName;

/// Driver of one cloud account, with the regions it serves.
#[derive(Clone)]
pub struct Account {
    /// Provider of the cloud.
    pub provider: Provider,
    /// Regions that the account serves; if empty, every region of the provider.
    pub regions: Vec<String>,
    /// The provider's ID of what the account manages: a subscription on Azure, a project on Google.
    pub native_id: String,
    /// Driver.
    pub cloud: Arc<dyn Cloud>,
}

/// All configured accounts by name.
#[derive(Clone, Default)]
pub struct Accounts {
    accounts: BTreeMap<AccountName, Account>,
}

impl Accounts {
    /// Wraps the configured accounts.
    pub const fn new(accounts: BTreeMap<AccountName, Account>) -> Self {
        Self { accounts }
    }

    /// Returns the names of all accounts.
    pub fn names(&self) -> impl Iterator<Item = &AccountName> {
        self.accounts.keys()
    }

    /// Returns the account with a name.
    pub fn get(&self, name: &AccountName) -> Option<&Account> {
        self.accounts.get(name)
    }

    /// Returns the first account, in the order of names, that serves a cloud.
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
