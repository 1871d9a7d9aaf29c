//! A request for a page by somebody who signed in, and the answers it can get.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{FromRequest, FromRequestParts, OriginalUri, RawPathParams, Request};
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use jiff::Timestamp;
use underpass_model::auth::Role;
use underpass_model::name::ProjectName;

use super::call::{Caller, Refused, path};
use super::fields::Fields;
use super::notice::Notice;
use super::problem;
use super::session::Session;
use super::shell::{Section, Shell};
use super::{Console, sign_in};
use crate::api::RequestKind;

/// Below this path is the console and nothing else; its cookies go nowhere else.
pub(super) const ROOT: &str = "/console";

/// What a page may load and do: its own style, script, pictures and forms, nothing inline, nothing
/// from elsewhere, and no other page may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// A request of somebody who signed in.
pub(super) struct Page {
    /// What every page shares.
    pub(super) console: Console,
    /// Who asks.
    pub(super) session: Session,
    /// The API as whoever asks.
    pub(super) api: Caller,
    /// The time of the request.
    pub(super) now: Timestamp,
    /// The changes that whatever is read for the page shows: see [`crate::changes::Changes::count`].
    changes: u64,
    headers: HeaderMap,
    uri: String,
    segments: BTreeMap<String, String>,
    problem: Option<Refused>,
}

/// A form sent from a page of the same session.
pub(super) struct Submission {
    /// The request.
    pub(super) page: Page,
    /// What was filled in.
    pub(super) fields: Fields,
}

impl FromRequestParts<Console> for Page {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        let OriginalUri(uri) = OriginalUri::from_request_parts(parts, console)
            .await
            .unwrap_or_else(|never| match never {});
        let place = uri
            .path_and_query()
            .map_or_else(|| ROOT.to_owned(), ToString::to_string);
        let session = Session::find(&console.app, &parts.headers)
            .await
            .map_err(axum::response::IntoResponse::into_response)?;
        let Some(session) = session else {
            return Err(sign_in::ask(&parts.method, &place));
        };
        let params = RawPathParams::from_request_parts(parts, console)
            .await
            .map_err(axum::response::IntoResponse::into_response)?;
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(Self {
            changes: console.app.changes.count(),
            console: console.clone(),
            api: console
                .api
                .of(session.token.clone(), RequestKind::of(&parts.headers)),
            session,
            now: console.app.clock.now(),
            headers: parts.headers.clone(),
            uri: place,
            segments: params.iter().map(own).collect(),
            problem: None,
        })
    }
}

impl FromRequest<Console> for Submission {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let page = Page::from_request_parts(&mut parts, console).await?;
        let fields = Fields::from_request(Request::from_parts(parts, body), console).await?;
        if page.session.sent(fields.text(Fields::WORD)) {
            Ok(Self { page, fields })
        } else {
            Err(page.refuse(Refused {
                status: StatusCode::FORBIDDEN,
                message: "The form did not come from a page of this session, so nothing was \
                          changed: go back, reload the page and send it again"
                    .to_owned(),
                code: None,
            }))
        }
    }
}

// === impl Page ===

impl Page {
    /// A decoded segment of the path; the router put it there.
    pub(super) fn segment(&self, name: &str) -> &str {
        self.segments.get(name).map_or("", String::as_str)
    }

    /// The project the page is about, empty outside of any.
    pub(super) fn project(&self) -> &str {
        self.segment("project")
    }

    /// The path of an API route of the project: `/v1/project/P/…`.
    pub(super) fn route<'a>(&'a self, below: impl IntoIterator<Item = &'a str>) -> String {
        path(["v1", "project", self.project()].into_iter().chain(below))
    }

    /// The path of one of our own API routes of the project: `/v1/underpass/project/P/…`.
    pub(super) fn own_route<'a>(&'a self, below: impl IntoIterator<Item = &'a str>) -> String {
        let root = ["v1", "underpass", "project", self.project()];
        path(root.into_iter().chain(below))
    }

    /// The path of a page of the project: `/console/project/P/…`.
    pub(super) fn href<'a>(&'a self, below: impl IntoIterator<Item = &'a str>) -> String {
        project_href(self.project(), below)
    }

    /// The path of a link's page.
    pub(super) fn link_href(&self, service: &str, provider: &str) -> String {
        link_href(self.project(), service, provider)
    }

    /// A parameter of the query, empty if absent.
    pub(super) fn query(&self, name: &str) -> String {
        let (_, query) = self.uri.split_once('?').unwrap_or_default();
        form_urlencoded::parse(query.as_bytes())
            .find_map(|(found, value)| (found == name).then(|| value.into_owned()))
            .unwrap_or_default()
    }

    /// What the visitor may do in the project.
    pub(super) fn role(&self) -> Option<Role> {
        let project: ProjectName = self.project().parse().ok()?;
        self.session.principal.role(&project)
    }

    /// The same request, whose page will begin with what went wrong.
    pub(super) fn with_problem(self, problem: Refused) -> Self {
        Self {
            problem: Some(problem),
            ..self
        }
    }

    /// What surrounds the page's content.
    pub(super) async fn shell(&self, title: &str, section: Section) -> Shell {
        // Whoever cannot write can still look: that is worth saying before a form is filled in.
        let problem = self.problem.as_ref();
        let is_doubted = problem.is_some_and(|it| it.status == StatusCode::SERVICE_UNAVAILABLE);
        let Console { app, health, .. } = &self.console;
        let is_degraded = !health.takes_writes(app, is_doubted).await;
        let principal = &self.session.principal;
        Shell {
            title: title.to_owned(),
            section,
            project: self.project().to_owned(),
            projects: principal
                .projects()
                .map(|(project, _)| project.to_string())
                .collect(),
            user: principal.user.email.clone(),
            is_reader: self.role() == Some(Role::ReadOnly),
            is_degraded,
            changes: self.changes,
            form_word: self.session.form_word(),
            notice: Notice::read(&self.headers),
            problem: self.problem.as_ref().map(problem::View::new),
            is_answer: false,
            recipes: Vec::new(),
        }
    }

    /// The page itself; after a problem, with the problem's status.
    pub(super) fn render(&self, content: &impl Template) -> Response {
        let status = match &self.problem {
            Some(problem) => problem.status,
            None => StatusCode::OK,
        };
        let mut response = render(status, content);
        if Notice::read(&self.headers).is_some()
            && let Some(line) = Notice::forget(&self.headers)
        {
            response.headers_mut().append(SET_COOKIE, line);
        }
        response
    }

    /// A page that tells why there is nothing to show.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "whoever refuses has no more use for it"
    )]
    pub(super) fn refuse(&self, refused: Refused) -> Response {
        if refused.status == StatusCode::UNAUTHORIZED {
            return sign_in::ask(&axum::http::Method::GET, &self.uri);
        }
        let view = problem::Page::new(&refused, self.href([]));
        render(refused.status, &view)
    }

    /// Sends the visitor to a page that begins with what was done.
    pub(super) fn done(&self, to: &str, notice: impl Into<String>) -> Response {
        let mut response = go_to(to);
        let notice = Notice {
            text: notice.into(),
        };
        if let Some(line) = notice.keep(&self.headers) {
            response.headers_mut().append(SET_COOKIE, line);
        }
        response
    }
}

/// The path of a page of a project.
pub(super) fn project_href<'a>(
    project: &'a str,
    below: impl IntoIterator<Item = &'a str>,
) -> String {
    let inside = path(["project", project].into_iter().chain(below));
    format!("{ROOT}{inside}")
}

/// The address of one of the console's files.
pub(super) fn asset(name: &str) -> String {
    super::asset::href(ROOT, name)
}

/// The path of a project's first page.
pub(super) fn home_href(project: &str) -> String {
    project_href(project, [])
}

/// A page with the headers every page has.
pub fn render(status: StatusCode, content: &impl Template) -> Response {
    match content.render() {
        Ok(html) => {
            let policies = [
                (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
                // With `no-referrer` browsers would send forms from the origin `null`, which the
                // guard refuses (Fetch, "append a request `Origin` header").
                (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
            ];
            (status, policies, Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "render a page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Sends a browser on, with a GET.
pub fn go_to(place: &str) -> Response {
    let Ok(place) = HeaderValue::try_from(place) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}

/// The path of a link's page.
pub(super) fn link_href(project: &str, service: &str, provider: &str) -> String {
    project_href(project, ["service", service, "privatelink", provider])
}
