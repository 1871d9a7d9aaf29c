//! Sending of the form to the API, with the static IPs that are created for the service.

use axum::http::Method;
use serde_json::{Map, Value, json};
use underpass_api_types::vpc::CompatibleVpc;
use underpass_model::cloud::Provider;
use underpass_model::static_ip;

use super::draft::{Draft, StaticIpChoice};
use crate::api_error::ApiError;
use crate::catalogue;
use crate::page::Page;
use crate::rows::provider_of;
use crate::static_ips;

/// Registers a service. If it is refused, static IPs that were created for it are deleted.
///
/// # Errors
/// If the API refuses the service or a static IP, or the input is invalid.
pub(super) async fn register(page: &Page, draft: &Draft, password: &str) -> Result<(), ApiError> {
    if draft.username.is_empty() != password.is_empty() {
        return Err(ApiError::invalid(if password.is_empty() {
            format!(
                "User `{}` has no password. Enter the password, or omit the user and add it later",
                draft.username
            )
        } else {
            "The password has no user. Enter the user".to_owned()
        }));
    }
    let vpcs = catalogue::vpcs(page).await?;
    // Validated before anything is created.
    let mut body = body(draft, &vpcs, Some(password))?;
    let made = match draft.static_ip_choice {
        StaticIpChoice::Auto if creates_static_ips(draft, &vpcs) => {
            create_static_ips(page, draft, &vpcs).await?
        }
        StaticIpChoice::Auto | StaticIpChoice::Chosen | StaticIpChoice::None => Vec::new(),
    };
    if !made.is_empty() {
        body.insert("static_ips".to_owned(), json!(made));
    }
    let route = page.route(["service"]);
    let asked = Value::Object(body);
    match page.api.send(Method::POST, &route, Some(&asked)).await {
        Ok(_) => Ok(()),
        Err(refused) => Err(static_ips::delete(page, &made, refused).await),
    }
}

/// Body for the API, without the static IPs that are still to be created.
///
/// # Errors
/// If the input is invalid.
pub(super) fn body(
    draft: &Draft,
    vpcs: &[CompatibleVpc],
    password: Option<&str>,
) -> Result<Map<String, Value>, ApiError> {
    let mut options = Map::new();
    let components = draft.facts().map_or(&[][..], |facts| facts.components);
    let access: Map<String, Value> = components
        .iter()
        .filter(|component| draft.open.contains(component.name))
        .map(|component| (component.name.to_owned(), Value::Bool(true)))
        .collect();
    if !access.is_empty() {
        options.insert("privatelink_access".to_owned(), Value::Object(access));
    }
    if uses_static_ips(draft, vpcs) {
        options.insert("static_ips".to_owned(), Value::Bool(true));
    }
    let mut registration: Map<String, Value> = draft
        .rows
        .body(provider_of(draft.place(vpcs)))?
        .into_iter()
        .collect();
    if !draft.username.is_empty() {
        let user = json!({"username": draft.username, "password": password});
        registration.insert("users".to_owned(), json!([user]));
    }
    if !draft.ca_pem.is_empty() {
        registration.insert("ca_pem".to_owned(), json!(draft.ca_pem));
    }
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let body = json!({
        "service_name": draft.name,
        "service_type": draft.service_type,
        "plan": filled(&draft.plan),
        "cloud": filled(&draft.cloud),
        "project_vpc_id": filled(&draft.vpc),
        "user_config": options,
        "termination_protection": draft.protected,
        "static_ips": match draft.static_ip_choice {
            StaticIpChoice::Chosen => json!(draft.chosen),
            StaticIpChoice::Auto | StaticIpChoice::None => json!([]),
        },
        "underpass": registration,
    });
    match body {
        Value::Object(members) => Ok(members),
        _ => Err(ApiError::internal("write the request")),
    }
}

/// Reports whether static IPs are created: only links on Azure need them.
pub(super) fn creates_static_ips(draft: &Draft, vpcs: &[CompatibleVpc]) -> bool {
    draft.static_ip_choice == StaticIpChoice::Auto
        && provider_of(draft.place(vpcs)) == Provider::Azure
}

/// Reports whether the service uses its static IPs.
pub(super) fn uses_static_ips(draft: &Draft, vpcs: &[CompatibleVpc]) -> bool {
    match draft.static_ip_choice {
        StaticIpChoice::Auto => creates_static_ips(draft, vpcs),
        StaticIpChoice::Chosen => !draft.chosen.is_empty(),
        StaticIpChoice::None => false,
    }
}

async fn create_static_ips(
    page: &Page,
    draft: &Draft,
    vpcs: &[CompatibleVpc],
) -> Result<Vec<String>, ApiError> {
    let place = draft.place(vpcs);
    if place.is_empty() {
        return Err(ApiError::invalid(
            "The cloud of the static IPs is unknown. Choose a project VPC or a cloud".to_owned(),
        ));
    }
    let nodes = draft.rows.machines().count();
    if nodes == 0 {
        return Err(ApiError::invalid(
            "The number of static IPs depends on the nodes. Enter the address of at least one node, \
             or choose no static IPs"
                .to_owned(),
        ));
    }
    static_ips::create(page, place, static_ip::required(nodes)).await
}
