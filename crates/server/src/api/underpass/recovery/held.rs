//! The account on hold that a request names.

use underpass_api_types::recovery::HeldAccountView;
use underpass_model::name::AccountName;
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;

use super::view::account_view;
use crate::api::error::Error;
use crate::app::App;
use crate::recovery::HeldAccount;

/// Returns the account of a request.
pub(super) async fn held(app: &App, account: &str) -> Result<HeldAccount, Error> {
    let name: Result<AccountName, _> = account.parse();
    let found = match &name {
        Ok(name) => HeldAccount::of(&*app.store, name).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| {
        let message = "The account is not on hold: its store is not older than its cloud";
        Refusal::not_found("account_not_on_hold", message.to_owned())
            .with_remedy(Remedy::ShowRecovery)
            .into()
    })
}

/// Returns the rest of an account; `None` if it is not on hold any more.
pub(super) async fn remaining(app: &App, account: &str) -> Result<Option<HeldAccountView>, Error> {
    let all = HeldAccount::all(&*app.store).await?;
    let remaining = all
        .iter()
        .find(|held| held.hold.value.account.to_string() == account);
    Ok(match remaining {
        Some(held) => Some(account_view(app, held).await?),
        None => None,
    })
}
