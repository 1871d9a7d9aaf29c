//! Routes for clouds without links in this build; each answers with a refusal.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post, put};
use underpass_model::cloud::Provider;
use underpass_model::link::{check_publishable, link_not_found};
use underpass_model::refusal::Refusal;
use underpass_model::service::Service;

use super::provider::provider;
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    const LINK: &str = "/v1/project/{project}/service/{service}/privatelink/{provider}";
    let at = |rest: &str| format!("{LINK}{rest}");
    Router::new()
        .route(LINK, get(absent).post(create).put(absent).delete(absent))
        .route(&at("/refresh"), post(absent))
        .route(&at("/connections"), get(absent))
        .route(&at("/connections/{connection}"), put(absent))
        .route(&at("/connections/{connection}/approve"), post(absent))
}

async fn create(State(app): State<App>, member: Member) -> Result<(), Error> {
    let provider = provider(&member)?;
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    Err(not_offered(&snapshot.service.value, provider).into())
}

/// The refusal of a link in a cloud without links.
pub(in crate::api) fn not_offered(service: &Service, provider: Provider) -> Refusal {
    if let Err(refusal) = check_publishable(service, provider) {
        return refusal;
    }
    Refusal::invalid(
        "provider_not_offered",
        format!(
            "{} is not offered yet. Services in Azure and in Google Cloud can be published",
            provider.product()
        ),
    )
}

async fn absent(State(app): State<App>, member: Member) -> Result<(), Error> {
    let provider = provider(&member)?;
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    Err(link_not_found(&snapshot.service.value.name, provider).into())
}
