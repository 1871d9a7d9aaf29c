//! Why a service has no way on the public or the private route.

use crate::access::Route;
use crate::refusal::Refusal;
use crate::service::Service;

/// Says which is missing, the address or the switch, and how to add it; nothing where both are
/// there or the route has neither.
pub(super) fn not_offered(service: &Service, route: Route, component: &str) -> Option<Refusal> {
    let Service { name, .. } = service;
    let node = service.nodes.first()?;
    let listener = service
        .components
        .iter()
        .find(|it| it.component == component)?;
    let (Route::Public | Route::Private) = route else {
        return None;
    };
    let (word, group) = (route.as_str(), route.access_option()?);
    let facts = service
        .facts()
        .and_then(|facts| facts.component(component))?;
    let has_switch = match route {
        Route::Public => facts.access.is_public(),
        Route::Private => facts.access.is_private(),
        Route::Dynamic | Route::Privatelink => false,
    };
    let switch = format!("`underpass service update {name} -c {group}.{component}=true`");
    let register = format!("`--node {}={},{word}=ADDRESS`", node.name, node.address);
    let reason = match (node.address_on(route), service.offers(listener, route)) {
        _ if !has_switch => format!(
            "component `{component}` of service type `{}` is never offered on it; use `dynamic` or \
             `privatelink`",
            service.service_type
        ),
        (None, false) => format!(
            "its first node `{}` has no {word} address, and `{group}.{component}` is off; register \
             the address with its node, {register}, and switch the component on with {switch}",
            node.name
        ),
        (None, true) => format!(
            "its first node `{}` has no {word} address; register it with its node, {register}",
            node.name
        ),
        (Some(_), false) => {
            format!("`{group}.{component}` is off; switch it on with {switch}")
        }
        (Some(_), true) => return None,
    };
    Some(Refusal::conflict(
        "route_not_offered",
        format!("Service `{name}` offers `{component}` on no `{word}` route: {reason}"),
    ))
}
