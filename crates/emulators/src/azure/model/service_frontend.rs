//! The load balancer frontend that a private link service is bound to.

use super::document;
use super::id::ResourceId;
use super::kind::Kind;
use super::resource::Resource;
use super::route;
use super::state::State;

/// Frontends of a private link service; there is one.
pub(super) const FRONTENDS: &str = "/properties/loadBalancerFrontendIpConfigurations";

/// The load balancer and the name of the frontend to which a service is bound.
pub(super) fn frontend_of(service: &Resource) -> Option<(ResourceId, String)> {
    let id = frontend_id(service)?;
    route::element_id(id, Kind::LoadBalancer, "frontendIPConfigurations")
}

/// The ID of the frontend to which a service is bound.
pub(super) fn frontend_id(service: &Resource) -> Option<&str> {
    document::text(&service.body, &format!("{FRONTENDS}/0/id"))
}

/// The services bound to a load balancer, each with the name of its frontend.
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
