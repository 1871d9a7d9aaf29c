//! Authentication and project-membership extractors: the only file where tokens and memberships are
//! checked.
//!
//! A handler names its extractor first, so that a caller without the permission learns nothing from
//! the validation of the body.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, RawPathParams};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use error_reporter::Report;
use serde::de::DeserializeOwned;
use underpass_model::auth::{Access, Principal, Role, Token, User};
use underpass_model::name::{ProjectName, ServiceName};
use underpass_model::project::Project;
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_store::{Change, Fetched, Key, Kind, Lookup, Versioned};
use underpass_web::actor::Actor;
use underpass_web::live::RequestKind;

use super::admit::admit;
use super::error::{Error, unreadable};
use crate::app::App;
use crate::token;

/// Authenticated caller, for routes outside projects.
pub(crate) struct Caller(pub(crate) Principal);

/// Decoded segments of the path, for routes outside projects.
pub(crate) struct Segments<T>(pub(crate) T);

/// Operator with an unrestricted token, for routes about the installation.
pub(crate) struct Operator(pub(crate) Principal);

/// Caller with an unrestricted token, for routes that manage tokens.
pub(crate) struct TokenManager(pub(crate) Principal);

/// Member of the project in the path, with the permission that the method requires.
///
/// `GET` and `HEAD` need read access, every other method write access.
pub(crate) struct Member {
    /// Project.
    pub(crate) project: Versioned<Project>,
    /// Authenticated user and token.
    pub(crate) principal: Principal,
    /// Role of the user in the project.
    pub(crate) role: Role,
    segments: BTreeMap<String, String>,
}

/// Member of the project in the path who is also an operator with an unrestricted token.
pub(crate) struct OperatorMember(pub(crate) Member);

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let caller = Self::authorized(app, parts).await?;
        admit(app, &parts.extensions, &caller.0, None)?;
        Ok(caller)
    }
}

impl Caller {
    async fn authorized(app: &App, parts: &Parts) -> Result<Self, Error> {
        let (principal, _nothing) = authenticate(app, parts, &[]).await?;
        Ok(Self(principal))
    }
}

impl FromRequestParts<App> for Operator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let Caller(principal) = Caller::from_request_parts(parts, app).await?;
        principal.authorize_operator()?;
        Ok(Self(principal))
    }
}

impl FromRequestParts<App> for TokenManager {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let Caller(principal) = Caller::from_request_parts(parts, app).await?;
        principal.authorize_tokens()?;
        Ok(Self(principal))
    }
}

impl FromRequestParts<App> for OperatorMember {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let member = Member::from_request_parts(parts, app).await?;
        member.principal.authorize_operator()?;
        Ok(Self(member))
    }
}

impl FromRequestParts<App> for Member {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let member = Self::authorized(app, parts).await?;
        let project = Some(&member.project.value);
        admit(app, &parts.extensions, &member.principal, project)?;
        Ok(member)
    }
}

impl Member {
    async fn authorized(app: &App, parts: &mut Parts) -> Result<Self, Error> {
        let segments = segments(parts, app).await?;
        let name = segments
            .get("project")
            .map(|name| name.parse::<ProjectName>());
        let key = match &name {
            Some(Ok(name)) => Some(Key::project(name)),
            Some(Err(_)) | None => None,
        };
        let lookups: Vec<_> = key
            .iter()
            .map(|key| Lookup::One(Kind::Project, key.clone()))
            .collect();
        // Without a token the answer depends on nothing in the path, not even on valid names.
        let (principal, fetched) = authenticate(app, parts, &lookups).await?;
        let name = name.ok_or_else(|| Error::misrouted("project"))??;
        let project = fetched.one::<Project>(&Key::project(&name))?;
        let access = match parts.method {
            Method::GET | Method::HEAD => Access::Read,
            _ => Access::Write,
        };
        match project {
            Some(project) => {
                let role = principal.authorize(&name, access)?;
                Ok(Self {
                    project,
                    principal,
                    role,
                    segments,
                })
            }
            None => Err(principal.no_such_project(&name).into()),
        }
    }

    /// Returns the name of the project.
    pub(crate) fn name(&self) -> &ProjectName {
        &self.project.value.name
    }

    /// Reads rows of the project, which must still be the one of the authorization: a client may send
    /// the body of its request later than the deletion of the project.
    ///
    /// # Errors
    /// As [`Self::reread`], and if the store cannot be read.
    pub(crate) async fn fetch(&self, app: &App, lookups: &[Lookup]) -> Result<Fetched, Error> {
        let mut all = lookups.to_vec();
        all.push(Lookup::One(Kind::Project, Key::project(self.name())));
        let fetched = app.store.fetch(&all).await?;
        self.reread(&fetched)?;
        Ok(fetched)
    }

    /// Returns the project among rows that were read again for a change.
    ///
    /// # Errors
    /// As for a missing project, if it was deleted since the request was authorized; also if another
    /// project has its name now.
    pub(crate) fn reread(&self, fetched: &Fetched) -> Result<Versioned<Project>, Error> {
        fetched
            .one::<Project>(&Key::project(self.name()))?
            .filter(|row| row.value.incarnation == self.project.value.incarnation)
            .ok_or_else(|| self.principal.no_such_project(self.name()).into())
    }

    /// Returns the service name in the path.
    pub(crate) fn service(&self) -> Result<ServiceName, Error> {
        self.segment("service")
    }

    /// Returns a decoded and parsed segment of the path.
    pub(crate) fn segment<T>(&self, name: &'static str) -> Result<T, Error>
    where
        T: FromStr,
        Error: From<T::Err>,
    {
        Ok(self
            .segments
            .get(name)
            .ok_or_else(|| Error::misrouted(name))?
            .parse()?)
    }

    /// Returns a decoded segment of the path.
    pub(crate) fn text(&self, name: &'static str) -> Result<&str, Error> {
        self.segments
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| Error::misrouted(name))
    }

    /// Returns whether secrets are shown.
    pub(crate) fn sees_secrets(&self) -> bool {
        self.role == Role::Admin
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Segments<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let Path(segments) = Path::from_request_parts(parts, app)
            .await
            .map_err(|_rejection| malformed_path())?;
        Ok(Self(segments))
    }
}

/// Returns the refusal of a path that cannot be decoded.
fn malformed_path() -> Error {
    let message = "The path is malformed: its percent-encoded text must be UTF-8";
    Error::Protocol(StatusCode::BAD_REQUEST, message.to_owned())
}

async fn segments(parts: &mut Parts, app: &App) -> Result<BTreeMap<String, String>, Error> {
    let params = RawPathParams::from_request_parts(parts, app)
        .await
        .map_err(|_rejection| malformed_path())?;
    Ok(params
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

/// Authenticates a request and reads `lookups` along the way.
async fn authenticate(
    app: &App,
    parts: &Parts,
    lookups: &[Lookup],
) -> Result<(Principal, Fetched), Error> {
    let kind = RequestKind::of(&parts.headers);
    let found = identify(app, shown_token(&parts.headers)?, kind, lookups).await?;
    Actor::note(&parts.extensions, &found.0.user.email);
    Ok(found)
}

/// Checks again that a request may be answered whose client let it wait: its token may have been
/// revoked meanwhile.
///
/// # Errors
/// The refusals of a token that is not accepted.
pub(crate) async fn check_token_again(app: &App, headers: &HeaderMap) -> Result<(), Error> {
    identify(app, shown_token(headers)?, RequestKind::AutoRefresh, &[]).await?;
    Ok(())
}

/// Authorizes a request again whose body came later than its head: its token may have been revoked
/// meanwhile, or its user may have left the project.
///
/// # Errors
/// The refusals of [`Member`] in a project, otherwise of [`Caller`].
pub(crate) async fn authorize_again(app: &App, parts: &mut Parts) -> Result<(), Error> {
    if segments(parts, app).await?.contains_key("project") {
        Member::authorized(app, parts).await?;
    } else {
        Caller::authorized(app, parts).await?;
    }
    Ok(())
}

/// Finds the user of a token and reads `lookups` along the way.
pub(crate) async fn identify(
    app: &App,
    shown: &str,
    kind: RequestKind,
    lookups: &[Lookup],
) -> Result<(Principal, Fetched), Error> {
    let hash = token::hash(shown);
    let key = Key::token(&hash);
    let found = app
        .store
        .fetch(&[Lookup::One(Kind::Token, key.clone())])
        .await?;
    let mut row = found
        .one::<Token>(&key)?
        .filter(|row| token::is_same_hash(&row.value.sha256, &hash))
        .ok_or_else(unknown_token)?;
    let user = Key::user(&row.value.email);
    let mut all = lookups.to_vec();
    all.push(Lookup::One(Kind::User, user.clone()));
    let only_projects = row.value.only_projects.iter().map(Key::project);
    all.extend(
        only_projects
            .clone()
            .map(|key| Lookup::One(Kind::Project, key)),
    );
    let origin = row.value.exchanged_for.as_deref().map(Key::token);
    all.extend(
        origin
            .iter()
            .map(|origin| Lookup::One(Kind::Token, origin.clone())),
    );
    let fetched = app.store.fetch(&all).await?;
    let user = fetched.one::<User>(&user)?.ok_or_else(unknown_token)?.value;
    let now = app.clock.now();
    row.value.check(&user, now)?;
    let projects = only_projects
        .clone()
        .filter_map(|key| Some(fetched.readable_one::<Project>(&key)?.value))
        .collect::<Vec<_>>();
    // A project whose document cannot be read was not deleted.
    let is_unreadable = |key: Key| fetched.is_unreadable::<Project>(&key);
    let within = |token: &Token| match token.within(&projects) {
        Err(_) if only_projects.clone().any(is_unreadable) => {
            Err(Error::from(unreadable(Kind::Project.as_str())))
        }
        left => left.map_err(Error::from),
    };
    let mut left = within(&row.value)?;
    if let Some(origin) = origin {
        let origin = fetched.one::<Token>(&origin)?.ok_or_else(unknown_token)?;
        origin.value.check(&user, now)?;
        left = within(&origin.value)?;
    }
    if kind == RequestKind::User
        && let Some(extended) = row.value.extended(now)
    {
        let before = std::mem::replace(&mut row.value, extended);
        match app.store.commit(Change::new().update(&row)?).await {
            Ok(()) => {}
            // A concurrent request wrote the same, or revoked the token with effect from the next
            // request.
            Err(error) if error.is_conflict() => {}
            // The token is still valid, and the request may only read.
            Err(error) if error.is_outage() => {
                tracing::warn!(error = %Report::new(&error), "failed to extend a token: the store accepts no writes");
                row.value = before;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let token = Token {
        only_projects: left,
        ..row.value
    };
    Ok((Principal { user, token }, fetched))
}

/// Returns the refusal of a token that no user has.
pub(crate) fn unknown_token() -> Refusal {
    Refusal::unauthenticated(
        "unknown_token",
        "The token is unknown: it was mistyped, was revoked, or belongs to another installation",
    )
    .with_remedy(Remedy::manual(
        "Use a valid token of this installation, or ask an operator for one",
    ))
}

/// Returns the token of `authorization: aivenv1 TOKEN` or `Bearer TOKEN`.
fn shown_token(headers: &HeaderMap) -> Result<&str, Refusal> {
    let missing = || {
        Refusal::unauthenticated(
            "no_token",
            "The request has no token. Send the header `authorization: aivenv1 TOKEN` or \
             `authorization: Bearer TOKEN`",
        )
    };
    let text = headers
        .get(AUTHORIZATION)
        .ok_or_else(missing)?
        .to_str()
        .map_err(|_| missing())?;
    let (scheme, shown) = text.trim().split_once(' ').ok_or_else(missing)?;
    let known = ["aivenv1", "bearer"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    let shown = shown.trim();
    if known && !shown.is_empty() {
        Ok(shown)
    } else {
        Err(missing())
    }
}
