//! Callers of the authorization tests.

use jiff::SignedDuration;
use serde_json::{Value, json};
use underpass_model::auth::{Role, User};
use underpass_model::credentials::Secret;
use underpass_store::{Change, Key, Kind, Lookup};

use super::rules::Rule;
use crate::world::{Client, World};

/// A caller, from one without a token to the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Without a token.
    Anonymous,
    /// With a text that is no token.
    Garbage,
    /// With a token that has expired.
    Expired,
    /// With a token that was revoked.
    Revoked,
    /// With the operator's token for another project.
    OtherToken,
    /// Admin of another project.
    OtherAdmin,
    /// With the operator's token for reading.
    ReadOnlyToken,
    /// Member of the project that may only read.
    ReadOnlyMember,
    /// With the operator's token for the project.
    ProjectToken,
    /// Admin of the project.
    Admin,
    /// The operator, admin of the project.
    Operator,
}

/// Outcome of a request, as far as a rule decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Refused with 401.
    Unauthenticated,
    /// Refused with 403 and this code.
    Forbidden(&'static str),
    /// Neither.
    Admitted,
}

impl Identity {
    pub(crate) const ALL: [Self; 11] = [
        Self::Anonymous,
        Self::Garbage,
        Self::Expired,
        Self::Revoked,
        Self::OtherToken,
        Self::OtherAdmin,
        Self::ReadOnlyToken,
        Self::ReadOnlyMember,
        Self::ProjectToken,
        Self::Admin,
        Self::Operator,
    ];

    /// Heading of the column in the matrix.
    pub(crate) const fn heading(self) -> &'static str {
        match self {
            Self::Anonymous => "none",
            Self::Garbage => "garbage",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::OtherToken => "other-token",
            Self::OtherAdmin => "other-admin",
            Self::ReadOnlyToken => "read-token",
            Self::ReadOnlyMember => "read-member",
            Self::ProjectToken => "demo-token",
            Self::Admin => "demo-admin",
            Self::Operator => "operator",
        }
    }

    /// Returns whether the caller sees passwords of the project `demo`.
    pub(crate) const fn sees_secrets(self) -> bool {
        matches!(self, Self::ProjectToken | Self::Admin | Self::Operator)
    }

    /// Returns the client of the caller in a world with the projects `demo` and `other`.
    pub(crate) async fn client(self, world: &World) -> Client {
        let narrowed = |body: Value| narrowed(world, body);
        match self {
            Self::Anonymous => world.stranger(),
            Self::Garbage => world.client(Some(Secret::new("garbage".to_owned()))),
            Self::Expired => {
                let client = narrowed(json!({"max_age_seconds": 1})).await;
                world.pass(SignedDuration::from_secs(2));
                client
            }
            Self::Revoked => {
                let client = narrowed(json!({})).await;
                client.post("/v1/me/logout", json!({})).await.ok();
                client
            }
            Self::OtherToken => narrowed(json!({"underpass": {"only_projects": ["other"]}})).await,
            Self::OtherAdmin => {
                let role = [("other", Role::Admin)];
                world.user("otto@example.net", &role).await
            }
            Self::ReadOnlyToken => narrowed(json!({"underpass": {"read_only": true}})).await,
            Self::ReadOnlyMember => world.reader().await,
            Self::ProjectToken => narrowed(json!({"underpass": {"only_projects": ["demo"]}})).await,
            Self::Admin => {
                let role = [("demo", Role::Admin)];
                world.user("bob@example.net", &role).await
            }
            Self::Operator => world.admin(),
        }
    }

    /// Returns the right outcome of a route about the project `demo`.
    pub(crate) const fn outcome(self, rule: Rule) -> Outcome {
        use Outcome::{Admitted, Forbidden, Unauthenticated};
        match rule {
            Rule::Public => return Admitted,
            Rule::NoPasswords => return Forbidden("no_passwords"),
            _ => {}
        }
        match self {
            Self::Anonymous | Self::Garbage | Self::Expired | Self::Revoked => Unauthenticated,
            Self::OtherToken | Self::OtherAdmin => match rule {
                Rule::Read | Rule::Write | Rule::OperatorInProject => Forbidden("not_a_member"),
                _ => self.outside(rule),
            },
            Self::ReadOnlyToken | Self::ReadOnlyMember => match rule {
                Rule::Write | Rule::OperatorInProject => Forbidden("read_only"),
                _ => self.outside(rule),
            },
            Self::ProjectToken | Self::Admin | Self::Operator => self.outside(rule),
        }
    }

    /// Returns the right outcome of a route that does not depend on the project.
    const fn outside(self, rule: Rule) -> Outcome {
        let is_narrowed = matches!(
            self,
            Self::OtherToken | Self::ReadOnlyToken | Self::ProjectToken
        );
        match rule {
            Rule::TokenManagement if is_narrowed => Outcome::Forbidden("narrowed_token"),
            Rule::Operator | Rule::OperatorInProject if !matches!(self, Self::Operator) => {
                Outcome::Forbidden("not_an_operator")
            }
            _ => Outcome::Admitted,
        }
    }
}

/// Returns a client with a new token of the operator.
pub(crate) async fn narrowed(world: &World, body: Value) -> Client {
    let made = world.admin().post("/v1/access_token", body).await.ok();
    let full = made["full_token"].as_str().unwrap().to_owned();
    world.client(Some(Secret::new(full)))
}

/// Makes a project of which the operator is not a member.
pub(crate) async fn make_foreign_project(world: &World, name: &str) {
    let body = json!({"project": name});
    world.admin().post("/v1/project", body).await.ok();
    let key = Key::user("ada@example.net");
    let lookup = Lookup::One(Kind::User, key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let mut row = fetched.one::<User>(&key).unwrap().unwrap();
    row.value.memberships.remove(&name.parse().unwrap());
    let change = Change::new().update(&row).unwrap();
    world.app.store.commit(change).await.unwrap();
}
