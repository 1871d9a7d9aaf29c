//! Shows services.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::view::{ServiceAnswer, ServiceView, ServicesAnswer};
use crate::api::service_snapshot::ServiceSnapshot;
use crate::api::{Error, Member, QueryParams};
use crate::app::App;

#[derive(Deserialize)]
pub(super) struct Show {
    include_secrets: Option<bool>,
}

pub(super) async fn list(
    State(app): State<App>,
    member: Member,
    QueryParams(show): QueryParams<Show>,
) -> Result<Json<ServicesAnswer>, Error> {
    let secrecy = member.secrecy_unless_declined(show.include_secrets);
    let snapshots = ServiceSnapshot::load_all(&app, member.name()).await?;
    let view =
        |snapshot: &ServiceSnapshot| ServiceView::new(snapshot, &app.settings.domain, secrecy);
    Ok(Json(ServicesAnswer {
        services: snapshots.iter().map(view).collect(),
    }))
}

pub(super) async fn get(
    State(app): State<App>,
    member: Member,
    QueryParams(show): QueryParams<Show>,
) -> Result<Json<ServiceAnswer>, Error> {
    let snapshot = ServiceSnapshot::load(&app, member.name(), &member.service()?).await?;
    let secrecy = member.secrecy_unless_declined(show.include_secrets);
    let service = ServiceView::new(&snapshot, &app.settings.domain, secrecy);
    Ok(Json(ServiceAnswer { service }))
}
