//! Requests of signed-in visitors, and their answers.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{FromRequest, FromRequestParts, OriginalUri, RawPathParams, Request};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use underpass_model::auth::{Access, Role};
use underpass_model::name::ProjectName;
use underpass_model::refusal::Refusal;
use underpass_web::actor::Actor;
use underpass_web::form::Fields;
use underpass_web::live::RequestKind;
use underpass_web::page::{render, see_other};
use underpass_web::url::path;
use underpass_web::{csrf, flash};

use crate::api::ApiClient;
use crate::api_error::ApiError;
use crate::console::Console;
use crate::control_plane::SessionError;
use crate::href::{ROOT, home_href, link_href, project_href, sign_in_href};
use crate::layout::{PageLayout, Section};
use crate::problem::{Problem, ProblemPage};
use crate::session::Session;

/// A request of a signed-in visitor.
pub(crate) struct Page {
    /// Shared state.
    pub(crate) console: Console,
    /// Session of the visitor.
    pub(crate) session: Session,
    /// API, called with the session.
    pub(crate) api: ApiClient,
    /// Time of the request.
    pub(crate) now: Timestamp,
    /// Number of changes of the project that the page shows.
    changes: u64,
    headers: HeaderMap,
    uri: String,
    segments: BTreeMap<String, String>,
    problem: Option<ApiError>,
    /// Message about what the request itself did.
    notice: Option<String>,
}

/// A form sent from a page of the same session.
pub(crate) struct Submission {
    /// The request.
    pub(crate) page: Page,
    /// Fields of the form.
    pub(crate) fields: Fields,
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
        let control_plane = &*console.control_plane;
        let session = Session::find(control_plane, &parts.headers)
            .await
            .map_err(SessionError::into_response)?;
        let Some(session) = session else {
            return Err(see_other(&sign_in_href(&parts.method, &place)));
        };
        Actor::note(&parts.extensions, &session.principal.user.email);
        let params = RawPathParams::from_request_parts(parts, console)
            .await
            .map_err(axum::response::IntoResponse::into_response)?;
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let segments: BTreeMap<_, _> = params.iter().map(own).collect();
        let project = segments.get("project").map(String::as_str);
        Ok(Self {
            changes: control_plane.change_count(project),
            console: console.clone(),
            api: console
                .api
                .client(session.token.clone(), RequestKind::of(&parts.headers)),
            session,
            now: control_plane.now(),
            headers: parts.headers.clone(),
            uri: place,
            segments,
            problem: None,
            notice: None,
        })
    }
}

impl FromRequest<Console> for Submission {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let page = Page::from_request_parts(&mut parts, console).await?;
        let fields = Fields::from_request(Request::from_parts(parts, body), console).await;
        let fields = match fields {
            Ok(fields) => fields,
            Err(error) => {
                return Err(page.refuse(ApiError {
                    status: error.status,
                    message: error.message.to_owned(),
                    code: None,
                }));
            }
        };
        if !page.session.sent(fields.text(csrf::FIELD)) {
            return Err(page.refuse(ApiError {
                status: StatusCode::FORBIDDEN,
                message: "The CSRF token does not match the session, so nothing was changed. Go \
                          back, reload the page and send the form again"
                    .to_owned(),
                code: None,
            }));
        }
        // As in the API, a visitor without the permission learns nothing from the validation.
        if let Err(refusal) = page.authorize_write() {
            return Err(page.refuse(ApiError {
                status: StatusCode::FORBIDDEN,
                message: refusal.message,
                code: Some(refusal.code.to_owned()),
            }));
        }
        Ok(Self { page, fields })
    }
}

// === impl Page ===

impl Page {
    /// A decoded segment of the path.
    pub(crate) fn segment(&self, name: &str) -> &str {
        self.segments.get(name).map_or("", String::as_str)
    }

    /// Project of the page; empty outside of a project.
    pub(crate) fn project(&self) -> &str {
        self.segment("project")
    }

    /// The path of an API route of the project: `/v1/project/P/…`.
    pub(crate) fn route<'a>(&'a self, below: impl IntoIterator<Item = &'a str>) -> String {
        path(["v1", "project", self.project()].into_iter().chain(below))
    }

    /// The path of one of our own API routes of the project: `/v1/underpass/project/P/…`.
    pub(crate) fn own_route<'a>(&'a self, below: impl IntoIterator<Item = &'a str>) -> String {
        let root = ["v1", "underpass", "project", self.project()];
        path(root.into_iter().chain(below))
    }

    /// The path of a page of the project: `/console/project/P/…`.
    pub(crate) fn href<'a>(&'a self, below: impl IntoIterator<Item = &'a str>) -> String {
        project_href(self.project(), below)
    }

    /// The path of a link's page.
    pub(crate) fn link_href(&self, service: &str, provider: &str) -> String {
        link_href(self.project(), service, provider)
    }

    /// A parameter of the query; empty if absent.
    pub(crate) fn query(&self, name: &str) -> String {
        let (_, query) = self.uri.split_once('?').unwrap_or_default();
        form_urlencoded::parse(query.as_bytes())
            .find_map(|(found, value)| (found == name).then(|| value.into_owned()))
            .unwrap_or_default()
    }

    /// Role of the visitor in the project.
    pub(crate) fn role(&self) -> Option<Role> {
        let project: ProjectName = self.project().parse().ok()?;
        self.session.principal.role(&project)
    }

    /// Checks that the visitor may change the project of the page, if it has one.
    fn authorize_write(&self) -> Result<(), Refusal> {
        match self.project().parse::<ProjectName>() {
            Ok(project) => {
                let principal = &self.session.principal;
                principal.authorize(&project, Access::Write).map(drop)
            }
            // A page outside of projects; the API refuses a malformed name.
            Err(_) => Ok(()),
        }
    }

    /// The request, whose page will begin with a problem.
    pub(crate) fn with_problem(self, problem: ApiError) -> Self {
        Self {
            problem: Some(problem),
            ..self
        }
    }

    /// The request, whose page will begin with a message about what it did.
    pub(crate) fn with_notice(self, notice: String) -> Self {
        Self {
            notice: Some(notice),
            ..self
        }
    }

    /// Layout of the page.
    pub(crate) async fn layout(&self, title: &str, section: Section) -> PageLayout {
        // A visitor should know that writes fail before they fill in a form.
        let problem = self.problem.as_ref();
        let recheck = problem.is_some_and(|it| it.status == StatusCode::SERVICE_UNAVAILABLE);
        let Console {
            control_plane,
            health,
            ..
        } = &self.console;
        let is_degraded = !health.takes_writes(&**control_plane, recheck).await;
        let principal = &self.session.principal;
        PageLayout {
            title: title.to_owned(),
            section,
            project: self.project().to_owned(),
            projects: principal
                .projects()
                .map(|(project, _)| project.to_string())
                .collect(),
            user: principal.user.email.clone(),
            is_operator: principal.is_operator(),
            is_reader: self.role() == Some(Role::ReadOnly),
            is_degraded,
            changes: self.changes,
            csrf_token: self.session.csrf_token(),
            notice: self.notice.clone().or_else(|| flash::read(&self.headers)),
            problem: self.problem.as_ref().map(Problem::new),
            is_answer: false,
            snippets: Vec::new(),
        }
    }

    /// Answers with a page; after a problem, with the status of the problem.
    pub(crate) fn render(&self, content: &impl Template) -> Response {
        let status = match &self.problem {
            Some(problem) => problem.status,
            None => StatusCode::OK,
        };
        let mut response = render(status, content);
        if flash::read(&self.headers).is_some()
            && let Some(line) = flash::forget(ROOT, &self.headers)
        {
            response.headers_mut().append(SET_COOKIE, line);
        }
        response
    }

    /// Answers with a page about a refusal.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the caller has no more use for it"
    )]
    pub(crate) fn refuse(&self, refused: ApiError) -> Response {
        if refused.status == StatusCode::UNAUTHORIZED {
            return see_other(&sign_in_href(&Method::GET, &self.uri));
        }
        let home = match self.project() {
            "" => ROOT.to_owned(),
            project => home_href(project),
        };
        let view = ProblemPage::new(&refused, home);
        render(refused.status, &view)
    }

    /// Redirects to a page that begins with a message about what was done.
    pub(crate) fn done(&self, to: &str, notice: impl Into<String>) -> Response {
        let mut response = see_other(to);
        if let Some(line) = flash::keep(ROOT, &self.headers, &notice.into()) {
            response.headers_mut().append(SET_COOKIE, line);
        }
        response
    }
}
