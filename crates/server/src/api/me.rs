//! Current user: profile, and revocation of its tokens.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};
use underpass_model::auth::{Principal, Token, User};
use underpass_model::name::ProjectName;
use underpass_model::refusal::Refusal;
use underpass_store::{Change, Key, Kind, Lookup, OwnedRows};

use super::access_token::end;
use super::error::Error;
use super::extract::{Caller, TokenManager};
use super::wire_time::wire_time;
use crate::app::App;
use crate::token;

/// Only tenant of an installation; the compatible API has several.
pub(super) const TENANT: &str = "underpass";

/// Hex digits of a user id: 11, as in the compatible API.
const USER_ID_DIGITS: usize = 11;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/me", get(show))
        .route("/v1/me/logout", post(log_out))
        .route("/v1/me/expire_tokens", post(expire_tokens))
        .route("/v1/userauth", post(authenticate))
}

#[derive(Serialize)]
struct UserJson<'a> {
    user: &'a str,
    user_id: String,
    real_name: &'a str,
    state: &'static str,
    token_validity_begin: String,
    projects: Vec<&'a ProjectName>,
    auth: [&'static str; 1],
    invitations: [Value; 0],
    project_membership: BTreeMap<&'a ProjectName, &'static str>,
    project_memberships: BTreeMap<&'a ProjectName, [&'static str; 1]>,
    tenant: &'static str,
}

async fn show(Caller(caller): Caller) -> Json<Value> {
    let user = UserJson {
        user: &caller.user.email,
        user_id: user_id(&caller.user),
        real_name: &caller.user.real_name,
        state: "active",
        token_validity_begin: wire_time(caller.user.tokens_valid_from),
        projects: caller.projects().map(|(project, _)| project).collect(),
        auth: ["token"],
        invitations: [],
        project_membership: membership(&caller),
        project_memberships: memberships(&caller),
        tenant: TENANT,
    };
    Json(json!({"user": user}))
}

/// Revokes the token of the request.
async fn log_out(State(app): State<App>, Caller(caller): Caller) -> Result<Json<Value>, Error> {
    let key = Key::token(&caller.token.sha256);
    app.transact(async || {
        let fetched = app
            .store
            .fetch(&[Lookup::One(Kind::Token, key.clone())])
            .await?;
        match fetched.one::<Token>(&key)? {
            None => Ok((Change::new(), ())),
            Some(row) => Ok((end(row, app.clock.now())?, ())),
        }
    })
    .await?;
    Ok(Json(json!({"message": "The token is no longer valid"})))
}

/// Revokes all tokens of the caller, including that of the request.
async fn expire_tokens(
    State(app): State<App>,
    TokenManager(caller): TokenManager,
) -> Result<Json<Value>, Error> {
    let key = Key::user(&caller.user.email);
    app.transact(async || {
        let lookups = [
            Lookup::One(Kind::User, key.clone()),
            Lookup::Owned(OwnedRows::tokens(&caller.user.email)),
        ];
        let fetched = app.store.fetch(&lookups).await?;
        let tokens = fetched.readable::<Token>();
        let Some(mut row) = fetched.one::<User>(&key)? else {
            return Ok((Change::new(), ()));
        };
        let own = tokens.iter();
        let now = app.clock.now();
        let created = own.clone().map(|token| token.value.created_at);
        row.value.expire_tokens(created, now);
        let mut change = Change::new().update(&row)?;
        // Their rows show the end as well, by which they are removed after some time.
        for token in own.filter(|token| token.value.expires_at.is_none_or(|end| end > now)) {
            let mut token = token.clone();
            token.value.end(now);
            change = change.update(&token)?;
        }
        Ok((change, ()))
    })
    .await?;
    Ok(Json(
        json!({"message": "All tokens of this user are no longer valid"}),
    ))
}

/// Refuses logins, because there are no passwords.
async fn authenticate() -> Error {
    Refusal::forbidden(
        "no_passwords",
        "This installation has no passwords. Use an access token. The operator has the first one and \
         creates others with `underpass token create`",
    )
    .into()
}

/// The ID is derived from the address and has no row of its own.
pub(super) fn user_id(user: &User) -> String {
    let hash = token::hash(&user.email);
    format!("u{}", hash.get(..USER_ID_DIGITS).unwrap_or(&hash))
}

/// Returns the role in each project.
pub(super) fn membership(caller: &Principal) -> BTreeMap<&ProjectName, &'static str> {
    caller
        .projects()
        .map(|(project, role)| (project, role.as_str()))
        .collect()
}

/// Returns the roles in each project; each list has one entry.
pub(super) fn memberships(caller: &Principal) -> BTreeMap<&ProjectName, [&'static str; 1]> {
    caller
        .projects()
        .map(|(project, role)| (project, [role.as_str()]))
        .collect()
}
