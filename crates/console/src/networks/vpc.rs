//! Project VPCs with their services.

use underpass_api_types::condition::ConditionView;
use underpass_api_types::part::PartFailure;
use underpass_api_types::vpc::{VpcList, VpcView};
use underpass_model::condition::{ConditionStatus, Severity};
use underpass_model::vpc::VpcState;

use crate::api_error::ApiError;
use crate::page::Page;

/// Services shown in the row of a VPC: 5; the page that deletes it shows more.
const SHOWN_SERVICES: usize = 5;

/// A row of the list of project VPCs.
pub(super) struct VpcRow {
    pub(super) it: VpcView,
}

impl VpcRow {
    pub(super) fn shown_services(&self) -> impl Iterator<Item = &String> {
        self.it.services.iter().take(SHOWN_SERVICES)
    }

    pub(super) fn hidden_services(&self) -> usize {
        self.it.services.len().saturating_sub(SHOWN_SERVICES)
    }

    /// Conditions that are no mere progress.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &ConditionView> {
        notable(&self.it.conditions)
    }

    /// Failures of a VPC that is not active yet, if no condition contains them.
    pub(super) fn problems(&self) -> &[PartFailure] {
        if self.it.state == VpcState::Active || self.conditions().next().is_some() {
            &[]
        } else {
            &self.it.failures
        }
    }

    pub(super) fn is_deleting(&self) -> bool {
        self.it.state == VpcState::Deleting
    }
}

/// Returns the conditions that are no mere progress.
pub(super) fn notable(conditions: &[ConditionView]) -> impl Iterator<Item = &ConditionView> {
    let is_notable =
        |it: &&ConditionView| it.status != ConditionStatus::True && it.severity != Severity::Info;
    conditions.iter().filter(is_notable)
}

/// Loads every project VPC of the project, oldest first.
///
/// # Errors
/// If the API refuses the request.
pub(super) async fn vpcs(page: &Page) -> Result<Vec<VpcView>, ApiError> {
    let answer: VpcList = page.api.get(&page.own_route(["vpcs"])).await?;
    Ok(answer.vpcs)
}
