//! Ports that other services of the project use on the machines of a service.
//!
//! The read is not part of the transaction: two services that change concurrently may choose the
//! same port on a shared machine, which the cloud then refuses.

use std::net::SocketAddr;

use underpass_model::link::Neighbours;
use underpass_model::service::Service;

use super::error::Error;
use super::service_snapshot::ServiceSnapshot;
use crate::app::App;

/// Returns the ports in use on a service's machines, including the listeners of Underpass.
pub(super) async fn neighbours(app: &App, service: &Service) -> Result<Neighbours, Error> {
    let all = ServiceSnapshot::load_all(app, &service.project).await?;
    let others = all.iter().map(|other| {
        let links = other.links.iter().map(|link| &link.link.value);
        (&other.service.value, links.collect())
    });
    let mut found = Neighbours::of(service, others);
    let own = app.settings.own_listeners.iter().map(SocketAddr::port);
    found.ports.extend(own);
    Ok(found)
}
