//! Sign-in with an access token, and sign-out.

use std::net::IpAddr;

use askama::Template;
use axum::Extension;
use axum::Router;
use axum::extract::{ConnectInfo, OriginalUri, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use underpass_web::form::Fields;
use underpass_web::head::Head;
use underpass_web::page::{render, see_other};
use underpass_web::{cookie, fetch_metadata};

use crate::asset::head;
use crate::console::Console;
use crate::control_plane::SessionError;
use crate::href::{ROOT, project_href, sign_in_href};
use crate::page::Submission;
use crate::session::{COOKIE, Session};

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route(ROOT, get(index))
        .route(&format!("{ROOT}/"), get(index))
        .route(&format!("{ROOT}/sign-in"), get(show).post(sign_in))
        .route(&format!("{ROOT}/sign-out"), post(sign_out))
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    /// Page to go to after the sign-in.
    next: String,
    problem: Option<String>,
}

impl SignInPage {
    #[expect(clippy::unused_self, reason = "the layout calls it as a method")]
    fn head(&self) -> Head {
        head("Sign in")
    }
}

/// Redirects to the first project, or to the sign-in.
///
/// # Errors
/// If the session cannot be read.
pub(crate) async fn index(
    State(console): State<Console>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let Some(session) = Session::find(&*console.control_plane, &headers)
        .await
        .map_err(SessionError::into_response)?
    else {
        return Ok(see_other(&sign_in_href(&Method::GET, ROOT)));
    };
    let first = session.principal.projects().next();
    Ok(match first {
        Some((project, _)) => see_other(&project_href(project.as_str(), [])),
        None => render(
            StatusCode::FORBIDDEN,
            &SignInPage {
                next: String::new(),
                problem: Some(
                    "Your token has no access to a project. Ask an operator to add you to one"
                        .to_owned(),
                ),
            },
        ),
    })
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
    client: Option<Extension<ConnectInfo<IpAddr>>>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Response> {
    let next = local_path(fields.text("next")).to_owned();
    let again = |status, problem: String| {
        let page = SignInPage {
            next: next.clone(),
            problem: Some(problem),
        };
        render(status, &page)
    };
    // A page of another site could sign a visitor in as another user.
    if fetch_metadata::is_cross_origin(&headers) {
        let problem = "Another site sent the form. Sign in here";
        return Ok(again(StatusCode::FORBIDDEN, problem.to_owned()));
    }
    let Some(token) = fields.filled("token") else {
        let problem = "Enter an access token";
        return Ok(again(StatusCode::BAD_REQUEST, problem.to_owned()));
    };
    let client = client.map(|Extension(ConnectInfo(address))| address);
    match console.control_plane.begin_session(token, client).await {
        Ok(session) => {
            let mut response = see_other(&next);
            if let Some(line) = cookie::set(ROOT, &headers, COOKIE, session.expose()) {
                response.headers_mut().append(SET_COOKIE, line);
            }
            Ok(response)
        }
        Err(SessionError::Refused(message)) => Ok(again(StatusCode::UNAUTHORIZED, message)),
        Err(SessionError::TooMany {
            message,
            retry_after,
        }) => {
            let mut response = again(StatusCode::TOO_MANY_REQUESTS, message);
            let seconds = HeaderValue::from(retry_after);
            response.headers_mut().insert(RETRY_AFTER, seconds);
            Ok(response)
        }
        // A session is stored, so that a sign-out ends it.
        Err(SessionError::Unavailable(reason)) => Ok(again(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("You are not signed in: the session cannot be stored. {reason}"),
        )),
        Err(error) => Err(error.into_response()),
    }
}

/// A path within the console; otherwise the path of the console.
fn local_path(next: &str) -> &str {
    let rest = next.strip_prefix(ROOT);
    let is_inside = rest.is_some_and(|rest| rest.starts_with('/'))
        && !next
            .bytes()
            .any(|byte| byte.is_ascii_control() || byte == b'\\');
    if is_inside { next } else { ROOT }
}

async fn sign_out(headers: HeaderMap, submission: Submission) -> Response {
    // The answer does not matter: without its cookie the session cannot be used.
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
            local_path("/console/project/demo?x=1"),
            "/console/project/demo?x=1"
        );
        for outside in [
            "",
            "//evil.example",
            "https://evil.example",
            "/console.evil",
            "/console/\\x",
        ] {
            assert_eq!(local_path(outside), ROOT, "{outside}");
        }
    }
}
