//! The load balancer frontend that a private link service is bound to.

use super::document;
use super::id::ResourceId;
use super::kind::Kind;
use super::resource::Resource;
use super::route;
use super::state::State;

const FRONTENDS: &str = "/properties/loadBalancerFrontendIpConfigurations";

/// The balancer and the name of the frontend a service is bound to.
pub(super) fn frontend_of(service: &Resource) -> Option<(ResourceId, String)> {
    let id = frontend_id(service)?;
    route::element_id(id, Kind::LoadBalancer, "frontendIPConfigurations")
}

/// The id of the frontend a service is bound to.
pub(super) fn frontend_id(service: &Resource) -> Option<&str> {
    document::text(&service.body, &format!("{FRONTENDS}/0/id"))
}

/// The services on a balancer's frontends, with the name of the frontend of each.
pub(super) fn attached_services<'a>(
    state: &'a State,
    balancer: &ResourceId,
) -> Vec<(&'a Resource, String)> {
    state
        .of_kind(Kind::PrivateLinkService)
        .filter_map(|service| {
            let (id, frontend) = frontend_of(service)?;
            id.is(balancer).then_some((service, frontend))
        })
        .collect()
}
