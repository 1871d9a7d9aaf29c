//! Catalogue of service types and their plans.
//!
//! Underpass runs no servers, so a plan is a stored name without size and price. One plan is
//! listed, because clients choose from the list; other names are accepted as well.

use std::collections::BTreeMap;

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use underpass_api_types::service_type::ServiceTypeView;
use underpass_model::cloud::{CATALOGUE, CloudName};
use underpass_model::excerpt::excerpt;
use underpass_model::refusal::Refusal;
use underpass_model::service_type::{SERVICE_TYPES, ServiceTypeFacts, find};
use underpass_model::user_config;

use super::error::Error;
use super::extract::Member;
use crate::app::App;

/// Plan that is listed for every type.
pub(crate) const DEFAULT_PLAN: &str = "startup-4";

pub(super) fn routes() -> Router<App> {
    let types = "/v1/project/{project}/service-types/{type}";
    let prices = "/v1/project/{project}/pricing/service-types/{type}/plans/{plan}/clouds/{cloud}";
    Router::new()
        .route("/v1/service_types", get(list))
        .route("/v1/project/{project}/service_types", get(list_for_project))
        // Alternative spelling of the routes for one type.
        .route("/v1/project/{project}/service-types", get(list_for_project))
        .route(types, get(show))
        .route(&format!("{types}/plans"), get(list_plans))
        .route(&format!("{types}/plans/{{plan}}"), get(show_plan))
        .route(prices, get(price))
        .route("/v1/service_versions", get(versions))
        .route("/v1/account/{account}/service_versions", get(versions))
}

/// Requires no token, as in the compatible API.
async fn list() -> Json<Value> {
    let types: BTreeMap<_, _> = SERVICE_TYPES
        .iter()
        .map(|facts| (facts.name, json_of(facts)))
        .collect();
    Json(json!({"service_types": types}))
}

async fn list_for_project(_member: Member) -> Json<Value> {
    list().await
}

async fn show(member: Member) -> Result<Json<ServiceTypeView>, Error> {
    Ok(Json(json_of(named(&member)?)))
}

async fn list_plans(member: Member) -> Result<Json<Value>, Error> {
    Ok(Json(json!({"service_plans": [plan_json(named(&member)?)]})))
}

async fn show_plan(member: Member) -> Result<Json<Value>, Error> {
    let facts = named(&member)?;
    Ok(Json(json!({
        "service_type": facts.name,
        "service_plan": member.text("plan")?,
        "node_count": 1,
        "disk_space_mb": 0,
        "disk_space_step_mb": null,
        "disk_space_cap_mb": null,
        "backup_config": {"interval": 0, "max_count": 0, "recovery_mode": "basic"},
    })))
}

async fn price(member: Member) -> Result<Json<Value>, Error> {
    let facts = named(&member)?;
    let cloud: CloudName = member.segment("cloud")?;
    Ok(Json(json!({
        "service_type": facts.name,
        "service_plan": member.text("plan")?,
        "cloud_name": cloud,
        "base_price_usd": "0",
        "extra_disk_price_per_gb_usd": "0",
    })))
}

/// Returns all versions that an option may name, because clients check them before they send one.
/// The provider operates the server, so there is no end of life.
async fn versions() -> Json<Value> {
    let versions: Vec<_> = SERVICE_TYPES
        .iter()
        .flat_map(|facts| facts.versions.iter().map(|version| (facts.name, *version)))
        .map(|(service_type, version)| {
            json!({
                "service_type": service_type,
                "major_version": version,
                "state": "available",
                "aiven_end_of_life_time": null,
            })
        })
        .collect();
    Json(json!({"service_versions": versions}))
}

fn named(member: &Member) -> Result<&'static ServiceTypeFacts, Error> {
    let given = member.text("type")?;
    let known = || {
        SERVICE_TYPES
            .iter()
            .map(|facts| facts.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    find(given).ok_or_else(|| {
        Refusal::not_found(
            "unknown_service_type",
            format!(
                "`{}` is not a service type. Valid values: {}",
                excerpt(given),
                known()
            ),
        )
        .into()
    })
}

fn json_of(facts: &'static ServiceTypeFacts) -> ServiceTypeView {
    ServiceTypeView {
        service_type: facts.name.to_owned(),
        description: facts.description.to_owned(),
        default_version: facts.default_version.map(str::to_owned),
        latest_available_version: facts.default_version.map(str::to_owned),
        service_plans: vec![plan_json(facts)],
        user_config_schema: user_config::schema(facts),
    }
}

fn plan_json(facts: &ServiceTypeFacts) -> Value {
    let region = json!({
        "disk_space_mb": 0,
        "node_cpu_count": 0,
        "node_memory_mb": 0,
        "price_usd": "0",
    });
    let regions: BTreeMap<_, _> = CATALOGUE
        .iter()
        .map(|cloud| (cloud.name, region.clone()))
        .collect();
    json!({
        "service_type": facts.name,
        "service_plan": DEFAULT_PLAN,
        "node_count": 1,
        "disk_space_mb": 0,
        "cloud_names": regions.keys().collect::<Vec<_>>(),
        "regions": regions,
    })
}
