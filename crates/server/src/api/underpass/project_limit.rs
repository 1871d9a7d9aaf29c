//! Ours: limits of a project.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use underpass_api_types::project_limit::{ProjectLimitList, ProjectLimitView};
use underpass_model::project::Project;
use underpass_model::project_limits::Limited;
use underpass_store::Key;

use crate::api::body::JsonBody;
use crate::api::error::Error;
use crate::api::extract::{Member, OperatorMember};
use crate::api::one_more::counted;
use crate::api::project::change_project;
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/underpass/project/{project}/limits", get(list).put(set))
}

async fn list(State(app): State<App>, member: Member) -> Result<Json<ProjectLimitList>, Error> {
    view(&app, &member.project.value).await
}

/// Sets the limits in the body; null sets that of the installation.
async fn set(
    State(app): State<App>,
    OperatorMember(member): OperatorMember,
    JsonBody(desired): JsonBody<BTreeMap<String, Option<u32>>>,
) -> Result<Json<ProjectLimitList>, Error> {
    let project = change_project(&app, &member, |project| {
        for (name, limit) in &desired {
            project.limits.set(name, *limit)?;
        }
        project.limits.validate()?;
        let names: Vec<_> = desired.keys().map(|name| format!("`{name}`")).collect();
        Ok((
            "project.limits_changed",
            format!(
                "The limits {} of project `{}` were changed",
                names.join(", "),
                project.name
            ),
        ))
    });
    view(&app, &project.await?).await
}

async fn view(app: &App, project: &Project) -> Result<Json<ProjectLimitList>, Error> {
    let own = project.limits;
    let limits = app.settings.limits.get().project.with(own);
    let mut list = Vec::new();
    for limited in Limited::ALL {
        let key = Key::project(&project.name);
        let own = match limited {
            Limited::Services => own.services,
            Limited::Links => own.links,
            Limited::Vpcs => own.vpcs,
            Limited::StaticIps => own.static_ips,
        };
        list.push(ProjectLimitView {
            name: limited.as_str().to_owned(),
            limit: limits.of(limited),
            present: Some(app.store.count(counted(limited), &key).await?),
            own: own.is_some(),
        });
    }
    let rates = [
        (
            "requests_per_second",
            limits.requests.per_second,
            own.requests_per_second,
        ),
        ("request_burst", limits.requests.burst, own.request_burst),
    ];
    list.extend(rates.map(|(name, limit, own)| ProjectLimitView {
        name: name.to_owned(),
        limit,
        present: None,
        own: own.is_some(),
    }));
    Ok(Json(ProjectLimitList { limits: list }))
}
