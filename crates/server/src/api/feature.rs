//! Ours: features of a project, and its treatment of approvals outside Underpass.

use axum::extract::State;
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use underpass_model::project::{ExternalApproval, Feature, Project};

use super::body::JsonBody;
use super::error::Error;
use super::extract::{Member, OperatorMember};
use super::project::change_project;
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/underpass/project/{project}/features", get(list))
        .route(
            "/v1/underpass/project/{project}/features/{feature}",
            put(switch),
        )
        .route(
            "/v1/underpass/project/{project}/settings",
            get(show_settings).put(change_settings),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    enabled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangedSettings {
    #[serde(default)]
    external_approval: Option<ExternalApproval>,
}

async fn list(member: Member) -> Json<Value> {
    Json(features(&member.project.value))
}

/// Enables or disables a feature. Existing links keep working, because a feature is only required
/// at their creation.
async fn switch(
    State(app): State<App>,
    OperatorMember(member): OperatorMember,
    JsonBody(desired): JsonBody<Switch>,
) -> Result<Json<Value>, Error> {
    let feature: Feature = member.segment("feature")?;
    let project = change_project(&app, &member, |project| {
        let word = if desired.enabled {
            project.features.insert(feature);
            "on"
        } else {
            project.features.remove(&feature);
            "off"
        };
        Ok((
            "project.feature_switched",
            format!("`{}` was switched {word}", feature.as_str()),
        ))
    });
    Ok(Json(features(&project.await?)))
}

async fn show_settings(member: Member) -> Json<Value> {
    Json(settings(&member.project.value))
}

async fn change_settings(
    State(app): State<App>,
    member: Member,
    JsonBody(desired): JsonBody<ChangedSettings>,
) -> Result<Json<Value>, Error> {
    let project = change_project(&app, &member, |project| {
        if let Some(policy) = desired.external_approval {
            project.external_approval = policy;
        }
        let sentence = "The treatment of approvals outside Underpass was changed";
        Ok(("project.settings_changed", sentence.to_owned()))
    });
    Ok(Json(settings(&project.await?)))
}

fn features(project: &Project) -> Value {
    let features: Vec<_> = Feature::ALL
        .into_iter()
        .map(|feature| {
            let enabled = project.features.contains(&feature);
            json!({"feature": feature.as_str(), "enabled": enabled})
        })
        .collect();
    json!({"features": features})
}

fn settings(project: &Project) -> Value {
    json!({"external_approval": project.external_approval})
}
