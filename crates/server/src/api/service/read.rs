//! Display of services.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use underpass_api_types::compatible_service::{CompatibleServiceAnswer, CompatibleServiceList};

use super::view::service_view;
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::query::QueryParams;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::api::whole_project::WholeProject;
use crate::app::App;

#[derive(Deserialize)]
pub(super) struct Show {
    include_secrets: Option<bool>,
}

pub(super) async fn list(
    State(app): State<App>,
    WholeProject(member): WholeProject,
    QueryParams(show): QueryParams<Show>,
) -> Result<Json<CompatibleServiceList>, Error> {
    let secrecy = member.secrecy_unless_declined(show.include_secrets);
    let snapshots = ServiceSnapshot::load_all(&app, member.name()).await?;
    let view = |snapshot: &ServiceSnapshot| service_view(snapshot, &app.settings.domain, secrecy);
    Ok(Json(CompatibleServiceList {
        services: snapshots.iter().map(view).collect(),
    }))
}

pub(super) async fn get(
    State(app): State<App>,
    member: Member,
    QueryParams(show): QueryParams<Show>,
) -> Result<Json<CompatibleServiceAnswer>, Error> {
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    let secrecy = member.secrecy_unless_declined(show.include_secrets);
    let service = service_view(&snapshot, &app.settings.domain, secrecy);
    Ok(Json(CompatibleServiceAnswer { service }))
}
