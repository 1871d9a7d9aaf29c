//! Catalogue of clouds, and the availability of links.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use underpass_api_types::cloud::{AvailableCloud, CloudList, CloudView, PrivateLinkAvailability};
use underpass_model::cloud::{CATALOGUE, CloudName, RegionFacts};
use underpass_model::name::ProjectName;
use underpass_model::refusal::Refusal;

use super::error::Error;
use super::extract::{Caller, Member};
use super::me::TENANT;
use super::project::served;
use crate::app::App;

/// Price of a link per hour, in the format of the compatible API: zero.
const PRICE_USD: &str = "0.0000";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/clouds", get(list))
        .route("/v1/project/{project}/clouds", get(list_for_project))
        .route(
            "/v1/project/{project}/privatelink-availability",
            get(availability),
        )
        .route(
            "/v1/tenants/{tenant}/privatelink-availability",
            get(tenant_availability),
        )
}

/// Requires no token, as in the compatible API.
async fn list() -> Json<CloudList> {
    let clouds = CATALOGUE.iter().filter_map(json_of).collect();
    Json(CloudList { clouds })
}

async fn list_for_project(_member: Member) -> Json<CloudList> {
    list().await
}

async fn availability(State(app): State<App>, member: Member) -> Json<PrivateLinkAvailability> {
    Json(offered(&app, Some(member.name())))
}

async fn tenant_availability(
    State(app): State<App>,
    _caller: Caller,
    path: axum::extract::RawPathParams,
) -> Result<Json<PrivateLinkAvailability>, Error> {
    let tenant = path
        .iter()
        .find(|(name, _)| *name == "tenant")
        .map(|(_, tenant)| tenant);
    if tenant != Some(TENANT) {
        return Err(Refusal::not_found(
            "tenant_not_found",
            format!("This installation has one tenant, `{TENANT}`"),
        )
        .into());
    }
    Ok(Json(offered(&app, None)))
}

fn offered(app: &App, project: Option<&ProjectName>) -> PrivateLinkAvailability {
    let available = |cloud_name: &str| AvailableCloud {
        cloud_name: cloud_name.to_owned(),
        price_usd: PRICE_USD.to_owned(),
    };
    PrivateLinkAvailability {
        privatelink_availability: served(&app.accounts, project).map(available).collect(),
    }
}

fn json_of(facts: &RegionFacts) -> Option<CloudView> {
    let provider = facts.name.parse::<CloudName>().ok()?.provider();
    Some(CloudView {
        cloud_description: facts.description.to_owned(),
        cloud_name: facts.name.to_owned(),
        geo_latitude: facts.latitude,
        geo_longitude: facts.longitude,
        geo_region: facts.geo_region.to_owned(),
        provider,
        provider_description: provider.description().to_owned(),
    })
}
