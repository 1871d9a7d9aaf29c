//! Accounts on hold.

use std::collections::BTreeSet;

use crate::client::{Client, list, text};
use crate::failure::Failure;

/// Reads the names of the accounts to which nothing is written.
///
/// # Errors
/// If the API refuses the request.
pub(super) async fn read(client: &Client) -> Result<BTreeSet<String>, Failure> {
    let answer = client.get(&["underpass", "recovery"]).await?;
    let accounts = list(&answer, "accounts")?.iter();
    accounts
        .map(|account| text(account, "account").map(str::to_owned))
        .collect()
}
