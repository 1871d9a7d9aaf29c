//! Sessions: an access token of its own, in a cookie, good as long as the one it came from.

use axum::http::HeaderMap;
use underpass_model::auth::{Principal, Token};
use underpass_model::credentials::Secret;
use underpass_store::{Change, Key, Kind, Lookup};
use underpass_web::cookie;
use underpass_web::csrf::CsrfKey;
use underpass_web::live::RequestKind;

use crate::api::{Error, identify};
use crate::app::App;
use crate::token;

/// The cookie that holds the session's token.
pub(super) const COOKIE: &str = "session";

/// Subject of the CSRF tokens.
const FORMS: &str = "underpass console form";

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

    async fn of(app: &App, text: &str, kind: RequestKind) -> Result<Option<Self>, Error> {
        match identify(app, text, kind, &[]).await {
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

    /// CSRF token of this session's forms.
    pub(super) fn csrf_token(&self) -> String {
        self.csrf_key().token(FORMS)
    }

    /// Reports whether a form came from a page of this session.
    pub(super) fn sent(&self, csrf_token: &str) -> bool {
        self.csrf_key().is_valid(FORMS, csrf_token)
    }

    /// The session's token is a secret that no page can read.
    fn csrf_key(&self) -> CsrfKey {
        CsrfKey::new(self.token.expose().as_bytes())
    }
}
