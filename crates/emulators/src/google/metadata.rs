//! The metadata server of the provider's machine: it gives the provider's token to every process
//! that can reach it, as the real one does on a virtual machine. Off unless an address is given.
//!
//! Requests need `Metadata-Flavor: Google` and every reply has it; one that came through another
//! proxy (`X-Forwarded-For`), from a web page (`Origin`) or for a foreign name (`Host`) is refused.
//! So a web page cannot read a token, not even one whose name was made to lead here.

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

const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");
const GOOGLE: HeaderValue = HeaderValue::from_static("Google");
/// The name by which a virtual machine knows its metadata server.
const REAL_NAME: &str = "metadata.google.internal";

const TEXT: HeaderValue = HeaderValue::from_static("application/text");

/// What the tokens open.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// All routes of the metadata server.
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
        .layer(middleware::from_fn(flavoured))
        .with_state(state)
}

/// Refuses what a process of the machine would not send, and marks each reply.
async fn flavoured(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let right = headers.get(FLAVOR).is_some_and(|it| it == GOOGLE);
    // Clients find the server by asking for `/`.
    let mut reply = if comes_from_elsewhere(headers) {
        let text = "Ask by a loopback address, from a process of this machine: without Origin, and \
                    not through a proxy.";
        (StatusCode::FORBIDDEN, text).into_response()
    } else if !(right || request.uri().path() == "/") {
        let text = "Missing Metadata-Flavor:Google header.";
        (StatusCode::FORBIDDEN, text).into_response()
    } else {
        next.run(request).await
    };
    let headers = reply.headers_mut();
    headers.insert(FLAVOR, GOOGLE);
    headers.insert(SERVER, HeaderValue::from_static("Metadata Server for VM"));
    reply
}

/// Whether something other than a process of the machine caused the request.
fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let known = http_message::is_for_this_machine(headers)
        || http_message::host(headers).is_some_and(|it| it == REAL_NAME);
    headers.contains_key("x-forwarded-for") || headers.contains_key(ORIGIN) || !known
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

/// How much of an account is asked for.
#[derive(Deserialize)]
struct Depth {
    #[serde(default)]
    recursive: String,
}

async fn account(
    State(state): State<HttpState>,
    Path(account): Path<String>,
    Query(depth): Query<Depth>,
) -> Response {
    let Some(email) = known(&state, &account) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if depth.recursive.eq_ignore_ascii_case("true") {
        let body = json!({ "aliases": ["default"], "email": email, "scopes": [SCOPE] });
        return Json(body).into_response();
    }
    text("aliases\nemail\nscopes\ntoken\n".to_owned())
}

async fn token(State(state): State<HttpState>, Path(account): Path<String>) -> Response {
    let Some(email) = known(&state, &account) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let issued = ids::guid().ok().and_then(|id| {
        state
            .tokens
            .issue(&email, id.to_string(), clock::now())
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
    let found = known(&state, &account);
    found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), text)
}

async fn scopes(State(state): State<HttpState>, Path(account): Path<String>) -> Response {
    let found = known(&state, &account).map(|_| text(format!("{SCOPE}\n")));
    found.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// The address of the machine's only account, which has two names.
fn known(state: &HttpState, account: &str) -> Option<String> {
    let email = state.email();
    (account == "default" || account == email).then_some(email)
}

fn text(body: String) -> Response {
    ([(CONTENT_TYPE, TEXT)], body).into_response()
}
