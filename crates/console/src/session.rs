//! Sessions of visitors, each with its token in a cookie.

use axum::http::HeaderMap;
use underpass_model::auth::Principal;
use underpass_model::credentials::Secret;
use underpass_web::cookie;
use underpass_web::csrf::CsrfKey;
use underpass_web::live::RequestKind;

use crate::control_plane::{ControlPlane, SessionError};

/// Cookie with the token of the session.
pub(crate) const COOKIE: &str = "session";

/// Subject of the CSRF tokens.
const FORMS: &str = "underpass console form";

/// A visitor who signed in.
#[derive(Clone)]
pub(crate) struct Session {
    /// User with their memberships.
    pub(crate) principal: Principal,
    /// Token of the session.
    pub(crate) token: Secret,
}

impl Session {
    /// Finds the session of a request.
    ///
    /// # Errors
    /// If the store cannot be read.
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

    /// Looks the session up again, which does not count as its use.
    ///
    /// # Errors
    /// If the store cannot be read.
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
