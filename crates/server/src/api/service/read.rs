//! Shows services.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::view::{ServiceAnswer, ServiceView, ServicesAnswer};
use crate::api::dossier::Dossier;
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
    let dossiers = Dossier::load_all(&app, member.name()).await?;
    let view = |dossier: &Dossier| ServiceView::new(dossier, &app.settings.domain, secrecy);
    Ok(Json(ServicesAnswer {
        services: dossiers.iter().map(view).collect(),
    }))
}

pub(super) async fn get(
    State(app): State<App>,
    member: Member,
    QueryParams(show): QueryParams<Show>,
) -> Result<Json<ServiceAnswer>, Error> {
    let dossier = Dossier::load(&app, member.name(), &member.service()?).await?;
    let secrecy = member.secrecy_unless_declined(show.include_secrets);
    let service = ServiceView::new(&dossier, &app.settings.domain, secrecy);
    Ok(Json(ServiceAnswer { service }))
}
