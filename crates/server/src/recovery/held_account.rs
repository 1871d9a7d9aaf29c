//! Accounts on hold with their differences.

use underpass_model::name::AccountName;
use underpass_model::recovery::{AccountHold, LinkDifference};
use underpass_store::{Error, Key, Kind, Lookup, Store, Versioned};

/// An account on hold.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldAccount {
    /// The hold.
    pub hold: Versioned<AccountHold>,
    /// The differences, by link.
    pub links: Vec<Versioned<LinkDifference>>,
}

impl HeldAccount {
    /// Reads every account on hold, by name.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn all(store: &dyn Store) -> Result<Vec<Self>, Error> {
        let kinds = [Kind::AccountHold, Kind::LinkDifference];
        let lookups = kinds.map(|kind| Lookup::Under(kind, Key::root()));
        let fetched = store.fetch(&lookups).await?;
        let links = fetched.readable::<LinkDifference>();
        let holds = fetched.readable::<AccountHold>().into_iter();
        let held = holds.map(|hold| {
            let own = links
                .iter()
                .filter(|link| link.value.account == hold.value.account);
            Self {
                links: own.cloned().collect(),
                hold,
            }
        });
        Ok(held.collect())
    }

    /// Reads one account; `None` if it is not on hold.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn of(store: &dyn Store, account: &AccountName) -> Result<Option<Self>, Error> {
        let all = Self::all(store).await?;
        Ok(all
            .into_iter()
            .find(|held| held.hold.value.account == *account))
    }
}
