//! Project VPCs with their services.

use crate::answer::vpc::{VpcFailure, VpcWithServices, VpcsWithServices};
use crate::api_error::ApiError;
use crate::page::Page;

/// Services shown in the row of a VPC: 5; the page that deletes it shows more.
const SHOWN_SERVICES: usize = 5;

impl VpcWithServices {
    pub(super) fn shown_services(&self) -> impl Iterator<Item = &String> {
        self.services.iter().take(SHOWN_SERVICES)
    }

    pub(super) fn hidden_services(&self) -> usize {
        self.services.len().saturating_sub(SHOWN_SERVICES)
    }

    /// Problems of a VPC that is not active yet.
    pub(super) fn problems(&self) -> &[VpcFailure] {
        if self.state == "ACTIVE" {
            &[]
        } else {
            &self.failures
        }
    }
}

/// Loads every project VPC of the project, oldest first.
///
/// # Errors
/// If the API refuses the request.
pub(super) async fn vpcs(page: &Page) -> Result<Vec<VpcWithServices>, ApiError> {
    let answer: VpcsWithServices = page.api.get(&page.own_route(["vpcs"])).await?;
    Ok(answer.vpcs)
}
