//! Shows services.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use underpass_model::credentials::Secrecy;

use super::view::{ServiceAnswer, ServiceView, ServicesAnswer};
use crate::api::dossier::Dossier;
use crate::api::{Error, Member, QueryParams};
use crate::app::App;

#[derive(Deserialize)]
pub(super) struct Show {
    include_secrets: Option<bool>,
}

impl Show {
    /// Secrets are told unless the role forbids it or the caller does without: the compatible
    /// command line reads passwords here and sends no parameter.
    fn secrecy(&self, member: &Member) -> Secrecy {
        match self.include_secrets {
            Some(false) => Secrecy::Redacted,
            Some(true) | None => member.secrecy(),
        }
    }
}

pub(super) async fn list(
    State(app): State<App>,
    member: Member,
    QueryParams(show): QueryParams<Show>,
) -> Result<Json<ServicesAnswer>, Error> {
    let secrecy = show.secrecy(&member);
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
    let secrecy = show.secrecy(&member);
    let service = ServiceView::new(&dossier, &app.settings.domain, secrecy);
    Ok(Json(ServiceAnswer { service }))
}
