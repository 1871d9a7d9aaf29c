//! Logins of a service.
//!
//! Underpass stores logins for connection information. It creates, changes and deletes no users on
//! the server; the provider makes the same change there.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};
use underpass_api_types::compatible_service::{CompatibleServiceAnswer, ServiceUserView};
use underpass_model::credentials::{Credentials, Secrecy, ServiceUser};
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_store::Change;

use super::update::replace_credentials;
use super::view::{service_view, user_named, user_views};
use super::wire::{NewUserBody, UserChangeBody};
use crate::api::body::JsonBody;
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::history::Subject;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::app::App;
use crate::token;

#[derive(Serialize)]
pub(super) struct UsersAnswer {
    users: Vec<ServiceUserView>,
}

#[derive(Serialize)]
pub(super) struct UserAnswer {
    user: ServiceUserView,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

/// Message of every new login, because the compatible product also creates the user on the server.
const ONLY_KEPT: &str =
    "The login is stored for connection information only. Create it on the server as well";

pub(super) async fn list(
    State(app): State<App>,
    member: Member,
) -> Result<Json<UsersAnswer>, Error> {
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    Ok(Json(UsersAnswer {
        users: user_views(snapshot.users(), member.secrecy()),
    }))
}

pub(super) async fn get(State(app): State<App>, member: Member) -> Result<Json<UserAnswer>, Error> {
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    let username = member.text("username")?;
    let user = user_named(snapshot.users(), username, member.secrecy())
        .ok_or_else(|| snapshot.user_not_found(username))?;
    Ok(Json(UserAnswer {
        user,
        message: None,
    }))
}

pub(super) async fn create(
    State(app): State<App>,
    member: Member,
    JsonBody(body): JsonBody<NewUserBody>,
) -> Result<Json<UserAnswer>, Error> {
    // A token text is a suitable password: 256 random bits in URL-safe characters.
    let password = body.password.unwrap_or_else(|| token::draw(&app.ids));
    let username = body.username;
    let added = edit(&app, &member, &CREATED, &username, |_, credentials| {
        credentials.users.push(ServiceUser {
            username: username.clone(),
            password: Some(password.clone()),
            access_cert: None,
            access_key: None,
        });
        if credentials
            .check()
            .is_err_and(|refusal| refusal.code == "user_twice")
        {
            return Err(Refusal::conflict(
                "user_exists",
                format!("User `{username}` already exists. Reset its password instead"),
            ));
        }
        credentials.check()
    })
    .await?;
    let user = user_named(&added.users, &username, Secrecy::Told).ok_or(Error::Contended)?;
    Ok(Json(UserAnswer {
        user,
        message: Some(ONLY_KEPT),
    }))
}

pub(super) async fn change(
    State(app): State<App>,
    member: Member,
    JsonBody(body): JsonBody<UserChangeBody>,
) -> Result<Json<CompatibleServiceAnswer>, Error> {
    let username = member.text("username")?;
    if body.operation.as_deref() != Some("reset-credentials") {
        return Err(Refusal::invalid(
            "unknown_operation",
            "`operation` must be `reset-credentials`. Logins have no other operation",
        )
        .into());
    }
    let password = body.new_password.unwrap_or_else(|| token::draw(&app.ids));
    edit(&app, &member, &RESET, username, |snapshot, credentials| {
        let found = credentials
            .users
            .iter_mut()
            .find(|user| user.username == username);
        let user = found.ok_or_else(|| snapshot.user_not_found(username))?;
        user.password = Some(password.clone());
        credentials.check()
    })
    .await?;
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    let service = service_view(&snapshot, &app.settings.domain, Secrecy::Told);
    Ok(Json(CompatibleServiceAnswer { service }))
}

pub(super) async fn delete(State(app): State<App>, member: Member) -> Result<Json<Value>, Error> {
    let username = member.text("username")?;
    edit(
        &app,
        &member,
        &DELETED,
        username,
        |snapshot, credentials| match credentials
            .users
            .iter()
            .position(|user| user.username == username)
        {
            None => Err(snapshot.user_not_found(username)),
            Some(0) => Err(Refusal::conflict(
                "main_user",
                format!("User `{username}` is the main login, which connection information uses"),
            )
            .with_remedy(Remedy::ReplaceUsers {
                service: snapshot.service.value.name.clone(),
            })),
            Some(position) => {
                credentials.users.remove(position);
                Ok(())
            }
        },
    )
    .await?;
    Ok(Json(json!({"message": "deleted"})))
}

/// Kind of change of a login, in the words of events.
struct LoginChange {
    code: &'static str,
    verb: &'static str,
}

const CREATED: LoginChange = LoginChange {
    code: "service_user.created",
    verb: "registered",
};
const RESET: LoginChange = LoginChange {
    code: "service_user.reset",
    verb: "given a new password",
};
const DELETED: LoginChange = LoginChange {
    code: "service_user.deleted",
    verb: "removed",
};

/// Changes the logins of the service in the path and records an event.
async fn edit(
    app: &App,
    member: &Member,
    kind: &LoginChange,
    username: &str,
    change: impl Fn(&ServiceSnapshot, &mut Credentials) -> Result<(), Refusal>,
) -> Result<Credentials, Error> {
    let name = member.service()?;
    app.transact(|| async {
        let snapshot = ServiceSnapshot::load(app, &member.project.value, &name).await?;
        let mut credentials = Credentials {
            users: snapshot.users().to_vec(),
        };
        change(&snapshot, &mut credentials)?;
        let subject = Subject::Service(&name);
        let message = format!(
            "User `{username}` of service `{name}` was {} in Underpass",
            kind.verb
        );
        let event = member.event(app.clock.now(), &subject, kind.code, message);
        let edited = Change::new()
            .expect_unchanged(&snapshot.service)
            .event(event);
        Ok((
            replace_credentials(edited, &snapshot, credentials.clone())?,
            credentials,
        ))
    })
    .await
}
