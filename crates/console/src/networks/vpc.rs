//! Project VPCs with who is in them.

use crate::answer::vpc::{VpcTrouble, VpcWithServices, VpcsWithServices};
use crate::api_error::ApiError;
use crate::page::Page;

/// Services named in a VPC's row: 5; the page that would delete it names more.
const SHOWN_SERVICES: usize = 5;

impl VpcWithServices {
    pub(super) fn shown_services(&self) -> impl Iterator<Item = &String> {
        self.services.iter().take(SHOWN_SERVICES)
    }

    pub(super) fn hidden_services(&self) -> usize {
        self.services.len().saturating_sub(SHOWN_SERVICES)
    }

    /// What hinders it on its way; one that is there is not asked about.
    pub(super) fn problems(&self) -> &[VpcTrouble] {
        if self.state == "ACTIVE" {
            &[]
        } else {
            &self.troubles
        }
    }
}

/// Every project VPC of the project, oldest first.
///
/// # Errors
/// When the API refuses to tell.
pub(super) async fn vpcs(page: &Page) -> Result<Vec<VpcWithServices>, ApiError> {
    let answer: VpcsWithServices = page.api.get(&page.own_route(["vpcs"])).await?;
    Ok(answer.vpcs)
}
