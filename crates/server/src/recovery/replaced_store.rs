//! Accounts of a store that is older than it was.

use std::collections::BTreeSet;

use jiff::Timestamp;
use underpass_model::name::AccountName;
use underpass_model::recovery::{AccountHold, HoldCause};
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Change, Error, Key, Kind, Lookup, Store};

/// Puts accounts on hold because the store was replaced: `configured`, and every account that the
/// store knows.
///
/// # Errors
/// If the store fails.
pub async fn hold_all(
    store: &dyn Store,
    configured: impl Iterator<Item = &AccountName>,
    now: Timestamp,
) -> Result<(), Error> {
    let kinds = [Kind::Vpc, Kind::StaticIp, Kind::AccountHold];
    let lookups = kinds.map(|kind| Lookup::Under(kind, Key::root()));
    let fetched = store.fetch(&lookups).await?;
    let mut accounts: BTreeSet<AccountName> = configured.cloned().collect();
    let vpcs = fetched.readable::<ProjectVpc>().into_iter();
    accounts.extend(vpcs.filter_map(|row| row.value.account));
    let ips = fetched.readable::<StaticIp>().into_iter();
    accounts.extend(ips.filter_map(|row| row.value.account));
    let mut change = Change::new();
    for account in accounts {
        let key = Key::account_hold(&account);
        // It holds the account as well, and is not written over.
        if fetched.is_unreadable::<AccountHold>(&key) {
            continue;
        }
        let before = fetched.one::<AccountHold>(&key)?;
        let hold = AccountHold {
            account,
            since: before.map_or(now, |row| row.value.since),
            cause: HoldCause::StoreReplaced,
            listed_at: None,
        };
        change = change.put(key, &hold)?;
    }
    store.commit(change).await
}
