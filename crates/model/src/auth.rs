//! Users, tokens, and the authorization of their requests.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::ProjectIncarnation;
use crate::name::ProjectName;
use crate::project::Project;
use crate::refusal::{Refusal, RefusalKind};
use crate::remedy::Remedy;

/// A person or program with tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The name that tokens are issued to, an e-mail address by convention.
    pub email: String,
    /// A name for display.
    pub real_name: String,
    /// The projects the user belongs to, with the role in each.
    pub memberships: BTreeMap<ProjectName, Role>,
    /// Allows the creation of projects.
    pub is_operator: bool,
    /// Tokens issued before this are void.
    pub tokens_valid_from: Timestamp,
}

/// The permissions of a member of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees everything but secrets.
    ReadOnly,
    /// Sees and changes everything.
    Admin,
}

impl Role {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read_only",
            Self::Admin => "admin",
        }
    }
}

/// A token as stored: never the token itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The first characters, to tell tokens apart.
    pub prefix: String,
    /// SHA-256 of the whole token, in lower-case hex.
    pub sha256: String,
    /// The user it belongs to.
    pub email: String,
    /// A description for display.
    pub description: String,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The maximum age; `None` for unlimited.
    pub max_age_seconds: Option<u64>,
    /// Restarts `max_age_seconds` with each use.
    pub extend_when_used: bool,
    /// The time of expiry.
    pub expires_at: Option<Timestamp>,
    /// Narrows the user's memberships to these projects; empty: no narrowing.
    pub only_projects: BTreeSet<ProjectName>,
    /// The incarnation of each of these projects. Tokens of earlier builds have none; see
    /// [`Token::within`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub incarnations: BTreeMap<ProjectName, ProjectIncarnation>,
    /// Narrows every role to reading.
    pub read_only: bool,
    /// The hash of the token it was exchanged for: it is good only as long as that one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchanged_for: Option<String>,
    /// The hashes of the sessions it was exchanged for, the oldest first. Some may have ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<String>,
    /// The token came from the installation's token file. Its row stays after its end, so that a start
    /// with the same file does not make it valid again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_file: bool,
}

/// A caller with a valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The user.
    pub user: User,
    /// The token of the request.
    pub token: Token,
}

/// The kind of access that a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads.
    Read,
    /// Writes.
    Write,
}

/// The smallest extension that is stored: 1 minute, so that a busy client causes one write a minute
/// rather than one for each request.
const EXTENSION_WORTH_A_WRITE: SignedDuration = SignedDuration::from_mins(1);

impl User {
    /// Voids the user's existing tokens, also those that were created by a clock that was ahead.
    pub fn expire_tokens(&mut self, created: impl IntoIterator<Item = Timestamp>, now: Timestamp) {
        let latest = created.into_iter().fold(now, Timestamp::max);
        // One step further, so that tokens created at this time are included.
        self.tokens_valid_from = latest
            .max(self.tokens_valid_from)
            .saturating_add(SignedDuration::from_nanos(1))
            .unwrap_or(Timestamp::MAX);
    }
}

impl Token {
    /// Checks that the token is valid.
    ///
    /// # Errors
    /// * `token_expired`, `token_revoked`: the token is no longer valid.
    pub fn check(&self, user: &User, now: Timestamp) -> Result<(), Refusal> {
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(Refusal::unauthenticated(
                "token_expired",
                format!(
                    "Token `{}…` has expired or was revoked. Request a new token",
                    self.prefix
                ),
            ));
        }
        if self.created_at < user.tokens_valid_from {
            return Err(Refusal::unauthenticated(
                "token_revoked",
                format!(
                    "Token `{}…` was revoked when all tokens of its user were expired. Request a \
                     new token",
                    self.prefix
                ),
            ));
        }
        Ok(())
    }

    /// Returns the time of creation of a token that a user gets now.
    ///
    /// All tokens of the user may have been expired by a clock that was ahead. A new one is valid
    /// nevertheless.
    pub fn creation_time(user: &User, now: Timestamp) -> Timestamp {
        now.max(user.tokens_valid_from)
    }

    /// Returns the hash of the access token: of a session, the one it was exchanged for.
    pub fn origin(&self) -> &str {
        self.exchanged_for.as_deref().unwrap_or(&self.sha256)
    }

    /// Returns whether the token is restricted to projects or to reading.
    pub fn is_narrowed(&self) -> bool {
        !self.only_projects.is_empty() || self.read_only
    }

    /// Returns the token with a new expiry if its use extends it by enough to be stored.
    pub fn extended(&self, now: Timestamp) -> Option<Self> {
        let (true, Some(seconds), Some(end)) =
            (self.extend_when_used, self.max_age_seconds, self.expires_at)
        else {
            return None;
        };
        let later = end_of_life(now, seconds);
        let gain = later.duration_since(end);
        // A short lifetime is extended in steps of a tenth: a minute could be all of it.
        let step = SignedDuration::from_secs(i64::try_from(seconds / 10).unwrap_or(i64::MAX));
        (gain > EXTENSION_WORTH_A_WRITE.min(step)).then(|| Self {
            expires_at: Some(later),
            ..self.clone()
        })
    }
}

/// The lifetime of an unused session of the web console: 12 h, a long working day.
const SESSION_SECONDS: u64 = 12 * 60 * 60;

impl Token {
    /// Returns a token for a session of the web console, with the permissions of this token and at
    /// most its lifetime.
    #[must_use]
    pub fn session(&self, user: &User, prefix: String, sha256: String, now: Timestamp) -> Self {
        let end = end_of_life(now, SESSION_SECONDS);
        Self {
            prefix,
            sha256,
            email: self.email.clone(),
            description: format!("web console session of token {}…", self.prefix),
            created_at: Self::creation_time(user, now),
            max_age_seconds: Some(SESSION_SECONDS),
            extend_when_used: true,
            expires_at: Some(end),
            only_projects: self.only_projects.clone(),
            incarnations: self.incarnations.clone(),
            read_only: self.read_only,
            exchanged_for: Some(self.origin().to_owned()),
            sessions: Vec::new(),
            from_file: false,
        }
    }
}

impl Token {
    /// Returns the projects that the token is restricted to and that still exist, of the `stored`
    /// projects.
    ///
    /// A project that was created again under the same name is another one.
    ///
    /// # Errors
    /// * `token_expired`: all projects that the token is restricted to were deleted.
    pub fn within(&self, stored: &[Project]) -> Result<BTreeSet<ProjectName>, Refusal> {
        let left: BTreeSet<_> = stored
            .iter()
            .filter(|project| self.is_bound_to(project))
            .map(|project| project.name.clone())
            .collect();
        // Without projects, the token would be restricted to none.
        if self.only_projects.is_empty() || !left.is_empty() {
            return Ok(left);
        }
        Err(Refusal::unauthenticated(
            "token_expired",
            format!(
                "Token `{}…` has ended, because the projects it was restricted to were deleted. \
                 Request a new token",
                self.prefix
            ),
        ))
    }

    fn is_bound_to(&self, project: &Project) -> bool {
        // A token of an earlier build has no incarnations, and its projects have the default one.
        let bound = self.incarnations.get(&project.name);
        let bound = bound.copied().unwrap_or_default();
        // Earlier builds gave projects of the same name the same incarnation.
        let is_default = bound == ProjectIncarnation::default();
        self.only_projects.contains(&project.name)
            && bound == project.incarnation
            && (!is_default || project.created_at <= self.created_at)
    }

    /// Ends the token.
    pub fn end(&mut self, now: Timestamp) {
        self.expires_at = Some(self.expires_at.map_or(now, |end| end.min(now)));
        self.extend_when_used = false;
    }

    /// Takes a deleted project from a token that is restricted to projects; a token that is
    /// restricted to no other project ends. Returns whether it was restricted to the project.
    pub fn leave(&mut self, project: &ProjectName, now: Timestamp) -> bool {
        if !self.only_projects.contains(project) {
            return false;
        }
        if self.only_projects.len() == 1 {
            // The project stays: a token without projects has access to all of its user.
            self.end(now);
        } else {
            self.only_projects.remove(project);
            self.incarnations.remove(project);
        }
        true
    }
}

/// Returns the expiry of a token that is created or used now, capped at the largest timestamp.
pub fn end_of_life(now: Timestamp, max_age_seconds: u64) -> Timestamp {
    i64::try_from(max_age_seconds)
        .ok()
        .and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok())
        .unwrap_or(Timestamp::MAX)
}

impl Principal {
    /// The role in a project, after what the token narrows.
    pub fn role(&self, project: &ProjectName) -> Option<Role> {
        let narrowed =
            !self.token.only_projects.is_empty() && !self.token.only_projects.contains(project);
        let role = *self.user.memberships.get(project)?;
        match (narrowed, self.token.read_only) {
            (true, _) => None,
            (false, true) => Some(Role::ReadOnly),
            (false, false) => Some(role),
        }
    }

    /// Checks that the caller may access the project.
    ///
    /// A project that does not exist and one the caller is not a member of have the same answer, so
    /// that names cannot be probed.
    ///
    /// # Errors
    /// * `not_a_member`: the caller is not a member of the project, or it does not exist.
    /// * `read_only`: the access needs another role.
    pub fn authorize(&self, project: &ProjectName, access: Access) -> Result<Role, Refusal> {
        let Some(role) = self.role(project) else {
            return Err(self.not_a_member(project));
        };
        match (access, role) {
            (Access::Read, _) | (Access::Write, Role::Admin) => Ok(role),
            (Access::Write, Role::ReadOnly) => Err(Refusal {
                kind: RefusalKind::Forbidden,
                code: "read_only",
                message: format!(
                    "This token can only read project `{project}`. Use a token with the admin \
                     role for changes"
                ),
                remedy: None,
            }),
        }
    }

    /// Returns the projects that the token gives access to, with the role in each.
    pub fn projects(&self) -> impl Iterator<Item = (&ProjectName, Role)> {
        self.user
            .memberships
            .keys()
            .filter_map(|project| Some((project, self.role(project)?)))
    }

    /// Returns whether the caller is an operator with an unrestricted token.
    pub fn is_operator(&self) -> bool {
        self.user.is_operator && !self.token.is_narrowed()
    }

    /// Returns the name for which requests are counted: of a restricted token, because it is given to a
    /// tenant or a program, otherwise of the user, who makes any number of tokens.
    pub fn holder(&self) -> String {
        if self.token.is_narrowed() {
            format!("token/{}", self.token.origin())
        } else {
            format!("user/{}", self.user.email)
        }
    }

    /// Checks that the caller is an operator, for requests about the installation.
    ///
    /// Reading needs an unrestricted token as well: a restricted one is given to a tenant or to a
    /// program, and the installation contains data of all tenants.
    ///
    /// # Errors
    /// * `not_an_operator`: the caller is not an operator, or the token restricts it.
    pub fn authorize_operator(&self) -> Result<(), Refusal> {
        if self.is_operator() {
            return Ok(());
        }
        Err(Refusal::forbidden(
            "not_an_operator",
            "This request concerns the whole installation. Use an operator's token that is not \
             restricted to projects or to reading",
        ))
    }

    /// Checks that the token is not restricted: otherwise it could create an unrestricted one.
    ///
    /// # Errors
    /// * `narrowed_token`: the token is restricted.
    pub fn authorize_tokens(&self) -> Result<(), Refusal> {
        if !self.token.is_narrowed() {
            return Ok(());
        }
        Err(Refusal::forbidden(
            "narrowed_token",
            "A token that is restricted to projects or to reading cannot manage tokens. Use an \
             unrestricted token",
        ))
    }

    /// The refusal for a project that does not exist.
    ///
    /// An operator creates projects, so the answer may reveal which ones are missing. Any other
    /// caller receives the answer about a project that exists and is not theirs.
    pub fn no_such_project(&self, project: &ProjectName) -> Refusal {
        if !self.is_operator() {
            return self.not_a_member(project);
        }
        Refusal::not_found(
            "project_not_found",
            format!("Project `{project}` does not exist"),
        )
        .with_remedy(Remedy::ListProjects)
    }

    /// The refusal for a project that the caller is not a member of, existing or not.
    pub fn not_a_member(&self, project: &ProjectName) -> Refusal {
        Refusal::forbidden(
            "not_a_member",
            format!(
                "Not a project member: `{}` has no access to project `{project}`. Request a token \
                 from one of its admins",
                self.user.email
            ),
        )
    }

    /// The actor in events.
    pub fn actor(&self) -> String {
        format!("{} ({})", self.user.email, self.token.prefix)
    }

    /// Returns an actor as this caller sees it: the token only to operators, and to itself.
    pub fn shown_actor<'a>(&self, actor: &'a str) -> &'a str {
        if self.is_operator() || actor == self.actor() {
            return actor;
        }
        actor.split_once(" (").map_or(actor, |(user, _token)| user)
    }
}

#[cfg(test)]
mod tests;
