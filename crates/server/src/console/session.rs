//! Sessions: an access token of its own, in a cookie, good as long as the one it came from.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use subtle::ConstantTimeEq as _;
use underpass_model::auth::{Principal, Token};
use underpass_model::credentials::Secret;
use underpass_store::{Change, Key, Kind, Lookup};

use super::cookie;
use crate::api::{Error, RequestKind, identify};
use crate::app::App;
use crate::token;

/// The cookie that holds the session's token.
pub(super) const COOKIE: &str = "session";

/// A visitor who signed in.
#[derive(Clone)]
pub(super) struct Session {
    /// Who it is.
    pub(super) principal: Principal,
    /// The session's token.
    pub(super) token: Secret,
}

impl Session {
    /// The session whose cookie a request carries, if it is still good.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn find(app: &App, headers: &HeaderMap) -> Result<Option<Self>, Error> {
        match cookie::get(headers, COOKIE) {
            Some(text) => Self::of(app, text, RequestKind::of(headers)).await,
            None => Ok(None),
        }
    }

    /// The same session, looked up anew, which is no use of it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn again(app: &App, session: &Self) -> Result<Option<Self>, Error> {
        Self::of(app, session.token.expose(), RequestKind::AutoRefresh).await
    }

    async fn of(app: &App, text: &str, request_kind: RequestKind) -> Result<Option<Self>, Error> {
        match identify(app, text, request_kind, &[]).await {
            // Only what a sign-in made opens the console: a token that was typed into a cookie
            // would live longer than a session.
            Ok((principal, _nothing)) if principal.token.exchanged_for.is_some() => {
                Ok(Some(Self {
                    principal,
                    token: Secret::new(text.to_owned()),
                }))
            }
            Ok(_) | Err(Error::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Exchanges an access token for a session, and clears away the user's sessions that ended.
    ///
    /// # Errors
    /// When the token is no good, or the store fails.
    pub(super) async fn begin(app: &App, typed: &str) -> Result<Secret, Error> {
        let (caller, _nothing) = identify(app, typed, RequestKind::User, &[]).await?;
        let text = token::draw(&app.ids);
        app.transact(async || {
            let now = app.clock.now();
            let hash = token::hash(text.expose());
            let made = caller
                .token
                .session(token::prefix(text.expose()), hash.clone(), now);
            let mut change = Change::new().insert(Key::token(&hash), &made)?;
            let all = [Lookup::Under(Kind::Token, Key::root())];
            for row in app.store.fetch(&all).await?.all::<Token>()? {
                let is_over = row.value.check(&caller.user, now).is_err();
                if row.value.email == caller.user.email
                    && row.value.exchanged_for.is_some()
                    && is_over
                {
                    change = change.delete(&row);
                }
            }
            Ok((change, ()))
        })
        .await?;
        Ok(text)
    }

    /// The word that this session's forms carry.
    ///
    /// It is derived from the session's token, which no page can read, and does not reveal it.
    pub(super) fn form_word(&self) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.token.expose().as_bytes());
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, b"underpass console form"))
    }

    /// Whether a form came from a page of this session; takes as long either way.
    pub(super) fn sent(&self, word: &str) -> bool {
        self.form_word().as_bytes().ct_eq(word.as_bytes()).into()
    }
}
