//! Visitors of the authorization tests.

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use jiff::SignedDuration;
use serde_json::{Value, json};
use underpass_model::auth::Role;
use underpass_model::credentials::Secret;

use crate::visitor::{Visitor, exchange};
use crate::world::{Reply, World};

/// A visitor, from one without a session to the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// Without a session.
    Anonymous,
    /// With a text that is no session.
    Garbage,
    /// With an access token in place of a session.
    AccessToken,
    /// With a session that was not used for too long.
    Expired,
    /// With a session whose access token was revoked.
    Revoked,
    /// With a session of the operator's token for another project.
    OtherToken,
    /// Admin of another project.
    OtherAdmin,
    /// With a session of the operator's token for reading.
    ReadOnlyToken,
    /// Member of the project that may only read.
    ReadOnlyMember,
    /// The operator, whose forms come from elsewhere.
    Forged,
    /// The operator, admin of the project.
    Operator,
}

/// Cookie and CSRF token of a visitor.
pub(super) struct Session {
    cookie: String,
    csrf_token: String,
}

impl Identity {
    /// Every identity. The first one lets time pass, in which other sessions would expire as well.
    pub(super) const ALL: [Self; 11] = [
        Self::Expired,
        Self::Anonymous,
        Self::Garbage,
        Self::AccessToken,
        Self::Revoked,
        Self::OtherToken,
        Self::OtherAdmin,
        Self::ReadOnlyToken,
        Self::ReadOnlyMember,
        Self::Forged,
        Self::Operator,
    ];

    /// Heading of the column in the matrix.
    pub(super) const fn heading(self) -> &'static str {
        match self {
            Self::Anonymous => "none",
            Self::Garbage => "garbage",
            Self::AccessToken => "token",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::OtherToken => "other-token",
            Self::OtherAdmin => "other-admin",
            Self::ReadOnlyToken => "read-token",
            Self::ReadOnlyMember => "read-member",
            Self::Forged => "forged",
            Self::Operator => "operator",
        }
    }

    /// Returns whether the visitor has a valid session.
    pub(super) const fn is_signed_in(self) -> bool {
        self.reads_demo() || matches!(self, Self::OtherToken | Self::OtherAdmin)
    }

    /// Returns whether the visitor sees the project `demo`.
    pub(super) const fn reads_demo(self) -> bool {
        matches!(
            self,
            Self::ReadOnlyToken | Self::ReadOnlyMember | Self::Forged | Self::Operator
        )
    }

    /// Returns whether the visitor is an operator whose session is not restricted.
    pub(super) const fn is_operator(self) -> bool {
        matches!(self, Self::Forged | Self::Operator)
    }

    /// Returns whether the visitor sees passwords of the project `demo`.
    pub(super) const fn sees_secrets(self) -> bool {
        matches!(self, Self::Forged | Self::Operator)
    }

    /// Signs the visitor in, in a world with the projects `demo` and `other`.
    pub(super) async fn session(self, world: &World) -> Session {
        let unsigned = |value: &str| Session {
            cookie: format!("session={value}"),
            csrf_token: "forged".to_owned(),
        };
        let role = |project, role| [(project, role)];
        match self {
            Self::Anonymous => Session {
                cookie: String::new(),
                ..unsigned("")
            },
            Self::Garbage => unsigned("garbage"),
            Self::AccessToken => unsigned(world.token().expose()),
            Self::Expired => {
                let session = Session::of(world, &world.token(), "demo").await;
                world.pass(SignedDuration::from_hours(13));
                session
            }
            Self::Revoked => {
                let token = made(world, json!({})).await;
                let session = Session::of(world, &token, "demo").await;
                let client = world.client(Some(token));
                client.post("/v1/me/logout", json!({})).await.ok();
                session
            }
            Self::OtherToken => {
                let body = json!({"underpass": {"only_projects": ["other"]}});
                Session::of(world, &made(world, body).await, "other").await
            }
            Self::OtherAdmin => {
                let memberships = role("other", Role::Admin);
                let user = world.user("otto@example.net", &memberships).await;
                Session::of(world, &user.token.unwrap(), "other").await
            }
            Self::ReadOnlyToken => {
                let body = json!({"underpass": {"read_only": true}});
                Session::of(world, &made(world, body).await, "demo").await
            }
            Self::ReadOnlyMember => {
                let reader = world.reader().await;
                Session::of(world, &reader.token.unwrap(), "demo").await
            }
            Self::Forged => Session {
                csrf_token: "forged".to_owned(),
                ..Session::of(world, &world.token(), "demo").await
            },
            Self::Operator => Session::of(world, &world.token(), "demo").await,
        }
    }
}

// === impl Session ===

impl Session {
    /// Signs in with a token, and takes the CSRF token of a page that the visitor sees.
    async fn of(world: &World, token: &Secret, project: &str) -> Self {
        let reply = Visitor::knock(world, token).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text);
        let set = reply.headers[SET_COOKIE].to_str().unwrap();
        let session = Self {
            cookie: set.split(';').next().unwrap().to_owned(),
            csrf_token: String::new(),
        };
        let path = format!("/console/project/{project}");
        let home = session.call(world, "GET", &path).await.text;
        let (_, rest) = home.split_once("name=\"csrf_token\" value=\"").unwrap();
        let (csrf_token, _) = rest.split_once('"').unwrap();
        Self {
            csrf_token: csrf_token.to_owned(),
            ..session
        }
    }

    /// Calls a page, or sends a form that is empty but for its CSRF token.
    pub(super) async fn call(&self, world: &World, method: &str, path: &str) -> Reply {
        let body = match method {
            "GET" => String::new(),
            _ => format!("csrf_token={}", self.csrf_token),
        };
        exchange(&world.stranger(), method, path, &self.cookie, body).await
    }
}

async fn made(world: &World, body: Value) -> Secret {
    let answer = world.admin().post("/v1/access_token", body).await.ok();
    Secret::new(answer["full_token"].as_str().unwrap().to_owned())
}
