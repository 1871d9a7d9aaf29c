//! Hold of all accounts at the start on a store that is older than it was.

use underpass_server::accounts::Accounts;
use underpass_server::clock::{Clock as _, SystemClock};
use underpass_server::recovery::hold_all;
use underpass_store::Sqlite;

use crate::failure::Failure;

/// Puts every account on hold if the store is older than it was. Nothing may run yet that writes to a
/// cloud.
pub(super) async fn recognise(store: &Sqlite, accounts: &Accounts) -> Result<(), Failure> {
    let Some(older) = store.older() else {
        return Ok(());
    };
    hold_all(store, accounts.names(), SystemClock.now())
        .await
        .map_err(|error| Failure::caused("put the accounts on hold", &error))?;
    tracing::warn!(
        ?older,
        "the store is older than it was; nothing is written to any account until an operator \
         compared with `underpass recovery show`"
    );
    // Only after the holds are stored: a crash in between repeats both.
    let accepted = store.accept_as_newest().await;
    accepted.map_err(|error| Failure::caused("accept the older store", &error))
}
