//! Choices of forms: clouds, project VPCs and static IPs.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::json;
use underpass_api_types::cloud::{CloudList, CloudView, PrivateLinkAvailability};
use underpass_api_types::static_ip::StaticIpPage;
use underpass_api_types::vpc::{CompatibleVpc, CompatibleVpcList};
use underpass_model::cloud::Provider;
use underpass_web::url::query;

use crate::api::read;
use crate::api_error::ApiError;
use crate::page::Page;

/// Regions of one provider.
#[derive(Debug, Clone)]
pub(crate) struct CloudGroup {
    /// Name of the provider.
    pub(crate) title: String,
    /// Their cloud.
    pub(crate) provider: Provider,
    pub(crate) clouds: Vec<CloudView>,
}

/// Most static IPs that a form offers: 200, the longest page of the API.
pub(crate) const MOST_STATIC_IPS: &str = "200";

/// Loads every region, by provider.
///
/// # Errors
/// If the API refuses the request.
pub(crate) async fn clouds(page: &Page) -> Result<Vec<CloudGroup>, ApiError> {
    let answer: CloudList = page.api.get(&page.route(["clouds"])).await?;
    Ok(grouped(answer.clouds))
}

/// Loads every region in which this installation has an account, by provider.
///
/// # Errors
/// If the API refuses the request.
pub(crate) async fn served_clouds(page: &Page) -> Result<Vec<CloudGroup>, ApiError> {
    let answer: CloudList = page.api.get(&page.route(["clouds"])).await?;
    let route = page.route(["privatelink-availability"]);
    let served: PrivateLinkAvailability = page.api.get(&route).await?;
    let is_served = |cloud: &CloudView| {
        let mut names = served.privatelink_availability.iter();
        names.any(|it| it.cloud_name == cloud.cloud_name)
    };
    Ok(grouped(answer.clouds.into_iter().filter(is_served)))
}

fn grouped(clouds: impl IntoIterator<Item = CloudView>) -> Vec<CloudGroup> {
    let mut groups: BTreeMap<&'static str, CloudGroup> = BTreeMap::new();
    for cloud in clouds {
        let group = groups
            .entry(cloud.provider.as_str())
            .or_insert_with(|| CloudGroup {
                title: cloud.provider_description.clone(),
                provider: cloud.provider,
                clouds: Vec::new(),
            });
        group.clouds.push(cloud);
    }
    groups.into_values().collect()
}

/// Loads every project VPC of the project, oldest first.
///
/// # Errors
/// If the API refuses the request.
pub(crate) async fn vpcs(page: &Page) -> Result<Vec<CompatibleVpc>, ApiError> {
    let answer: CompatibleVpcList = page.api.get(&page.route(["vpcs"])).await?;
    Ok(answer.vpcs)
}

/// Returns a range that no project VPC of the project overlaps. Their ranges are within one /16.
pub(crate) fn free_range(vpcs: &[CompatibleVpc]) -> String {
    let is_free = |block: &u8| {
        let prefix = format!("10.{block}.");
        !vpcs.iter().any(|vpc| vpc.network_cidr.starts_with(&prefix))
    };
    let block = (70..=u8::MAX).find(is_free).unwrap_or(70);
    format!("10.{block}.0.0/24")
}

/// Creates a project VPC.
///
/// # Errors
/// If the API refuses the request.
pub(crate) async fn create_vpc(
    page: &Page,
    cloud: &str,
    range: &str,
) -> Result<CompatibleVpc, ApiError> {
    let body = json!({
        "cloud_name": cloud,
        "network_cidr": range,
        "peering_connections": [],
    });
    let route = page.route(["vpcs"]);
    read(page.api.send(Method::POST, &route, Some(&body)).await?)
}

/// Loads the static IPs of the project that match the parameters.
///
/// # Errors
/// If the API refuses the request.
pub(crate) async fn static_ips<'a>(
    page: &Page,
    asked: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<StaticIpPage, ApiError> {
    let route = page.own_route(["static-ips"]);
    page.api.get(&format!("{route}{}", query(asked))).await
}
