//! What forms let people choose from: clouds, project VPCs and static IPs.

use std::collections::BTreeMap;

use serde::Deserialize;
use underpass_web::url::query;

use crate::call::Refused;
use crate::page::Page;

/// The regions of one provider.
#[derive(Debug, Clone)]
pub(crate) struct CloudGroup {
    /// What they have in common, for people.
    pub(crate) title: String,
    /// The word their names begin with.
    pub(crate) provider: String,
    pub(crate) clouds: Vec<Cloud>,
}

/// A region of a provider.
#[derive(Debug, Clone, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the words on the wire")]
pub(crate) struct Cloud {
    pub(crate) cloud_name: String,
    pub(crate) cloud_description: String,
    provider: String,
    provider_description: String,
}

/// A project VPC as the compatible API tells it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Vpc {
    pub(crate) project_vpc_id: String,
    pub(crate) cloud_name: String,
    pub(crate) network_cidr: String,
    pub(crate) state: String,
}

/// Most static IPs that a form lets people choose from: 200, as many as the API tells at once.
pub(crate) const MOST_STATIC_IPS: &str = "200";

/// A static IP as the API tells it.
#[derive(Debug, Clone, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the words on the wire")]
pub(crate) struct StaticIp {
    pub(crate) static_ip_address_id: String,
    pub(crate) cloud_name: String,
    pub(crate) ip_address: Option<String>,
    pub(crate) service_name: Option<String>,
    pub(crate) state: String,
}

#[derive(Deserialize)]
struct CloudsAnswer {
    clouds: Vec<Cloud>,
}

#[derive(Deserialize)]
struct VpcsAnswer {
    vpcs: Vec<Vpc>,
}

/// A page of static IPs.
#[derive(Deserialize)]
pub(crate) struct StaticIpsAnswer {
    pub(crate) static_ips: Vec<StaticIp>,
    /// How many there are on every page.
    pub(crate) total: usize,
    pub(crate) next_after: Option<String>,
}

#[derive(Deserialize)]
struct AvailabilityAnswer {
    privatelink_availability: Vec<Available>,
}

#[derive(Deserialize)]
struct Available {
    cloud_name: String,
}

/// Every region, by provider.
///
/// # Errors
/// When the API refuses to tell.
pub(crate) async fn clouds(page: &Page) -> Result<Vec<CloudGroup>, Refused> {
    let answer: CloudsAnswer = page.api.get(&page.route(["clouds"])).await?;
    Ok(grouped(answer.clouds))
}

/// Every region that this installation has an account in, by provider.
///
/// # Errors
/// When the API refuses to tell.
pub(crate) async fn served_clouds(page: &Page) -> Result<Vec<CloudGroup>, Refused> {
    let answer: CloudsAnswer = page.api.get(&page.route(["clouds"])).await?;
    let route = page.route(["privatelink-availability"]);
    let served: AvailabilityAnswer = page.api.get(&route).await?;
    let is_served = |cloud: &Cloud| {
        let mut names = served.privatelink_availability.iter();
        names.any(|it| it.cloud_name == cloud.cloud_name)
    };
    Ok(grouped(answer.clouds.into_iter().filter(is_served)))
}

fn grouped(clouds: impl IntoIterator<Item = Cloud>) -> Vec<CloudGroup> {
    let mut groups: BTreeMap<String, CloudGroup> = BTreeMap::new();
    for cloud in clouds {
        let group = groups
            .entry(cloud.provider.clone())
            .or_insert_with(|| CloudGroup {
                title: cloud.provider_description.clone(),
                provider: cloud.provider.clone(),
                clouds: Vec::new(),
            });
        group.clouds.push(cloud);
    }
    groups.into_values().collect()
}

/// Every project VPC of the project, oldest first.
///
/// # Errors
/// When the API refuses to tell.
pub(crate) async fn vpcs(page: &Page) -> Result<Vec<Vpc>, Refused> {
    let answer: VpcsAnswer = page.api.get(&page.route(["vpcs"])).await?;
    Ok(answer.vpcs)
}

/// The static IPs of the project that these parameters ask for.
///
/// # Errors
/// When the API refuses to tell.
pub(crate) async fn static_ips<'a>(
    page: &Page,
    asked: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<StaticIpsAnswer, Refused> {
    let route = page.own_route(["static-ips"]);
    page.api.get(&format!("{route}{}", query(asked))).await
}
