//! First user, project and token of an installation.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use underpass_model::auth::{Role, Token, User};
use underpass_model::credentials::Secret;
use underpass_model::event::{Event, SYSTEM_ACTOR};
use underpass_model::name::ProjectName;
use underpass_model::project::{ExternalApproval, Feature, Project};
use underpass_model::refusal::Refusal;
use underpass_store::{Change, HistoryOrder, HistoryPage, Key, Kind, Lookup};

use crate::api::error::Error;
use crate::app::App;
use crate::{project_ca, token};

/// Initial contents of an installation.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    /// Email address of the first user, who may create projects.
    pub email: String,
    /// Display name of the user.
    pub real_name: String,
    /// First project; the user is its admin.
    pub project: ProjectName,
    /// Token of the user; see [`token::draw`].
    pub token: Secret,
}

/// Creates the missing initial contents; idempotent.
///
/// # Errors
/// If the token was revoked or has expired, because a revoked token must stay invalid; if the store
/// fails.
pub async fn ensure(app: &App, desired: &Bootstrap) -> Result<(), Error> {
    app.transact(async || Ok((missing(app, desired).await?, ())))
        .await
}

async fn missing(app: &App, desired: &Bootstrap) -> Result<Change, Error> {
    let now = app.clock.now();
    let hash = token::hash(desired.token.expose());
    let user_key = Key::user(&desired.email);
    let project_key = Key::project(&desired.project);
    let token_key = Key::token(&hash);
    let fetched = app
        .store
        .fetch(&[
            Lookup::One(Kind::User, user_key.clone()),
            Lookup::One(Kind::Project, project_key.clone()),
            Lookup::One(Kind::Token, token_key.clone()),
        ])
        .await?;
    // The process works without them, and another version may read them.
    if fetched.is_unreadable::<User>(&user_key)
        || fetched.is_unreadable::<Project>(&project_key)
        || fetched.is_unreadable::<Token>(&token_key)
    {
        return Ok(Change::new());
    }
    let mut change = Change::new();
    let user = match fetched.one::<User>(&user_key)? {
        None => {
            let user = first_user(desired, now);
            change = change.insert(user_key, &user)?;
            user
        }
        Some(mut row) => {
            let role = row
                .value
                .memberships
                .insert(desired.project.clone(), Role::Admin);
            let was_operator = std::mem::replace(&mut row.value.is_operator, true);
            if role != Some(Role::Admin) || !was_operator {
                change = change.update(&row)?;
            }
            row.value
        }
    };
    if fetched.one::<Project>(&project_key)?.is_none() {
        let project = NewProject {
            name: &desired.project,
            tags: BTreeMap::new(),
            actor: SYSTEM_ACTOR,
        };
        (change, _) = insert_project(app, change, project).await?;
    }
    match fetched.one::<Token>(&token_key)? {
        None => {
            let first = first_token(desired, hash, &user, now);
            change = change.insert(token_key, &first)?;
        }
        Some(mut row) => {
            // `user` is another one if the first operator was changed after the first start.
            let owner = if row.value.email == user.email {
                None
            } else {
                let key = Key::user(&row.value.email);
                let fetched = app
                    .store
                    .fetch(&[Lookup::One(Kind::User, key.clone())])
                    .await?;
                fetched.one::<User>(&key)?.map(|row| row.value)
            };
            let owner = owner.as_ref().unwrap_or(&user);
            row.value.check(owner, now).map_err(|refusal| Refusal {
                message: format!(
                    "{}. To create another token, remove the token file and start again",
                    refusal.message
                ),
                ..refusal
            })?;
            // An earlier build did not note where the token came from.
            if !row.value.from_file {
                row.value.from_file = true;
                change = change.update(&row)?;
            }
        }
    }
    Ok(change)
}

/// A project to be created.
pub(crate) struct NewProject<'a> {
    /// Name, which no project has.
    pub(crate) name: &'a ProjectName,
    /// Tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// Actor of the event.
    pub(crate) actor: &'a str,
}

/// Adds a project with its own incarnation, CA and history.
pub(crate) async fn insert_project(
    app: &App,
    change: Change,
    desired: NewProject<'_>,
) -> Result<(Change, Project), Error> {
    let NewProject { name, tags, actor } = desired;
    let now = app.clock.now();
    let newest = HistoryPage {
        order: HistoryOrder::Newest,
        ..HistoryPage::after(0, 1)
    };
    let earlier = app.store.history(name, &newest).await?;
    let (ca_pem, ca_key) =
        project_ca::make(name, now).map_err(|error| Error::Internal(Box::new(error)))?;
    let project = Project {
        name: name.clone(),
        ca_pem,
        features: Feature::ALL
            .into_iter()
            // PostgreSQL on Google is enabled separately, as in the compatible product.
            .filter(|feature| *feature != Feature::PrivatelinkGooglePg)
            .collect(),
        external_approval: ExternalApproval::default(),
        grants: Vec::new(),
        limits: underpass_model::project_limits::OwnLimits::default(),
        tags,
        created_at: now,
        incarnation: app.ids.project_incarnation(),
        history_after: earlier.first().map_or(0, |(position, _)| *position),
    };
    let key = Key::project(name);
    let change = change
        .insert(key.clone(), &project)?
        .insert(key, &ca_key)?
        .event(Event {
            at: now,
            project: name.clone(),
            subject: "project".to_owned(),
            actor: actor.to_owned(),
            code: "project.created".to_owned(),
            message: format!("Project `{name}` was created"),
            details: serde_json::Value::Null,
        });
    Ok((change, project))
}

fn first_user(desired: &Bootstrap, now: Timestamp) -> User {
    User {
        email: desired.email.clone(),
        real_name: desired.real_name.clone(),
        memberships: BTreeMap::from([(desired.project.clone(), Role::Admin)]),
        is_operator: true,
        tokens_valid_from: now,
    }
}

fn first_token(desired: &Bootstrap, sha256: String, user: &User, now: Timestamp) -> Token {
    Token {
        prefix: token::prefix(desired.token.expose()),
        sha256,
        email: desired.email.clone(),
        description: "created at the first start".to_owned(),
        created_at: Token::creation_time(user, now),
        max_age_seconds: None,
        extend_when_used: false,
        expires_at: None,
        only_projects: BTreeSet::new(),
        incarnations: BTreeMap::new(),
        read_only: false,
        exchanged_for: None,
        sessions: Vec::new(),
        from_file: true,
    }
}
