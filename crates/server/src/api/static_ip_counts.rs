//! Numbers of static IPs that are associated with services.

use std::collections::BTreeMap;

use underpass_model::name::{ProjectName, ServiceName};
use underpass_model::static_ip::StaticIp;
use underpass_store::{Fetched, Key, Kind, Lookup, OwnedRows};

use super::error::Error;
use crate::app::App;

/// Number of static IPs of each service of a project that has any.
#[derive(Default)]
pub(super) struct StaticIpCounts(BTreeMap<ServiceName, usize>);

// === impl StaticIpCounts ===

impl StaticIpCounts {
    /// Reads the static IPs of a project.
    pub(super) async fn load(app: &App, project: &ProjectName) -> Result<Self, Error> {
        let lookup = Lookup::Under(Kind::StaticIp, Key::project(project));
        Ok(Self::of(&app.store.fetch(&[lookup]).await?))
    }

    /// Counts the static IPs of one service.
    pub(super) async fn of_service(
        app: &App,
        project: &ProjectName,
        service: &ServiceName,
    ) -> Result<usize, Error> {
        let lookup = Lookup::Owned(OwnedRows::static_ips(project, service));
        Ok(Self::of(&app.store.fetch(&[lookup]).await?).get(service))
    }

    /// Counts the static IPs that were read.
    pub(super) fn of(fetched: &Fetched) -> Self {
        let mut counts = BTreeMap::new();
        for row in fetched.readable::<StaticIp>() {
            if let (Some(service), false) = (row.value.service, row.value.deleting) {
                *counts.entry(service).or_default() += 1;
            }
        }
        Self(counts)
    }

    /// Returns the number of a service.
    pub(super) fn get(&self, service: &ServiceName) -> usize {
        self.0.get(service).copied().unwrap_or_default()
    }
}
