//! The metadata server: issues the provider's token to local processes, as Google's does on a
//! virtual machine. Disabled unless an address is configured.
//!
//! Requests need `Metadata-Flavor: Google`, and every reply has it. Requests that came through a
//! proxy (`X-Forwarded-For`), from a web page (`Origin`) or for another host name (`Host`) are
//! refused, so that a web page cannot read a token, also not by DNS rebinding.

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, extract::Path};
use http::header::{CONTENT_TYPE, HeaderName, ORIGIN, SERVER};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::http_state::HttpState;
use crate::{clock, http_message, ids};

/// Header of all requests and replies.
const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");
/// Value of [`FLAVOR`].
const FLAVOR_VALUE: HeaderValue = HeaderValue::from_static("Google");
/// Host name of the metadata server on a virtual machine.
const INTERNAL_HOST: &str = "metadata.google.internal";

/// Content type of replies in plain text.
const TEXT: HeaderValue = HeaderValue::from_static("application/text");

/// The scope of the tokens.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Returns the routes of the metadata server.
pub(super) fn routes(state: HttpState) -> Router {
    let accounts = "/computeMetadata/v1/instance/service-accounts";
    Router::new()
        .route("/", get(root))
        .route("/computeMetadata/v1/", get(root))
        .route("/computeMetadata/v1/project/project-id", get(project))
        .route(&format!("{accounts}/"), get(list))
        .route(&format!("{accounts}/{{account}}/"), get(account))
        .route(&format!("{accounts}/{{account}}/token"), get(token))
        .route(&format!("{accounts}/{{account}}/email"), get(email))
        .route(&format!("{accounts}/{{account}}/scopes"), get(scopes))
        .layer(middleware::from_fn(check_metadata_headers))
        .with_state(state)
}

/// Refuses requests that do not come from a local process, and adds the headers of every reply.
async fn check_metadata_headers(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let has_flavor = headers.get(FLAVOR).is_some_and(|it| it == FLAVOR_VALUE);
    // Clients detect the server by a request for `/` without the header.
    let mut reply = if is_forwarded_or_foreign(headers) {
        let text = "The metadata server accepts requests of local processes only. Send the request \
                    to a loopback address, without Origin and X-Forwarded-For.";
        (StatusCode::FORBIDDEN, text).into_response()
    } else if !(has_flavor || request.uri().path() == "/") {
        let text = "Missing Metadata-Flavor:Google header.";
        (StatusCode::FORBIDDEN, text).into_response()
    } else {
        next.run(request).await
    };
    let headers = reply.headers_mut();
    headers.insert(FLAVOR, FLAVOR_VALUE);
    headers.insert(SERVER, HeaderValue::from_static("Metadata Server for VM"));
    reply
}

/// Reports whether a request does not come from a local process.
fn is_forwarded_or_foreign(headers: &HeaderMap) -> bool {
    let is_local = http_message::is_for_this_machine(headers)
        || http_message::host(headers).is_some_and(|it| it == INTERNAL_HOST);
    headers.contains_key("x-forwarded-for") || headers.contains_key(ORIGIN) || !is_local
}

async fn root() -> Response {
    text("computeMetadata/\n".to_owned())
}

async fn project(State(state): State<HttpState>) -> Response {
    text(state.project.to_string())
}

async fn list(State(state): State<HttpState>) -> Response {
    text(format!("default/\n{}/\n", state.email()))
}

/// Query of a request for an account.
#[derive(Deserialize)]
struct AccountQuery {
    #[serde(default)]
    recursive: String,
}

async fn account(
    State(state): State<HttpState>,
    Path(account): Path<String>,
    Query(query): Query<AccountQuery>,
) -> Response {
    let Some(email) = account_email(&state, &account) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if query.recursive.eq_ignore_ascii_case("true") {
        let body = json!({ "aliases": ["default"], "email": email, "scopes": [SCOPE] });
        return Json(body).into_response();
    }
    text("aliases\nemail\nscopes\ntoken\n".to_owned())
}

async fn token(State(state): State<HttpState>, Path(account): Path<String>) -> Response {
    let Some(email) = account_email(&state, &account) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let issued = ids::guid().ok().and_then(|id| {
        state
            .tokens
            .issue_to_account(&email, vec![SCOPE.to_owned()], id.to_string(), clock::now())
            .ok()
    });
    match issued {
        Some(issued) => Json(json!({
            "access_token": issued.token,
            "expires_in": issued.seconds,
            "token_type": "Bearer",
        }))
        .into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn email(State(state): State<HttpState>, Path(account): Path<String>) -> Response {
    let found = account_email(&state, &account);
    found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), text)
}

async fn scopes(State(state): State<HttpState>, Path(account): Path<String>) -> Response {
    let found = account_email(&state, &account).map(|_| text(format!("{SCOPE}\n")));
    found.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// Returns the email address of an account; the only one is also named `default`.
fn account_email(state: &HttpState, account: &str) -> Option<String> {
    let email = state.email();
    (account == "default" || account == email).then_some(email)
}

fn text(body: String) -> Response {
    ([(CONTENT_TYPE, TEXT)], body).into_response()
}
