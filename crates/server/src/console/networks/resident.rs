//! Services by where they are.

use serde::Deserialize;

use super::super::call::Refused;
use super::super::page::Page;

/// A service, as far as networks care.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Resident {
    pub(super) service_name: String,
    pub(super) cloud_name: String,
    pub(super) project_vpc_id: Option<String>,
}

#[derive(Deserialize)]
struct ServicesAnswer {
    services: Vec<Resident>,
}

/// Every service of the project, by name.
///
/// # Errors
/// When the API refuses to tell.
pub(super) async fn residents(page: &Page) -> Result<Vec<Resident>, Refused> {
    let answer: ServicesAnswer = page.api.get(&page.route(["service"])).await?;
    Ok(answer.services)
}

/// The names of those in a VPC.
pub(super) fn of_vpc(services: &[Resident], vpc: &str) -> Vec<String> {
    services
        .iter()
        .filter(|service| service.project_vpc_id.as_deref() == Some(vpc))
        .map(|service| service.service_name.clone())
        .collect()
}
