//! The IAM Service Account Credentials API: `generateAccessToken`.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, http::HeaderMap};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use underpass_http_server::read_body;

use super::http_state::HttpState;
use super::token::Grant;
use crate::{clock, ids, limits};

/// The method's name, after the resource.
const METHOD: &str = ":generateAccessToken";

/// The prefix of a service account's resource name.
const PREFIX: &str = "projects/-/serviceAccounts/";

/// A refusal: HTTP status, canonical code and message (google.rpc.Status).
type Refusal = (StatusCode, &'static str, String);

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    scope: Vec<String>,
    /// Google's own client sends null.
    delegates: Option<Vec<String>>,
    lifetime: Option<String>,
}

pub(super) async fn call(
    State(state): State<HttpState>,
    Path(resource): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let body = read_body(body, limits::FORM_BYTES).await;
    let body = body.map_err(|_unreadable| invalid("The request body cannot be read."));
    let now = clock::now();
    match body.and_then(|body| generated(&state, &resource, &headers, &body, now)) {
        Ok(reply) => reply,
        Err((status, code, message)) => {
            let error = json!({
                "code": status.as_u16(), "message": message, "status": code,
            });
            (status, Json(json!({ "error": error }))).into_response()
        }
    }
}

fn generated(
    state: &HttpState,
    resource: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<Response, Refusal> {
    let Some(email) = resource.strip_suffix(METHOD) else {
        let text = "Requested entity was not found.".to_owned();
        return Err((StatusCode::NOT_FOUND, "NOT_FOUND", text));
    };
    let caller = state.tokens.token_creator(headers, now).ok_or_else(|| {
        let text = "Request had invalid authentication credentials. Expected OAuth 2 access token, \
                    login cookie or other valid authentication credential.";
        let text = text.to_owned();
        (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", text)
    })?;
    let request: Request = serde_json::from_slice(body)
        .map_err(|_malformed| invalid("Invalid JSON payload received."))?;
    if request.scope.is_empty() {
        return Err(invalid("Scope required."));
    }
    let seconds = lifetime(request.lifetime.as_deref())?;
    let present = state.tokens.identity.present();
    let mut member = caller;
    let delegates = request.delegates.unwrap_or_default();
    let delegates = delegates
        .iter()
        .map(|name| name.strip_prefix(PREFIX).unwrap_or(name));
    for account in delegates.chain([email]) {
        if !present.may_issue(&member, account) {
            let text = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it \
                        may not exist).";
            return Err((StatusCode::FORBIDDEN, "PERMISSION_DENIED", text.to_owned()));
        }
        account.clone_into(&mut member);
    }
    let failed = || {
        let text = "The service is currently unavailable.".to_owned();
        (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", text)
    };
    let grant = Grant {
        principal: email,
        scopes: request.scope,
        has_rights: true,
        seconds,
    };
    let id = ids::guid().map_err(|_| failed())?.to_string();
    let issued = state.tokens.issue(grant, id, now);
    let issued = issued.map_err(|_unwritable| failed())?;
    let end = now.saturating_add(SignedDuration::from_secs(issued.seconds));
    let end = end
        .unwrap_or(now)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let reply = json!({ "accessToken": issued.token, "expireTime": end });
    Ok(Json(reply).into_response())
}

/// The lifetime in seconds: one hour unless given, and at most.
fn lifetime(text: Option<&str>) -> Result<i64, Refusal> {
    let longest = limits::ASSERTION_LIFETIME_SECONDS;
    let Some(text) = text else {
        return Ok(longest);
    };
    let seconds = text.strip_suffix('s').and_then(|it| it.parse().ok());
    let valid = seconds.filter(|seconds| (1..=longest).contains(seconds));
    valid.ok_or_else(|| invalid("The token lifetime exceeds the maximum allowed of 3600s."))
}

fn invalid(text: &str) -> Refusal {
    let code = "INVALID_ARGUMENT";
    (StatusCode::BAD_REQUEST, code, text.to_owned())
}
