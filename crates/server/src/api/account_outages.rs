//! Outages of the cloud accounts of a project's links.

use std::collections::BTreeMap;

use underpass_model::condition::AccountOutage;
use underpass_model::id::ProjectVpcId;
use underpass_model::link::Link;
use underpass_model::name::ProjectName;
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Key, Kind, Lookup};

use super::error::Error;
use crate::app::App;

/// Outages of accounts, by the project VPCs in them.
#[derive(Default)]
pub(super) struct AccountOutages(BTreeMap<ProjectVpcId, AccountOutage>);

// === impl AccountOutages ===

impl AccountOutages {
    /// Loads those of a project. They are states of this process; the store is read only during an
    /// outage.
    pub(super) async fn load(app: &App, project: &ProjectName) -> Result<Self, Error> {
        let mut accounts = app.accounts.names();
        if accounts.all(|account| app.shares.outage(account).is_none()) {
            return Ok(Self::default());
        }
        let lookup = Lookup::Under(Kind::Vpc, Key::project(project));
        let vpcs = app.store.fetch(&[lookup]).await?.readable::<ProjectVpc>();
        let outages = vpcs.into_iter().filter_map(|vpc| {
            let outage = app.shares.outage(vpc.value.account.as_ref()?)?;
            Some((vpc.value.id, outage))
        });
        Ok(Self(outages.collect()))
    }

    /// Returns the outage of a link's account.
    pub(super) fn of(&self, link: &Link) -> Option<AccountOutage> {
        self.0.get(&link.vpc).cloned()
    }
}
