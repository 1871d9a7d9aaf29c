//! Access tokens: created, listed, described and revoked by their user.
//!
//! A token is shown once, at its creation. A restricted token sees and revokes only itself: the other
//! tokens of its user may belong to other tenants. A revoked token keeps its row, so that a start of the
//! installation with the same token file does not restore it. Sessions of the console are revoked as
//! tokens, but neither listed nor counted.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{RawPathParams, State};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use underpass_model::auth::{Access, Principal, Token, end_of_life};
use underpass_model::excerpt::excerpt;
use underpass_model::id::ProjectIncarnation;
use underpass_model::misplaced_member::{did_you_mean, refuse_misplaced, words};
use underpass_model::name::ProjectName;
use underpass_model::project::Project;
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_store::{Change, Key, Kind, Lookup, OwnedRows, Versioned};

use super::body::JsonBody;
use super::error::Error;
use super::extract::{Caller, TokenManager};
use super::other_members::OtherMembers;
use super::wire_time::wire_time;
use crate::app::App;
use crate::token;

/// Longest description: 1,000 characters, as in the compatible API.
const MAX_DESCRIPTION: usize = 1000;

/// Most valid tokens of one user: 1,000, so that the list fits in one answer.
const MAX_TOKENS: usize = 1000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/access_token", get(list).post(create))
        .route(
            "/v1/access_token/{token}",
            axum::routing::put(update).delete(revoke),
        )
}

#[derive(Deserialize)]
struct NewToken {
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    max_age_seconds: Option<u64>,
    #[serde(default)]
    extend_when_used: Option<bool>,
    #[serde(default)]
    underpass: Narrowing,
    #[serde(flatten)]
    others: OtherMembers,
}

/// Ours: restrictions of the token, compared with its user. A misspelt member would restrict nothing,
/// so unknown members are errors.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Narrowing {
    /// Omitted: all projects of the user.
    #[serde(deserialize_with = "present")]
    only_projects: Option<BTreeSet<ProjectName>>,
    read_only: bool,
}

/// Reads a list that is given; `null` is an error, not an omission.
fn present<'de, D>(deserializer: D) -> Result<Option<BTreeSet<ProjectName>>, D::Error>
where
    D: Deserializer<'de>,
{
    BTreeSet::deserialize(deserializer).map(Some)
}

impl NewToken {
    /// Returns the projects that the token is restricted to; empty if it is not restricted.
    ///
    /// # Errors
    /// * `invalid_body`: an empty list, or a member that would restrict the token and that is not
    ///   supported, misspelt or beside `underpass`.
    fn only_projects(&self) -> Result<BTreeSet<ProjectName>, Refusal> {
        check_others(self.others.names())?;
        match &self.underpass.only_projects {
            Some(none) if none.is_empty() => Err(Refusal::invalid(
                "invalid_body",
                "Invalid request body: `underpass.only_projects` must not be empty. Omit it for a \
                 token for all projects of its user",
            )),
            Some(projects) => Ok(projects.clone()),
            None => Ok(BTreeSet::new()),
        }
    }
}

#[derive(Deserialize)]
struct NewDescription {
    description: String,
}

#[derive(Serialize)]
struct TokenJson<'a> {
    token_prefix: &'a str,
    description: &'a str,
    create_time: String,
    created_manually: bool,
    currently_active: bool,
    expiry_time: Option<String>,
    extend_when_used: bool,
    max_age_seconds: Option<u64>,
    // Not recorded, because it would cost a write for each request.
    last_ip: Option<String>,
    last_used_time: Option<String>,
    last_user_agent: Option<String>,
    underpass: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_token: Option<&'a str>,
}

async fn list(State(app): State<App>, Caller(caller): Caller) -> Result<Json<Value>, Error> {
    let mut rows = own(&app, &caller).await?;
    rows.retain(|row| row.value.exchanged_for.is_none());
    let tokens: Vec<_> = rows
        .iter()
        .map(|row| json_of(&row.value, &caller, None))
        .collect();
    Ok(Json(json!({"tokens": tokens})))
}

async fn create(
    State(app): State<App>,
    TokenManager(caller): TokenManager,
    JsonBody(desired): JsonBody<NewToken>,
) -> Result<Json<Value>, Error> {
    let only_projects = desired.only_projects()?;
    let description = desired.description.unwrap_or_default();
    check_description(&description)?;
    if desired.max_age_seconds == Some(0) {
        return Err(Refusal::invalid(
            "token_age",
            "`max_age_seconds` must be at least 1. Omit it for a token that does not expire",
        )
        .into());
    }
    let present = own(&app, &caller).await?;
    let is_session = |row: &&Versioned<Token>| row.value.exchanged_for.is_some();
    if present.len() - present.iter().filter(is_session).count() >= MAX_TOKENS {
        return Err(Refusal::conflict(
            "too_many_tokens",
            format!("A user may have at most {MAX_TOKENS} tokens. Revoke unused ones"),
        )
        .into());
    }
    let incarnations = bind(&app, &caller, &only_projects).await?;
    let now = app.clock.now();
    let text = token::draw(&app.ids);
    let made = Token {
        prefix: token::prefix(text.expose()),
        sha256: token::hash(text.expose()),
        email: caller.user.email.clone(),
        description,
        created_at: Token::creation_time(&caller.user, now),
        max_age_seconds: desired.max_age_seconds,
        extend_when_used: desired.extend_when_used.unwrap_or(false),
        expires_at: desired
            .max_age_seconds
            .map(|seconds| end_of_life(now, seconds)),
        only_projects,
        incarnations,
        read_only: desired.underpass.read_only,
        exchanged_for: None,
        sessions: Vec::new(),
        from_file: false,
    };
    let change = Change::new().insert(Key::token(&made.sha256), &made)?;
    app.store.commit(change).await.map_err(Error::uncommitted)?;
    Ok(Json(json!(json_of(&made, &caller, Some(text.expose())))))
}

async fn update(
    State(app): State<App>,
    TokenManager(caller): TokenManager,
    path: RawPathParams,
    JsonBody(desired): JsonBody<NewDescription>,
) -> Result<Json<Value>, Error> {
    check_description(&desired.description)?;
    let given = named(&path)?;
    app.transact(async || {
        let mut row = find(own(&app, &caller).await?, given)?;
        row.value.description.clone_from(&desired.description);
        let answer = json!(json_of(&row.value, &caller, None));
        Ok((Change::new().update(&row)?, Json(answer)))
    })
    .await
}

async fn revoke(
    State(app): State<App>,
    Caller(caller): Caller,
    path: RawPathParams,
) -> Result<Json<Value>, Error> {
    let given = named(&path)?;
    app.transact(async || {
        let row = match find(own(&app, &caller).await?, given) {
            Ok(row) => row,
            Err(refusal) => {
                // A restricted token may revoke itself, and learns nothing about other tokens.
                caller.authorize_tokens()?;
                return Err(refusal.into());
            }
        };
        Ok((
            end(row, app.clock.now())?,
            Json(json!({"message": "Revoked"})),
        ))
    })
    .await
}

/// Returns the change that revokes a token.
pub(super) fn end(mut row: Versioned<Token>, now: Timestamp) -> Result<Change, Error> {
    row.value.end(now);
    Ok(Change::new().update(&row)?)
}

/// Returns the current incarnations of projects that a new token is restricted to.
async fn bind(
    app: &App,
    caller: &Principal,
    projects: &BTreeSet<ProjectName>,
) -> Result<BTreeMap<ProjectName, ProjectIncarnation>, Error> {
    for project in projects {
        caller.authorize(project, Access::Read)?;
    }
    let lookups: Vec<_> = projects
        .iter()
        .map(|project| Lookup::One(Kind::Project, Key::project(project)))
        .collect();
    let found = app.store.fetch(&lookups).await?.readable::<Project>();
    let incarnations: BTreeMap<_, _> = found
        .into_iter()
        .map(|row| (row.value.name, row.value.incarnation))
        .collect();
    match projects.iter().find(|it| !incarnations.contains_key(*it)) {
        None => Ok(incarnations),
        Some(deleted) => Err(caller.no_such_project(deleted).into()),
    }
}

/// Returns the valid tokens that the caller manages: those of its user with their sessions, or only the
/// token of the request if that is restricted.
async fn own(app: &App, caller: &Principal) -> Result<Vec<Versioned<Token>>, Error> {
    let lookup = if caller.token.is_narrowed() {
        Lookup::One(Kind::Token, Key::token(&caller.token.sha256))
    } else {
        Lookup::Owned(OwnedRows::tokens(&caller.user.email))
    };
    let fetched = app.store.fetch(&[lookup]).await?;
    let mut rows = fetched.readable::<Token>();
    let now = app.clock.now();
    rows.retain(|row| {
        row.value.email == caller.user.email && row.value.check(&caller.user, now).is_ok()
    });
    rows.sort_by_key(|row| row.value.created_at);
    Ok(rows)
}

fn named(path: &RawPathParams) -> Result<&str, Error> {
    let given = path.iter().find(|(name, _)| *name == "token");
    given
        .map(|(_, given)| given)
        .ok_or_else(|| Error::misrouted("token"))
}

/// Returns the token that a prefix or a whole token identifies.
fn find(rows: Vec<Versioned<Token>>, given: &str) -> Result<Versioned<Token>, Refusal> {
    let hash = token::hash(given);
    let mut fitting = rows
        .into_iter()
        .filter(|row| row.value.prefix == given || token::is_same_hash(&row.value.sha256, &hash));
    match (fitting.next(), fitting.next()) {
        (Some(row), None) => Ok(row),
        (None, _) => Err(
            Refusal::not_found("token_not_found", "You have no such token")
                .with_remedy(Remedy::ListAccessTokens),
        ),
        (Some(_), Some(_)) => Err(Refusal::conflict(
            "token_ambiguous",
            "Several of your tokens have this prefix. Specify the whole token",
        )),
    }
}

/// Refuses unknown members: one that is meant to restrict the token and is ignored would make a token
/// with more permissions than requested.
///
/// # Errors
/// * `invalid_body`: such a member.
fn check_others<'a>(mut names: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
    let Some(name) = names.next() else {
        return Ok(());
    };
    refuse_misplaced([name], &["only_projects", "read_only"])?;
    let word = words(name);
    let has = |part: &&str| word.contains(*part);
    if ["project", "readonly"].iter().any(has) {
        return Err(did_you_mean(name, "underpass.only_projects"));
    }
    if ["max_age", "expir", "ttl", "lifetime"].iter().any(has) {
        return Err(did_you_mean(name, "max_age_seconds"));
    }
    Err(Refusal::invalid(
        "invalid_body",
        format!(
            "Invalid request body: Underpass does not support `{}`, and a token without it could \
             have more permissions than requested. Restrict the token with \
             `underpass.only_projects` and `underpass.read_only`",
            excerpt(name)
        ),
    ))
}

fn check_description(description: &str) -> Result<(), Refusal> {
    if description.chars().count() <= MAX_DESCRIPTION {
        return Ok(());
    }
    Err(Refusal::invalid(
        "token_description",
        format!("`description` may have at most {MAX_DESCRIPTION} characters"),
    ))
}

fn json_of<'a>(row: &'a Token, caller: &Principal, full: Option<&'a str>) -> TokenJson<'a> {
    TokenJson {
        token_prefix: &row.prefix,
        description: &row.description,
        create_time: wire_time(row.created_at),
        created_manually: true,
        currently_active: row.sha256 == caller.token.sha256,
        expiry_time: row.expires_at.map(wire_time),
        extend_when_used: row.extend_when_used,
        max_age_seconds: row.max_age_seconds,
        last_ip: None,
        last_used_time: None,
        last_user_agent: None,
        underpass: json!({"only_projects": row.only_projects, "read_only": row.read_only}),
        full_token: full,
    }
}
