//! Sessions: access tokens that were exchanged for another access token.
//!
//! A session is valid as long as its original token, and ends if it is not used.

use underpass_model::auth::{Principal, Token};
use underpass_model::credentials::Secret;
use underpass_store::{Change, Key, Lookup, OwnedRows};
use underpass_web::live::RequestKind;

use crate::api::error::Error;
use crate::api::extract::identify;
use crate::app::App;
use crate::token;

/// Exchanges an access token for a session, and deletes the user's sessions that ended.
///
/// # Errors
/// The refusals of [`crate::api`] for a token that is not accepted; [`Error::Unavailable`] if the
/// store takes no writes.
pub async fn begin(app: &App, access_token: &str) -> Result<Secret, Error> {
    let (caller, _nothing) = identify(app, access_token, RequestKind::User, &[]).await?;
    let text = token::draw(&app.ids);
    app.transact(async || {
        let now = app.clock.now();
        let hash = token::hash(text.expose());
        let session = caller.token.session(
            &caller.user,
            token::prefix(text.expose()),
            hash.clone(),
            now,
        );
        let mut change = Change::new().insert(Key::token(&hash), &session)?;
        let all = [Lookup::Owned(OwnedRows::tokens(&caller.user.email))];
        for row in app.store.fetch(&all).await?.readable::<Token>() {
            let is_over = row.value.check(&caller.user, now).is_err();
            if row.value.exchanged_for.is_some() && is_over {
                change = change.delete(&row);
            }
        }
        Ok((change, ()))
    })
    .await?;
    Ok(text)
}

/// Finds the session of a token; a user's request counts as its use.
///
/// # Errors
/// If the store cannot be read.
pub async fn find(
    app: &App,
    token: &Secret,
    kind: RequestKind,
) -> Result<Option<Principal>, Error> {
    match identify(app, token.expose(), kind, &[]).await {
        // Only a token that was exchanged is a session: an access token in a cookie would live
        // longer than one.
        Ok((principal, _nothing)) if principal.token.exchanged_for.is_some() => Ok(Some(principal)),
        Ok(_) | Err(Error::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
