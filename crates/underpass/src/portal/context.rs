//! Requests of browsers to a portal, and the CSRF check of its forms.
//!
//! Visitors have no account here. Each browser gets a random cookie at its first visit, which no
//! script reads and no other site's request carries. A form carries a CSRF token made of that cookie
//! with a key of this process, so that a form of another site is refused.

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{
    ConnectInfo, FromRef, FromRequest, FromRequestParts, OriginalUri, RawPathParams, Request,
};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::watch;
use underpass_web::cookie;
use underpass_web::csrf::{self, CsrfKey};
use underpass_web::form::Fields;
use underpass_web::live::{PageShare, Subscriptions};
use underpass_web::page::render;

use super::problem::ProblemPage;
use crate::failure::Failure;
use crate::ids;

/// The cookie that tells one browser from another.
const COOKIE: &str = "portal";

/// Length of that cookie's value: 64 hexadecimal digits.
const COOKIE_LENGTH: usize = 64;

/// Most pages that receive events at a time: 32, each of which reads a list every second.
const LIVE_PAGES: usize = 32;

/// Most of these pages of one address: 8. Loopback has all of them: it is the operator's machine, or a
/// proxy there.
const PAGES_OF_ADDRESS: usize = 8;

/// State that every portal has; cheap to clone.
#[derive(Clone)]
pub(crate) struct PortalContext {
    csrf_key: Arc<CsrfKey>,
    pub(super) subscriptions: Subscriptions,
    /// Turns true when everything is to end.
    pub(super) stop: watch::Receiver<bool>,
}

/// A request of a browser.
pub(super) struct Visitor {
    pub(super) context: PortalContext,
    session: String,
    is_new: bool,
    headers: HeaderMap,
    client: Option<IpAddr>,
    query: String,
    segments: Vec<(String, String)>,
}

/// A form sent from a page of this portal.
pub(super) struct Submission {
    pub(super) visitor: Visitor,
    /// The fields of the form.
    pub(super) fields: Fields,
}

impl PortalContext {
    /// A context whose forms are valid as long as the process lives.
    ///
    /// # Errors
    /// If the system has no random bytes to give.
    pub(super) fn new(stop: watch::Receiver<bool>) -> Result<Self, Failure> {
        let key = CsrfKey::new(ids::secret()?.as_bytes());
        Ok(Self {
            csrf_key: Arc::new(key),
            subscriptions: Subscriptions::new(LIVE_PAGES),
            stop,
        })
    }
}

impl<S> FromRequestParts<S> for Visitor
where
    S: Send + Sync,
    PortalContext: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let OriginalUri(uri) = OriginalUri::from_request_parts(parts, state)
            .await
            .unwrap_or_else(|never| match never {});
        let known = cookie::get(&parts.headers, COOKIE).filter(|value| is_session(value));
        let (session, is_new) = match known {
            Some(session) => (session.to_owned(), false),
            None => match ids::secret() {
                Ok(session) => (session, true),
                Err(failure) => {
                    tracing::error!(error = %failure, "failed to generate a session ID");
                    return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
                }
            },
        };
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(axum::response::IntoResponse::into_response)?;
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(Self {
            context: PortalContext::from_ref(state),
            session,
            is_new,
            headers: parts.headers.clone(),
            client: parts
                .extensions
                .get::<ConnectInfo<IpAddr>>()
                .map(|ConnectInfo(address)| *address),
            query: uri.query().unwrap_or_default().to_owned(),
            segments: params.iter().map(own).collect(),
        })
    }
}

impl<S> FromRequest<S> for Submission
where
    S: Send + Sync,
    PortalContext: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, state).await?;
        let fields = Fields::from_request(Request::from_parts(parts, body), state).await;
        let fields = match fields {
            Ok(fields) => fields,
            Err(error) => {
                let status = Some(error.status.as_u16());
                return Err(visitor.refuse(&Failure::refused(error.message).answered(status)));
            }
        };
        let key = &visitor.context.csrf_key;
        if !visitor.is_new && key.is_valid(&visitor.session, fields.text(csrf::FIELD)) {
            return Ok(Self { visitor, fields });
        }
        let refused =
            Failure::refused("the CSRF token does not match this browser, so nothing was changed")
                .hint("go back, reload the page and send the form again")
                .answered(Some(StatusCode::FORBIDDEN.as_u16()));
        Err(visitor.refuse(&refused))
    }
}

impl Visitor {
    /// CSRF token of the forms that are shown to this browser.
    pub(super) fn csrf_token(&self) -> String {
        self.context.csrf_key.token(&self.session)
    }

    /// A decoded segment of the path.
    pub(super) fn segment(&self, name: &str) -> &str {
        let found = self.segments.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value)
    }

    /// The share of this visitor in the pages that receive events.
    pub(super) fn page_share(&self) -> Option<PageShare> {
        let address = self.client.filter(|address| !address.is_loopback())?;
        Some(PageShare {
            subject: address.to_string(),
            most: PAGES_OF_ADDRESS,
        })
    }

    /// Parameters of the query.
    pub(super) fn query(&self) -> Fields {
        Fields::parse(self.query.as_bytes())
    }

    /// Answers with a page, or with the reason why there is none.
    pub(super) fn answer(&self, page: Result<impl Template, Failure>) -> Response {
        self.answer_with(StatusCode::OK, page)
    }

    /// Answers with a page and another status.
    pub(super) fn answer_with(
        &self,
        status: StatusCode,
        page: Result<impl Template, Failure>,
    ) -> Response {
        match page {
            Ok(page) => self.with_cookie(render(status, &page)),
            Err(failure) => self.refuse(&failure),
        }
    }

    /// Answers with a page about a failure.
    pub(super) fn refuse(&self, failure: &Failure) -> Response {
        let status = status_of(failure);
        self.with_cookie(render(status, &ProblemPage::new(status, failure)))
    }

    /// Adds the cookie for a browser that has none.
    fn with_cookie(&self, mut response: Response) -> Response {
        if self.is_new
            && let Some(line) = cookie::set("/", &self.headers, COOKIE, &self.session)
        {
            response.headers_mut().append(SET_COOKIE, line);
        }
        response
    }
}

#[cfg(test)]
impl Visitor {
    /// A browser at `address` that asks for nothing in particular.
    pub(super) fn at(context: &PortalContext, address: IpAddr) -> Self {
        Self {
            context: context.clone(),
            session: String::new(),
            is_new: true,
            headers: HeaderMap::new(),
            client: Some(address),
            query: String::new(),
            segments: Vec::new(),
        }
    }
}

/// Status of a page about a failure.
pub(super) fn status_of(failure: &Failure) -> StatusCode {
    StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn is_session(text: &str) -> bool {
    text.len() == COOKIE_LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_drawn_is_a_session() {
        assert!(is_session(&ids::secret().unwrap()));
        assert!(!is_session("") && !is_session("x; y"));
    }
}
