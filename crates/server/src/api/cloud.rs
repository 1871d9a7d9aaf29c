//! The catalogue of clouds, and which of them links are offered in.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};
use underpass_model::cloud::{CATALOGUE, CloudName, RegionFacts};
use underpass_model::refusal::Refusal;

use super::me::TENANT;
use super::project::served;
use super::{Caller, Error, Member};
use crate::app::App;

/// What a link costs per hour, as the compatible API writes prices: nothing, to us.
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

#[derive(Serialize)]
struct CloudJson {
    cloud_name: &'static str,
    cloud_description: &'static str,
    geo_region: &'static str,
    geo_latitude: f64,
    geo_longitude: f64,
    provider: &'static str,
    provider_description: &'static str,
}

/// Needs no token, as in the compatible API: the list is the same everywhere.
async fn list() -> Json<Value> {
    let clouds: Vec<_> = CATALOGUE.iter().filter_map(json_of).collect();
    Json(json!({"clouds": clouds}))
}

async fn list_for_project(_member: Member) -> Json<Value> {
    list().await
}

async fn availability(State(app): State<App>, _member: Member) -> Json<Value> {
    Json(offered(&app))
}

async fn tenant_availability(
    State(app): State<App>,
    _caller: Caller,
    path: axum::extract::RawPathParams,
) -> Result<Json<Value>, Error> {
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
    Ok(Json(offered(&app)))
}

fn offered(app: &App) -> Value {
    let clouds: Vec<_> = served(&app.accounts)
        .map(|cloud| json!({"cloud_name": cloud, "price_usd": PRICE_USD}))
        .collect();
    json!({"privatelink_availability": clouds})
}

fn json_of(facts: &RegionFacts) -> Option<CloudJson> {
    let provider = facts.name.parse::<CloudName>().ok()?.provider();
    Some(CloudJson {
        cloud_name: facts.name,
        cloud_description: facts.description,
        geo_region: facts.geo_region,
        geo_latitude: facts.latitude,
        geo_longitude: facts.longitude,
        provider: provider.as_str(),
        provider_description: provider.description(),
    })
}
