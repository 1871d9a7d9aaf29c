//! Project VPCs with who is in them.

use serde::Deserialize;

use crate::call::Refused;
use crate::page::Page;

/// Services named in a VPC's row: 5; the page that would delete it names more.
const NAMED: usize = 5;

/// A project VPC as our own API tells it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Vpc {
    pub(super) project_vpc_id: String,
    pub(super) cloud_name: String,
    pub(super) network_cidr: String,
    pub(super) state: String,
    pub(super) services: Vec<String>,
    pub(super) troubles: Vec<Trouble>,
}

/// What hinders a network, in words that may be the provider's.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Trouble {
    pub(super) message: String,
    pub(super) next_action: Option<String>,
}

#[derive(Deserialize)]
struct VpcsAnswer {
    vpcs: Vec<Vpc>,
}

impl Vpc {
    pub(super) fn named(&self) -> impl Iterator<Item = &String> {
        self.services.iter().take(NAMED)
    }

    pub(super) fn unnamed(&self) -> usize {
        self.services.len().saturating_sub(NAMED)
    }

    /// What hinders it on its way; one that is there is not asked about.
    pub(super) fn hindrances(&self) -> &[Trouble] {
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
pub(super) async fn vpcs(page: &Page) -> Result<Vec<Vpc>, Refused> {
    let answer: VpcsAnswer = page.api.get(&page.own_route(["vpcs"])).await?;
    Ok(answer.vpcs)
}
