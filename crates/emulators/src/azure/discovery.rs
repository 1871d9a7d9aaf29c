//! Discovery documents: the cloud's metadata and the OpenID configuration of its tenants.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::http_state::HttpState;
use super::refusal;
use super::tenant;
use crate::urlencoded;

/// First api-version whose metadata document is one object; earlier ones return a list of clouds
/// (`az` 2.91 uses this one, clients of 2019-05-01 expect the list).
const SINGLE_CLOUD_SINCE: &str = "2022-01-01";

/// `GET /metadata/endpoints`: the metadata that `az cloud register` and Terraform read.
pub(super) async fn metadata(
    State(state): State<HttpState>,
    RawQuery(query): RawQuery,
) -> Json<Value> {
    let cloud = cloud(&state.base_url);
    let pairs = query
        .as_deref()
        .and_then(urlencoded::pairs)
        .unwrap_or_default();
    let version = pairs
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("api-version"));
    match version {
        // Dates of this form sort as text.
        Some((_, version)) if version.as_str() < SINGLE_CLOUD_SINCE => Json(json!([cloud])),
        Some(_) | None => Json(cloud),
    }
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`.
pub(super) async fn openid(State(state): State<HttpState>, Path(tenant): Path<String>) -> Response {
    let Some(tenant) = tenant::parse(&tenant) else {
        return unknown_tenant();
    };
    let base = &state.base_url;
    Json(json!({
        "issuer": format!("{base}/{tenant}/v2.0"),
        "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/{tenant}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/devicecode"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "response_types_supported": ["token"],
        "scopes_supported": [],
        "subject_types_supported": ["pairwise"],
    }))
    .into_response()
}

/// `GET /{tenant}/.well-known/openid-configuration`, for clients of the older token endpoint.
pub(super) async fn openid_v1(
    State(state): State<HttpState>,
    Path(tenant): Path<String>,
) -> Response {
    let Some(tenant) = tenant::parse(&tenant) else {
        return unknown_tenant();
    };
    let base = &state.base_url;
    Json(json!({
        "issuer": format!("https://sts.windows.net/{tenant}/"),
        "authorization_endpoint": format!("{base}/{tenant}/oauth2/authorize"),
        "token_endpoint": format!("{base}/{tenant}/oauth2/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "response_types_supported": ["token"],
        "subject_types_supported": ["pairwise"],
    }))
    .into_response()
}

/// `GET /common/discovery/instance`: confirms that this host is a sign-in authority.
pub(super) async fn instance(
    State(state): State<HttpState>,
    RawQuery(query): RawQuery,
) -> Json<Value> {
    let pairs = query
        .as_deref()
        .and_then(urlencoded::pairs)
        .unwrap_or_default();
    let asked = pairs
        .iter()
        .find(|(name, _)| name == "authorization_endpoint");
    // The tenant is the first GUID among the segments of the requested URL.
    let tenant = asked
        .and_then(|(_, url)| url.split('/').find_map(tenant::parse))
        .unwrap_or_else(|| "common".to_owned());
    let base = &state.base_url;
    let host = base.trim_start_matches("https://");
    Json(json!({
        "tenant_discovery_endpoint": format!("{base}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    }))
}

fn unknown_tenant() -> Response {
    refusal::reply(
        404,
        "InvalidTenant",
        "The tenant in the path is not a GUID.",
    )
}

/// The members that `az` reads; those of services that are not emulated are absent or empty.
fn cloud(base: &str) -> Value {
    json!({
        "name": "Underpass",
        "portal": base,
        "authentication": {
            "loginEndpoint": base,
            "audiences": [base],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graph": base,
        "graphAudience": base,
        "media": base,
        "batch": base,
        "gallery": base,
        "resourceManager": base,
        "sqlManagement": base,
        "activeDirectoryDataLake": base,
        "vmImageAliasDoc": base,
        "suffixes": {
            "storage": "",
            "keyVaultDns": "",
            "acrLoginServer": "",
            "sqlServerHostname": "",
        },
    })
}
