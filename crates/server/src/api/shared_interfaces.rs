//! Network interfaces that the links of a project's services share on Azure.

use std::collections::{BTreeMap, BTreeSet};

use underpass_model::cloud::Provider;
use underpass_model::link::Link;
use underpass_model::name::ServiceName;
use underpass_model::service::{NodeHandle, Service};
use underpass_model::shared_interface::{Publishers, SharedInterface};
use underpass_store::{CloudResourceReservation, Key, Kind, Lookup, ResourceHolder};

use super::error::Error;
use super::service_snapshot::ServiceSnapshot;
use crate::app::App;

/// Shared interfaces of services with a link on Azure.
#[derive(Default)]
pub(super) struct SharedInterfaces(BTreeMap<ServiceName, Vec<SharedInterface>>);

// === impl SharedInterfaces ===

impl SharedInterfaces {
    /// Finds them among all services of a project.
    pub(super) fn among(snapshots: &[ServiceSnapshot]) -> Self {
        let mut publishers = Publishers::new();
        for service in on_azure(snapshots) {
            for resource in handles(service).map(NodeHandle::resource) {
                let of_resource = publishers.entry(resource).or_default();
                of_resource.insert(service.name.clone());
            }
        }
        Self::of(snapshots, &publishers)
    }

    /// Finds those of some services of a project, by the reservations of their interfaces.
    pub(super) async fn load(app: &App, snapshots: &[ServiceSnapshot]) -> Result<Self, Error> {
        let Some(project) = snapshots.first().map(|it| &it.service.value.project) else {
            return Ok(Self::default());
        };
        let interfaces: BTreeSet<Key> = on_azure(snapshots)
            .flat_map(handles)
            .map(|handle| Key::cloud_resource(&handle.resource()))
            .collect();
        let one = |key| Lookup::One(Kind::CloudResource, key);
        let lookups: Vec<_> = interfaces.into_iter().map(one).collect();
        if lookups.is_empty() {
            return Ok(Self::default());
        }
        let fetched = app.store.fetch(&lookups).await?;
        let mut publishers = Publishers::new();
        for row in fetched.readable::<CloudResourceReservation>() {
            let row = row.value;
            let services = row.holders.into_iter().filter_map(|holder| match holder {
                ResourceHolder::Service(name) => Some(name),
                ResourceHolder::StaticIp(_) | ResourceHolder::Vpc(_) => None,
            });
            let services: BTreeSet<_> = services.collect();
            if row.project == *project && services.len() > 1 {
                publishers.insert(row.resource, services);
            }
        }
        let key = |name: &ServiceName| Key::link(project, name, Provider::Azure);
        let names: BTreeSet<_> = publishers.values().flatten().map(key).collect();
        if names.is_empty() {
            return Ok(Self::default());
        }
        let one = |key| Lookup::One(Kind::Link, key);
        let lookups: Vec<_> = names.into_iter().map(one).collect();
        let links = app.store.fetch(&lookups).await?.readable::<Link>();
        let published: BTreeSet<_> = links.into_iter().map(|row| row.value.service).collect();
        for services in publishers.values_mut() {
            services.retain(|name| published.contains(name));
        }
        Ok(Self::of(snapshots, &publishers))
    }

    fn of(snapshots: &[ServiceSnapshot], publishers: &Publishers) -> Self {
        let shared = on_azure(snapshots).map(|service| {
            let shared = SharedInterface::of(service, publishers);
            (service.name.clone(), shared)
        });
        Self(shared.filter(|(_, shared)| !shared.is_empty()).collect())
    }

    /// Returns those of a service.
    pub(super) fn get(&self, service: &ServiceName) -> Vec<SharedInterface> {
        self.0.get(service).cloned().unwrap_or_default()
    }
}

/// Returns the services with a link on Azure.
fn on_azure(snapshots: &[ServiceSnapshot]) -> impl Iterator<Item = &Service> {
    let has_link = |snapshot: &&ServiceSnapshot| {
        let mut links = snapshot.links.iter();
        links.any(|it| it.link.value.provider == Provider::Azure)
    };
    let snapshots = snapshots.iter().filter(has_link);
    snapshots.map(|snapshot| &snapshot.service.value)
}

fn handles(service: &Service) -> impl Iterator<Item = &NodeHandle> {
    service.nodes.iter().filter_map(|node| node.cloud.as_ref())
}
