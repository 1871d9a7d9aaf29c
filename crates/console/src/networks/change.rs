//! Creation of project VPCs and static IPs, refreshes, and association of static IPs with services.

use axum::http::Method;
use axum::response::Response;
use serde_json::{Value, json};
use underpass_model::excerpt::excerpt;

use super::show::{FormInput, present};
use crate::api_error::ApiError;
use crate::catalogue;
use crate::page::{Page, Submission};
use crate::refreshed::notice;

pub(super) async fn submit(Submission { page, fields }: Submission) -> Response {
    let typed = FormInput::read(&fields);
    let done = match fields.text("do") {
        "create-vpc" => create_vpc(&page, &typed).await,
        "create-static-ip" => create_static_ip(&page, &typed).await,
        "refresh-vpc" => refresh_vpc(&page, fields.text("vpc")).await,
        "associate" => associate(&page, &typed).await,
        "dissociate" => dissociate(&page, &typed).await,
        other => Err(ApiError::invalid(format!(
            "The action `{}` does not exist",
            excerpt(other)
        ))),
    };
    match done {
        Ok(notice) => page.done(&page.href(["network"]), notice),
        Err(refused) => present(page.with_problem(refused), typed).await,
    }
}

async fn create_vpc(page: &Page, typed: &FormInput) -> Result<String, ApiError> {
    catalogue::create_vpc(page, &typed.vpc_cloud, &typed.cidr).await?;
    Ok(format!(
        "Project VPC {} in {} is being created; it accepts services when it is ACTIVE",
        typed.cidr, typed.vpc_cloud
    ))
}

async fn refresh_vpc(page: &Page, vpc: &str) -> Result<String, ApiError> {
    let route = page.own_route(["vpcs", vpc, "refresh"]);
    let answer = page.api.send(Method::POST, &route, None).await?;
    let done = "Compared the project VPC and the static IPs with the cloud";
    Ok(notice(&answer, done))
}

async fn create_static_ip(page: &Page, typed: &FormInput) -> Result<String, ApiError> {
    let body = json!({"cloud_name": typed.ip_cloud});
    let route = page.route(["static-ips"]);
    let made = page.api.send(Method::POST, &route, Some(&body)).await?;
    let id = made.get("static_ip_address_id").and_then(Value::as_str);
    Ok(format!(
        "Static IP {} in {} is being created",
        id.unwrap_or_default(),
        typed.ip_cloud
    ))
}

async fn associate(page: &Page, typed: &FormInput) -> Result<String, ApiError> {
    if typed.service.is_empty() {
        let id = &typed.static_ip;
        return Err(ApiError::invalid(format!(
            "Enter the service to associate static IP {id} with"
        )));
    }
    let body = json!({"service_name": typed.service});
    let route = page.route(["static-ips", &typed.static_ip, "association"]);
    page.api.send(Method::POST, &route, Some(&body)).await?;
    Ok(format!(
        "Static IP {} is associated with service `{}`",
        typed.static_ip, typed.service
    ))
}

async fn dissociate(page: &Page, typed: &FormInput) -> Result<String, ApiError> {
    let route = page.route(["static-ips", &typed.static_ip, "association"]);
    page.api.send(Method::DELETE, &route, None).await?;
    Ok(format!(
        "Static IP {} is dissociated from its service",
        typed.static_ip
    ))
}
