//! Ports that other services of the project use on the machines of a service.
//!
//! The read is not part of the transaction: two services that change concurrently may choose the
//! same port on a shared machine, which the cloud then refuses.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use underpass_model::link::{Link, Neighbours};
use underpass_model::name::ServiceName;
use underpass_model::service::{NodeHandle, NodePolicy, Service};
use underpass_store::{
    CloudResourceReservation, Key, Kind, Lookup, ResourceHolder, Versioned, VpcResident,
};

use super::cloud_resource::reservations_of;
use super::error::Error;
use crate::app::App;

/// Returns the ports in use on a service's machines, including the listeners of Underpass. Fails if
/// one of the other services cannot be read, because its ports are unknown.
pub(super) async fn neighbours(app: &App, service: &Service) -> Result<Neighbours, Error> {
    let lookups = match app.settings.nodes {
        // Every service may be on this machine.
        NodePolicy::Loopback { .. } => {
            let project = Key::project(&service.project);
            vec![
                Lookup::Under(Kind::Service, project.clone()),
                Lookup::Under(Kind::Link, project),
            ]
        }
        NodePolicy::InsideVpc => {
            let names = candidates(app, service).await?;
            let lookups = names.iter().flat_map(|name| {
                let key = Key::service(&service.project, name);
                [
                    Lookup::One(Kind::Service, key.clone()),
                    Lookup::Under(Kind::Link, key),
                ]
            });
            lookups.collect()
        }
    };
    let fetched = app.store.fetch(&lookups).await?;
    let links = fetched.all::<Link>()?;
    let services = fetched.all::<Service>()?;
    let others = services.iter().map(|other: &Versioned<Service>| {
        let own = links.iter().filter(|link| other.key.is_above(&link.key));
        (&other.value, own.map(|link| &link.value).collect())
    });
    let mut found = Neighbours::of(service, others);
    let own = app.settings.own_listeners.iter().map(SocketAddr::port);
    found.ports.extend(own);
    Ok(found)
}

/// Returns the services that may share a machine with this one: an address has a meaning in one
/// project VPC only, and a machine's handle is reserved by its users.
async fn candidates(app: &App, service: &Service) -> Result<BTreeSet<ServiceName>, Error> {
    let handles = service.nodes.iter().filter_map(|node| node.cloud.as_ref());
    let machines = handles
        .flat_map(|handle: &NodeHandle| reservations_of(&service.project, &handle.resource()));
    let vpc = service.project_vpc_id.map(|id| {
        let key = Key::vpc(&service.project, id);
        Lookup::Under(Kind::VpcResident, key)
    });
    let lookups: Vec<_> = machines.chain(vpc).collect();
    let fetched = app.store.fetch(&lookups).await?;
    let addresses: BTreeSet<_> = service.nodes.iter().map(|node| node.address).collect();
    let residents = fetched.all::<VpcResident>()?.into_iter();
    let mut names: BTreeSet<_> = residents
        .filter(|row| row.value.may_have(&addresses))
        .map(|row| row.value.service)
        .collect();
    // Itself is no neighbour.
    names.remove(&service.name);
    for row in fetched.all::<CloudResourceReservation>()? {
        if row.value.project == service.project {
            names.extend(
                row.value
                    .holders
                    .into_iter()
                    .filter_map(|holder| match holder {
                        ResourceHolder::Service(name) => Some(name),
                        ResourceHolder::StaticIp(_) | ResourceHolder::Vpc(_) => None,
                    }),
            );
        }
    }
    Ok(names)
}
