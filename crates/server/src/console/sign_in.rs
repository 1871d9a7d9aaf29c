//! Signing in with an access token, and out again.

use askama::Template;
use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use underpass_model::refusal::Refusal;
use underpass_web::form::Fields;
use underpass_web::page::{render, see_other};
use underpass_web::url::encode;
use underpass_web::{cookie, fetch_metadata};

use super::Console;
use super::page::{ROOT, Submission, project_href};
use super::session::{COOKIE, Session};
use crate::api::Error;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route(ROOT, get(enter))
        .route(&format!("{ROOT}/"), get(enter))
        .route(&format!("{ROOT}/sign-in"), get(show).post(sign_in))
        .route(&format!("{ROOT}/sign-out"), post(sign_out))
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    /// Where the visitor wanted to go.
    next: String,
    problem: Option<String>,
}

/// The console's door: the first project, or the sign-in.
pub(super) async fn enter(
    State(console): State<Console>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let Some(session) = Session::find(&console.app, &headers).await? else {
        return Ok(ask(&Method::GET, ROOT));
    };
    let first = session.principal.projects().next();
    Ok(match first {
        Some((project, _)) => see_other(&project_href(project.as_str(), [])),
        None => render(
            StatusCode::FORBIDDEN,
            &SignInPage {
                next: String::new(),
                problem: Some(
                    "Your token gives access to no project; ask an operator to add you to one"
                        .to_owned(),
                ),
            },
        ),
    })
}

/// Sends a visitor without a session to the sign-in, and back from there to where a look was
/// meant to go; what was to be changed has to be sent again.
pub(super) fn ask(method: &Method, place: &str) -> Response {
    let next = match *method {
        Method::GET | Method::HEAD if place != ROOT => place,
        _ => return see_other(&format!("{ROOT}/sign-in")),
    };
    let next = encode(next);
    see_other(&format!("{ROOT}/sign-in?next={next}"))
}

async fn show(OriginalUri(uri): OriginalUri) -> Response {
    let query = uri.query().unwrap_or_default();
    let next = form_urlencoded::parse(query.as_bytes())
        .find_map(|(name, value)| (name == "next").then(|| value.into_owned()));
    let page = SignInPage {
        next: next.unwrap_or_default(),
        problem: None,
    };
    render(StatusCode::OK, &page)
}

async fn sign_in(
    State(console): State<Console>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Error> {
    let next = inside(fields.text("next")).to_owned();
    let again = |status, problem: String| {
        let page = SignInPage {
            next: next.clone(),
            problem: Some(problem),
        };
        render(status, &page)
    };
    // Another site's page could sign a visitor in as somebody else.
    if fetch_metadata::is_cross_origin(&headers) {
        let problem = "The form did not come from this console; sign in here";
        return Ok(again(StatusCode::FORBIDDEN, problem.to_owned()));
    }
    let Some(token) = fields.filled("token") else {
        let problem = "Type or paste an access token";
        return Ok(again(StatusCode::BAD_REQUEST, problem.to_owned()));
    };
    match Session::begin(&console.app, token).await {
        Ok(session) => {
            let mut response = see_other(&next);
            if let Some(line) = cookie::set(ROOT, &headers, COOKIE, session.expose()) {
                response.headers_mut().append(SET_COOKIE, line);
            }
            Ok(response)
        }
        Err(Error::Refused(Refusal { message, .. })) => {
            Ok(again(StatusCode::UNAUTHORIZED, message))
        }
        // A session is written down, so that signing out ends it.
        Err(Error::Unavailable(reason)) => Ok(again(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("You are not signed in, because no session can be written down. {reason}"),
        )),
        Err(error) => Err(error),
    }
}

/// A place within the console; anything else leads to its door.
fn inside(next: &str) -> &str {
    let rest = next.strip_prefix(ROOT);
    let is_inside = rest.is_some_and(|rest| rest.starts_with('/'))
        && !next
            .bytes()
            .any(|byte| byte.is_ascii_control() || byte == b'\\');
    if is_inside { next } else { ROOT }
}

async fn sign_out(headers: HeaderMap, submission: Submission) -> Response {
    // What it answers does not matter: without its cookie the session is of no use to anybody.
    let _ended = submission
        .page
        .api
        .send(Method::POST, "/v1/me/logout", None)
        .await;
    let mut response = see_other(&format!("{ROOT}/sign-in"));
    if let Some(line) = cookie::set(ROOT, &headers, COOKIE, "") {
        response.headers_mut().append(SET_COOKIE, line);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_nowhere_but_into_the_console() {
        assert_eq!(
            inside("/console/project/demo?x=1"),
            "/console/project/demo?x=1"
        );
        for outside in [
            "",
            "//evil.example",
            "https://evil.example",
            "/console.evil",
            "/console/\\x",
        ] {
            assert_eq!(inside(outside), ROOT, "{outside}");
        }
    }
}
