//! Ours: grants of a project to adopt existing networks.

use axum::extract::State;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Deserialize;
use underpass_api_types::grant::{GrantList, GrantView};
use underpass_model::adoption_grant::{AdoptionGrant, GrantScope, MAX_GRANTS, grant_not_found};
use underpass_model::id::GrantId;
use underpass_model::name::AccountName;
use underpass_model::refusal::Refusal;

use crate::api::body::JsonBody;
use crate::api::error::Error;
use crate::api::extract::{Member, OperatorMember};
use crate::api::project::change_project;
use crate::api::wire_time::wire_time;
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/v1/underpass/project/{project}/grants",
            get(list).post(add),
        )
        .route(
            "/v1/underpass/project/{project}/grants/{grant}",
            delete(remove),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewGrant {
    account: AccountName,
    scope: String,
}

async fn list(member: Member) -> Json<GrantList> {
    let mut list = view(&member.project.value.grants);
    for grant in &mut list.grants {
        let shown = member.principal.shown_actor(&grant.granted_by);
        grant.granted_by = shown.to_owned();
    }
    Json(list)
}

/// Adds a grant; one that exists already is unchanged.
async fn add(
    State(app): State<App>,
    OperatorMember(member): OperatorMember,
    JsonBody(desired): JsonBody<NewGrant>,
) -> Result<Json<GrantView>, Error> {
    let name = &desired.account;
    let account = app.accounts.get(name).ok_or_else(|| {
        Refusal::invalid("no_account", format!("No account `{name}` is configured"))
    })?;
    let scope = GrantScope::parse(account.provider, &desired.scope)?;
    let grant = AdoptionGrant {
        id: app.ids.grant(),
        account: name.clone(),
        scope,
        granted_by: member.principal.actor(),
        created_at: app.clock.now(),
    };
    let is_same = |it: &AdoptionGrant| it.account == grant.account && it.scope == grant.scope;
    let project = change_project(&app, &member, |project| {
        if !project.grants.iter().any(is_same) {
            if project.grants.len() >= MAX_GRANTS {
                return Err(Refusal::conflict(
                    "too_many_grants",
                    format!(
                        "Project `{}` has {MAX_GRANTS} grants, the maximum. Remove one first, or \
                         grant a wider scope",
                        project.name
                    ),
                ));
            }
            project.grants.push(grant.clone());
        }
        Ok((
            "project.adoption_granted",
            format!(
                "Networks and nodes within `{}` of account `{name}` may be adopted",
                grant.scope
            ),
        ))
    });
    let project = project.await?;
    let stored = project.grants.iter().find(|it| is_same(it));
    Ok(Json(grant_view(stored.unwrap_or(&grant))))
}

/// Removes a grant. Networks that were adopted by it stay.
async fn remove(
    State(app): State<App>,
    OperatorMember(member): OperatorMember,
) -> Result<Json<GrantList>, Error> {
    let id: GrantId = member.segment("grant")?;
    let project = change_project(&app, &member, |project| {
        let place = project.grants.iter().position(|it| it.id == id);
        let removed = place.map(|place| project.grants.remove(place));
        let removed = removed.ok_or_else(|| grant_not_found(&id, &project.name))?;
        Ok((
            "project.grant_removed",
            format!(
                "Networks and nodes within `{}` of account `{}` may not be adopted any more",
                removed.scope, removed.account
            ),
        ))
    });
    Ok(Json(view(&project.await?.grants)))
}

fn view(grants: &[AdoptionGrant]) -> GrantList {
    GrantList {
        grants: grants.iter().map(grant_view).collect(),
    }
}

fn grant_view(grant: &AdoptionGrant) -> GrantView {
    GrantView {
        grant_id: grant.id.to_string(),
        account: grant.account.to_string(),
        scope: grant.scope.to_string(),
        granted_by: grant.granted_by.clone(),
        create_time: wire_time(grant.created_at),
    }
}
