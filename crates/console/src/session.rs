//! Sessions: an access token of its own, in a cookie, good as long as the one it came from.

use axum::http::HeaderMap;
use underpass_model::auth::Principal;
use underpass_model::credentials::Secret;
use underpass_web::cookie;
use underpass_web::csrf::CsrfKey;
use underpass_web::live::RequestKind;

use crate::control_plane::{ControlPlane, SessionError};

/// The cookie that holds the session's token.
pub(crate) const COOKIE: &str = "session";

/// Subject of the CSRF tokens.
const FORMS: &str = "underpass console form";

/// A visitor who signed in.
#[derive(Clone)]
pub(crate) struct Session {
    /// Who it is.
    pub(crate) principal: Principal,
    /// The session's token.
    pub(crate) token: Secret,
}

impl Session {
    /// The session whose cookie a request carries, if it is still good.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn find(
        control_plane: &dyn ControlPlane,
        headers: &HeaderMap,
    ) -> Result<Option<Self>, SessionError> {
        match cookie::get(headers, COOKIE) {
            Some(text) => {
                let token = Secret::new(text.to_owned());
                Self::of(control_plane, token, RequestKind::of(headers)).await
            }
            None => Ok(None),
        }
    }

    /// The same session, looked up anew, which is no use of it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn again(
        control_plane: &dyn ControlPlane,
        session: &Self,
    ) -> Result<Option<Self>, SessionError> {
        Self::of(
            control_plane,
            session.token.clone(),
            RequestKind::AutoRefresh,
        )
        .await
    }

    async fn of(
        control_plane: &dyn ControlPlane,
        token: Secret,
        kind: RequestKind,
    ) -> Result<Option<Self>, SessionError> {
        let found = control_plane.find_session(&token, kind).await?;
        Ok(found.map(|principal| Self { principal, token }))
    }

    /// CSRF token of this session's forms.
    pub(crate) fn csrf_token(&self) -> String {
        self.csrf_key().token(FORMS)
    }

    /// Reports whether a form came from a page of this session.
    pub(crate) fn sent(&self, csrf_token: &str) -> bool {
        self.csrf_key().is_valid(FORMS, csrf_token)
    }

    /// The session's token is a secret that no page can read.
    fn csrf_key(&self) -> CsrfKey {
        CsrfKey::new(self.token.expose().as_bytes())
    }
}
