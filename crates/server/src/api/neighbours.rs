//! What other services of the project have on the machines of a service.
//!
//! It is read beside the change that it decides, not guarded by it: two services that are changed in
//! the same moment may choose the same port on a machine they share, which the cloud then refuses.

use std::net::SocketAddr;

use underpass_model::link::Neighbours;
use underpass_model::service::Service;

use super::Error;
use super::service_snapshot::ServiceSnapshot;
use crate::app::App;

/// What is taken on a service's machines, our own listeners included.
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
