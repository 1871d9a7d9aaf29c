//! Hold of all accounts at the start on a store that is older than it was.

use std::fmt::Debug;

use underpass_server::accounts::Accounts;
use underpass_server::clock::{Clock as _, SystemClock};
use underpass_server::recovery::hold_all;
use underpass_store::Store;

use crate::failure::Failure;

/// Puts every account on hold, because the store is older than it was. Nothing may run yet that writes
/// to a cloud.
///
/// # Errors
/// If the store accepts no writes.
pub(super) async fn hold(
    store: &dyn Store,
    accounts: &Accounts,
    older: &(dyn Debug + Sync),
) -> Result<(), Failure> {
    hold_all(store, accounts.names(), SystemClock.now())
        .await
        .map_err(|error| Failure::caused("put the accounts on hold", &error))?;
    tracing::warn!(
        ?older,
        "the store is older than it was; nothing is written to any account until an operator \
         compared with `underpass recovery show`"
    );
    Ok(())
}
